"""The loss against the formula, row by row; what is masked and what is compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from pairec_cli.components.batch import Batch
from pairec_cli.components.encoded_rows import RowForm, decode
from pairec_cli.components.match_models import match_model
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse, write
from tests.components.towers import FEATURES, catalog, config, rows

KINDS = ("dssm", "mind", "dropoutnet")


def batch(count: int = 7, seed: int = 1) -> Batch:
    table = rows(count, seed)
    form = RowForm(tuple(FEATURES))
    return decode(table.combine_chunks().to_batches()[0], form).batch(np.arange(count))


def slow(scores: Tensor, own: list[float], same: list[list[bool]]) -> list[float]:
    found = []
    for b, mine in enumerate(own):
        others = [math.exp(float(s)) for s, equal in zip(scores[b], same[b], strict=True) if not equal]
        found.append(-math.log(math.exp(mine) / (math.exp(mine) + sum(others))))
    return found


@torch.no_grad()
def test_the_loss_is_a_softmax_over_the_own_item_and_other_items() -> None:
    torch.manual_seed(0)
    model, given = match_model(config()).eval(), batch()
    negatives = catalog(config()).all()
    users, positive, others = model.users(given)[:, 0], model.items(given), model.items(negatives)
    own = [float(u @ i) / 0.2 for u, i in zip(users, positive, strict=True)]
    same = [[int(i) == int(n) for n in negatives.id("item_id")] for i in given.id("item_id")]
    expected = slow(users @ others.T / 0.2, own, same)
    assert model.loss(given, negatives).item() == pytest.approx(np.mean(expected), rel=1e-5)
    weights = torch.arange(1.0, 8.0)
    weighed = np.average(expected, weights=weights.numpy())
    assert model.loss(given, negatives, weights).item() == pytest.approx(weighed, rel=1e-5)


@torch.no_grad()
def test_in_a_batch_the_other_rows_items_are_the_negatives() -> None:
    torch.manual_seed(0)
    model, given = match_model(config(fields="in_batch_negative: true")).eval(), batch()
    users, items, ids = model.users(given)[:, 0], model.items(given), given.id("item_id").tolist()
    own = [float(u @ i) / 0.2 for u, i in zip(users, items, strict=True)]
    same = [[one == other for other in ids] for one in ids]
    assert model.loss(given, None).item() == pytest.approx(
        np.mean(slow(users @ items.T / 0.2, own, same)), rel=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_cosines_are_of_vectors_of_length_one(kind: str) -> None:
    model, given = match_model(config(kind)).eval(), batch()
    assert torch.allclose(model.items(given).norm(dim=1), torch.ones(7))
    lengths = model.users(given).norm(dim=2)
    assert torch.allclose(lengths[:, 0], torch.ones(7))
    assert bool(((lengths < 1e-6) | ((lengths - 1).abs() < 1e-5)).all())


def test_an_interest_that_a_user_lacks_is_near_to_nothing() -> None:
    model = match_model(config("mind"))
    users = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    assert model.nearness(users, torch.tensor([[-1.0, 0.0], [0.5, 0.5]])).tolist() == [[-1.0, 0.5]]


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_weight(kind: str) -> None:
    torch.manual_seed(0)
    model = match_model(config(kind))
    model.loss(batch(64), catalog(config(kind)).all()).backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("temperature: 0.2", "temperature: 0", "above 0"),
        ("similarity: COSINE", "similarity: EUCLID", "COSINE or INNER_PRODUCT"),
    ],
)
def test_what_cannot_be_compared_is_refused(old: str, new: str, message: str) -> None:
    text = write(config())
    assert old in text
    with pytest.raises(InvalidInput, match=message):
        match_model(parse(text.replace(old, new)))
