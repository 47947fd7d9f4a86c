"""Routing against the formulas, entry by entry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pairec_cli.components.capsule import Capsules, squash
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config.layers import B2ICapsule


def capsules(**fields: object) -> Capsules:
    torch.manual_seed(0)
    config = B2ICapsule(max_k=3, max_seq_len=5, high_dim=4, routing_logits_scale=2.0)
    return Capsules(2, config.model_copy(update=fields)).eval()


def slow(layer: Capsules, entries: np.ndarray, power: float = 1.0) -> np.ndarray:
    """The interests of one history (T, D), all entries present, without matrices."""
    s, config = layer.bilinear.detach().numpy(), layer.config
    start = layer.get_buffer("start").numpy()
    v = [entry @ s for entry in entries]
    count = math.ceil(max(1.0, min(config.max_k, math.log2(len(entries)))))
    b = [[start[j, k] for k in range(count)] for j in range(len(v))]
    z = [np.zeros(config.high_dim)] * count
    for turn in range(config.num_iters):
        a = []
        for row in b:
            powers = [math.exp(config.routing_logits_scale * x) for x in row]
            a.append([one / sum(powers) for one in powers])
        z = [sum(a[j][k] * v[j] for j in range(len(v))) for k in range(count)]
        if turn < config.num_iters - 1:
            b = [[a[j][k] + z[k] @ v[j] / np.linalg.norm(v[j]) for k in range(count)] for j in range(len(v))]
    out = np.zeros((config.max_k, config.high_dim))
    for k in range(count):
        square = float(z[k] @ z[k])
        out[k] = (square / (1 + square)) ** power * z[k] / math.sqrt(square)
    return out


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_interests_are_those_of_the_formulas(length: int) -> None:
    layer, random = capsules(squash_pow=0.4), np.random.default_rng(length)
    entries = random.normal(size=(length, 2)).astype(np.float32)
    padded = torch.zeros(1, 5, 2)
    padded[0, :length] = torch.from_numpy(entries)
    present = torch.arange(5).unsqueeze(0) < length
    with torch.no_grad():
        found, there = layer(padded, present)
    assert found[0].numpy() == pytest.approx(slow(layer, entries, 0.4), abs=1e-5)
    assert there[0].tolist() == [k < math.ceil(max(1, math.log2(length))) for k in range(3)]


def test_padding_does_not_count() -> None:
    layer, entries = capsules(), torch.randn(1, 2, 2)
    with torch.no_grad():
        short, _ = layer(entries, torch.ones(1, 2, dtype=torch.bool))
        long, _ = layer(torch.cat([entries, torch.randn(1, 3, 2)], 1), torch.arange(5).unsqueeze(0) < 2)
    assert torch.allclose(short, long, atol=1e-6)


def test_without_a_history_there_is_one_interest_of_nothing() -> None:
    found, there = capsules()(torch.zeros(1, 1, 2), torch.zeros(1, 1, dtype=torch.bool))
    assert there.tolist() == [[True, False, False]]
    assert found.abs().sum() == 0


def test_all_interests_where_their_number_is_constant() -> None:
    there = capsules(const_caps_num=True).has(torch.ones(1, 1, dtype=torch.bool))
    assert there.tolist() == [[True, True, True]]


def test_training_draws_anew_and_serving_does_not() -> None:
    layer, entries, present = capsules(), torch.randn(1, 5, 2), torch.ones(1, 5, dtype=torch.bool)
    assert torch.equal(layer(entries, present)[0], layer(entries, present)[0])
    layer.train()
    assert not torch.equal(layer(entries, present)[0], layer(entries, present)[0])


def test_gradients_reach_entries_and_map() -> None:
    layer, entries = capsules(), torch.randn(2, 4, 2, requires_grad=True)
    layer(entries, torch.ones(2, 4, dtype=torch.bool))[0].sum().backward()
    assert entries.grad is not None and bool(entries.grad.any())
    assert layer.bilinear.grad is not None and bool(layer.bilinear.grad.any())


def test_squash_keeps_the_direction_and_shortens() -> None:
    found = squash(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), 1.0)
    assert found[0].tolist() == pytest.approx([3 / 5 * 25 / 26, 4 / 5 * 25 / 26])
    assert found[1].tolist() == [0, 0]


@pytest.mark.parametrize("fields", [{"max_k": 0}, {"num_iters": 0}, {"routing_init_method": "ones"}])
def test_what_cannot_route_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        capsules(**fields)
