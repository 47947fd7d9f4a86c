"""Metrics of predicted values, against loops over all pairs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.evaluation.ranking import (
    auc,
    grouped_auc,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
)

Rows = list[tuple[bool, int, int]]


def slow_auc(labels: list[bool], scores: list[int]) -> float | None:
    """Every pair of a positive and a negative."""
    won = [
        (up > down) + (up == down) / 2
        for up, positive in zip(scores, labels, strict=True)
        for down, other in zip(scores, labels, strict=True)
        if positive and not other
    ]
    return sum(won) / len(won) if won else None


def slow_grouped_auc(rows: Rows, weighted: bool) -> float | None:
    total = weight = 0.0
    for group in {group for _, _, group in rows}:
        labels, scores = zip(*((label, score) for label, score, one in rows if one == group), strict=True)
        if (value := slow_auc(list(labels), list(scores))) is not None:
            total += value * (len(labels) if weighted else 1)
            weight += len(labels) if weighted else 1
    return total / weight if weight else None


ROWS = st.lists(st.tuples(st.booleans(), st.integers(-3, 3), st.integers(0, 3)), max_size=30)


@settings(max_examples=100)
@given(ROWS, st.booleans())
def test_auc_equals_all_pairs(rows: Rows, weighted: bool) -> None:
    labels = np.array([row[0] for row in rows], np.float32)
    scores = np.array([row[1] for row in rows], np.float32)
    groups = np.array([row[2] for row in rows], np.int64)
    fast, slow = auc(labels, scores), slow_auc([row[0] for row in rows], [row[1] for row in rows])
    assert fast == (slow if slow is None else pytest.approx(slow))
    fast, slow = grouped_auc(labels, scores, groups, weighted=weighted), slow_grouped_auc(rows, weighted)
    assert fast == (slow if slow is None else pytest.approx(slow))


def test_groups_count_the_same_or_by_rows() -> None:
    labels = np.array([1, 0, 0, 1, 0, 1, 1], np.float32)
    scores = np.array([3, 2, 1, 0, 5, 1, 2], np.float32)
    groups = np.array([7, 7, 7, 2, 2, 9, 9])
    assert grouped_auc(labels, scores, groups) == 0.5, "user 7 is right, user 2 wrong, user 9 has no negative"
    assert grouped_auc(labels, scores, groups, weighted=True) == 3 / 5


def test_log_loss_by_hand_and_far_from_zero() -> None:
    labels, logits = np.array([1.0, 0.0]), np.array([0.0, math.log(3)])
    assert log_loss(labels, logits) == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert log_loss(np.array([1.0, 0.0]), np.array([-1000.0, -1000.0])) == pytest.approx(500)


def test_errors_by_hand() -> None:
    labels, values = np.array([1.0, 2.0]), np.array([2.0, 4.0])
    assert mean_squared_error(labels, values) == 2.5
    assert mean_absolute_error(labels, values) == 1.5


@pytest.mark.parametrize("metric", [auc, log_loss, mean_squared_error, mean_absolute_error])
def test_no_rows_define_nothing(metric: Callable[[np.ndarray, np.ndarray], float | None]) -> None:
    assert metric(np.zeros(0), np.zeros(0)) is None
    with pytest.raises(ValueError, match="same length"):
        metric(np.zeros(2), np.zeros(1))
    with pytest.raises(ValueError, match="NaN"):
        metric(np.zeros(1), np.array([np.nan]))
