"""Metrics against values worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.evaluation import metrics
from pairec_cli.evaluation.metrics import MISSING, evaluate


def items(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


RANKED = np.array([[3, 1, 2], [4, 5, MISSING], [0, 1, 2], [MISSING, MISSING, MISSING]])
RELEVANT = [items(1, 9), items(4), items(), items(7)]


def test_by_hand() -> None:
    quality = evaluate(RANKED, RELEVANT, k=2, n_items=10)
    assert quality.users == 3
    assert quality.recall == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert quality.hit_rate == pytest.approx(2 / 3)
    first = (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    assert quality.ndcg == pytest.approx((first + 1 + 0) / 3)
    assert quality.coverage == pytest.approx(len({3, 1, 4, 5, 0}) / 10)


def test_ideal_is_cut_at_k() -> None:
    """Three held-out items, room for two: both found is perfect NDCG, but two thirds of the recall."""
    quality = evaluate(np.array([[5, 6, 0]]), [items(5, 6, 7)], k=2, n_items=10)
    assert (quality.ndcg, quality.recall) == (pytest.approx(1.0), pytest.approx(2 / 3))


def test_lists_shorter_than_k() -> None:
    quality = evaluate(np.array([[5]]), [items(5)], k=20, n_items=4)
    assert (quality.recall, quality.ndcg, quality.hit_rate, quality.coverage) == (1.0, 1.0, 1.0, 0.25)


def test_missing_is_never_a_hit_and_users_do_not_mix() -> None:
    hit = metrics.hits(np.array([[2, MISSING], [1, 2]]), [items(1), items(2)], 2)
    assert hit.tolist() == [[False, False], [False, True]]


def test_repeated_held_out_items_count_once() -> None:
    assert evaluate(np.array([[1]]), [items(1, 1)], k=1, n_items=2).recall == 1.0


def test_nobody() -> None:
    quality = evaluate(np.zeros((0, 5), np.int64), [], k=5, n_items=0)
    assert (quality.users, quality.recall, quality.ndcg, quality.coverage) == (0, 0.0, 0.0, 0.0)
    assert evaluate(np.array([[1, 2]]), [items()], k=2, n_items=4).recall == 0.0


def test_misuse() -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        evaluate(RANKED, RELEVANT, k=0, n_items=10)
    with pytest.raises(ValueError, match="4 lists for 3 users"):
        evaluate(RANKED, RELEVANT[:3], k=2, n_items=10)


@given(
    st.lists(
        st.tuples(st.permutations(range(8)), st.sets(st.integers(0, 9), max_size=6)), min_size=1, max_size=6
    ),
    st.integers(1, 8),
)
def test_equals_the_formulas(users: list[tuple[list[int], set[int]]], k: int) -> None:
    quality = evaluate(
        np.array([ranked for ranked, _ in users]),
        [items(*sorted(held)) for _, held in users],
        k=k,
        n_items=10,
    )
    judged = [(ranked[:k], held) for ranked, held in users if held]
    recalls = [len(set(top) & held) / len(held) for top, held in judged]
    gains = [
        sum(1 / math.log2(2 + place) for place, item in enumerate(top) if item in held)
        / sum(1 / math.log2(2 + place) for place in range(min(k, len(held))))
        for top, held in judged
    ]
    assert quality.recall == pytest.approx(np.mean(recalls) if judged else 0.0)
    assert quality.ndcg == pytest.approx(np.mean(gains) if judged else 0.0)
    assert quality.coverage == len({item for ranked, _ in users for item in ranked[:k]}) / 10
