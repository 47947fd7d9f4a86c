"""The losses against their formulas, pair by pair, and which pairs there are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.metric_losses import circle_loss, multi_similarity_loss, pairs
from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.models import PositivePairs

CLICKED, SAME_LABEL = PositivePairs.CLICKED, PositivePairs.SAME_LABEL
Row = tuple[int, int, int]
"""Session, item, clicked."""


def masks(rows: list[Row], kind: PositivePairs) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    columns = [torch.tensor(column) for column in zip(*rows, strict=True)]
    return tuple({tuple(pair) for pair in one.nonzero().tolist()} for one in pairs(*columns, kind))  # type: ignore


def slow_masks(rows: list[Row], kind: PositivePairs) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    positive, negative = set(), set()
    for a, (session, item, clicked) in enumerate(rows):
        for b, (other_session, other, other_clicked) in enumerate(rows):
            if item == other or (kind is CLICKED and not clicked):
                continue
            alike = clicked == other_clicked if kind is SAME_LABEL else bool(clicked and other_clicked)
            (positive if session == other_session and alike else negative).add((a, b))
    return positive, negative


@st.composite
def batches(draw: st.DrawFn) -> list[Row]:
    one = st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 1))
    return draw(st.lists(one, min_size=1, max_size=9, unique_by=lambda row: row[:2]))


@settings(max_examples=80, deadline=None)
@given(batches(), st.sampled_from(list(PositivePairs)))
def test_pairs_are_those_of_the_definition(rows: list[Row], kind: PositivePairs) -> None:
    assert masks(rows, kind) == slow_masks(rows, kind)


def test_unclicked_items_of_a_session_are_together_in_easyrecs_reading_only() -> None:
    rows = [(0, 1, 0), (0, 2, 0), (0, 3, 1)]
    assert (0, 1) in masks(rows, SAME_LABEL)[0]
    assert masks(rows, CLICKED) == (set(), {(2, 0), (2, 1)})


def slow(similarity: np.ndarray, positive: np.ndarray, negative: np.ndarray, config: object) -> float:
    found = []
    for s, p, n in zip(similarity, positive, negative, strict=True):
        if not (p.any() and n.any()):
            continue
        if isinstance(config, CircleLoss):
            m, g = config.margin, config.gamma
            pushed = sum(math.exp(g * max(x + m, 0) * (x - m)) for x in s[n])
            pulled = sum(math.exp(-g * max(1 + m - x, 0) * (x - (1 - m))) for x in s[p])
            found.append(math.log(1 + pushed * pulled))
        else:
            assert isinstance(config, MultiSimilarityLoss)
            c, s = config, np.maximum(s, 0)
            pulled = math.log(1 + sum(math.exp(-c.alpha * (x - c.lamb)) for x in s[p])) / c.alpha
            pushed = math.log(1 + sum(math.exp(c.beta * (x - c.lamb)) for x in s[n])) / c.beta
            found.append(pulled + pushed)
    return float(np.mean(found)) if found else 0.0


@pytest.mark.parametrize("config", [CircleLoss(), CircleLoss(gamma=8), MultiSimilarityLoss(beta=4, lamb=0.5)])
@pytest.mark.parametrize("seed", range(4))
def test_losses_are_their_formulas(config: CircleLoss | MultiSimilarityLoss, seed: int) -> None:
    random = np.random.default_rng(seed)
    similarity = random.uniform(-1, 1, (6, 6))
    positive = random.random((6, 6)) < 0.3
    negative = ~positive & (random.random((6, 6)) < 0.7)
    positive[0] = False
    loss = circle_loss if isinstance(config, CircleLoss) else multi_similarity_loss
    found = loss(*map(torch.from_numpy, (similarity, positive, negative)), config)  # type: ignore[arg-type]
    assert found.item() == pytest.approx(slow(similarity, positive, negative, config), rel=1e-6)


def test_rows_without_pairs_say_nothing() -> None:
    nothing = torch.zeros(3, 3, dtype=torch.bool)
    for loss, config in ((circle_loss, CircleLoss()), (multi_similarity_loss, MultiSimilarityLoss())):
        similarity = torch.rand(3, 3, requires_grad=True)
        found = loss(similarity, nothing, ~nothing, config)  # type: ignore[operator]
        found.backward()
        assert found.item() == 0
        assert not similarity.grad.any()  # type: ignore[union-attr]


def test_weights_of_the_circle_loss_are_constants() -> None:
    """d/ds of γ a (s - m) with a held is γ a, of which a softmax over pairs is left."""
    similarity = torch.tensor([[0.0, 0.5, 0.2]], requires_grad=True)
    positive, negative = torch.tensor([[False, True, False]]), torch.tensor([[False, False, True]])
    circle_loss(similarity, positive, negative, CircleLoss(margin=0.25, gamma=1.0)).backward()
    z = 0.45 * (0.2 - 0.25) - 0.75 * (0.5 - 0.75)
    share = 1 / (1 + math.exp(-z))
    assert similarity.grad is not None
    assert similarity.grad[0].tolist() == pytest.approx([0, -0.75 * share, 0.45 * share], rel=1e-5)
