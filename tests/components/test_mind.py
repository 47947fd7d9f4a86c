"""MIND's parts: the interests' number, label-aware attention, the linear last layer."""

from __future__ import annotations

import math

import pytest
import torch

from pairec_cli.components.match_models import match_model
from pairec_cli.components.mind import LinearMLP
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse, write
from pairec_cli.domain.pipeline_config.layers import MLP
from tests.components.test_match_model import batch
from tests.components.towers import config


def test_a_user_has_as_many_vectors_as_the_history_is_long() -> None:
    torch.manual_seed(0)
    model, given = match_model(config("mind")).eval(), batch(40)
    found = (model.users(given).abs().sum(2) > 0).sum(1)
    lengths = given.lengths["h"].tolist()
    assert found.tolist() == [math.ceil(max(1.0, min(3.0, math.log2(max(1, n))))) for n in lengths]
    assert len(set(found.tolist())) > 1


def test_every_item_picks_its_interest_in_training() -> None:
    model = match_model(config("mind", fields="simi_pow: 2"))
    users = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]])
    found = model.attended(users, torch.tensor([[0.6, 0.8], [-1.0, 0.0]]))
    a, b, c, d = (math.exp(2 * near) for near in (0.6, 0.8, -1.0, 0.0))
    assert found[0].tolist() == pytest.approx([(0.6 * a + 0.8 * b) / (a + b), -c / (c + d)])
    own = model.attended(users, torch.tensor([[[-1.0, 0.0]]]))
    assert own.tolist() == [[pytest.approx(-c / (c + d))]]


def test_sharp_attention_compares_as_the_search_does() -> None:
    torch.manual_seed(0)
    users, items = torch.randn(5, 3, 4), torch.randn(6, 4)
    users[1, 1:] = 0
    model = match_model(config("mind", fields="simi_pow: 100"))
    assert torch.equal(model.attended(users, items), model.nearness(users, items))
    softer = match_model(config("mind", fields="simi_pow: 99"))
    assert not torch.equal(softer.attended(users, items), model.nearness(users, items))
    assert torch.allclose(softer.attended(users, items), model.nearness(users, items), atol=0.02)


def test_the_last_layer_is_linear() -> None:
    layer = LinearMLP(2, MLP(hidden_units=(3,)), bias=False)
    x = torch.randn(5, 2)
    assert torch.allclose(layer(x), x @ layer.last.weight.T)
    deep = LinearMLP(2, MLP(hidden_units=(4, 3)))
    assert deep.mlp is not None and deep.mlp.width == 4
    assert bool((deep(torch.randn(50, 2)) < 0).any())
    with pytest.raises(InvalidInput, match="hidden_units"):
        LinearMLP(2, MLP())


def test_a_sum_needs_equal_widths() -> None:
    text = write(config("mind")).replace("user_seq_combine: CONCAT", "user_seq_combine: SUM")
    assert match_model(parse(text)).summed
    with pytest.raises(InvalidInput, match="SUM"):
        match_model(parse(text.replace("high_dim: 8", "high_dim: 4")))
