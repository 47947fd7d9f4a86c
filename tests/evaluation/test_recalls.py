"""Overlap and merging of recalls' lists, by hand and against plain sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.evaluation.recalls import merged, overlap, overlaps

LISTS = st.lists(st.lists(st.integers(0, 6), max_size=4, unique=True), min_size=1, max_size=5)


def padded(lists: list[list[int]], width: int = 4) -> np.ndarray:
    return np.array([(items + [-1] * width)[:width] for items in lists], np.int64)


def test_overlap_counts_entries_that_the_same_user_has_in_both() -> None:
    left, right = padded([[1, 2], [3], []]), padded([[2, 9, 8], [1], [3]])
    assert overlap(left, right) == pytest.approx(1 / 3)
    assert overlap(right, left) == pytest.approx(1 / 5)
    assert overlap(padded([[], []]), left[:2]) == 0.0
    assert overlaps([left, right]).tolist() == [[1.0, overlap(left, right)], [overlap(right, left), 1.0]]


@given(LISTS)
def test_overlap_is_that_of_sets(lists: list[list[int]]) -> None:
    others = [[*items[::-1][:2], 7] for items in lists]
    shared = sum(len(set(a) & set(b)) for a, b in zip(lists, others, strict=True))
    total = sum(map(len, lists))
    assert overlap(padded(lists), padded(others)) == pytest.approx(shared / total if total else 0.0)


def test_the_first_recall_of_an_item_gives_its_score() -> None:
    lists = {"hot": [("a", 0.9), ("b", 0.2), ("c", 0.2)], "u2i": [("a", 0.1), ("d", 0.2)]}
    assert merged(lists, ["u2i", "hot"]) == ["d", "b", "c", "a"]
    assert merged(lists, ["hot", "u2i"]) == ["a", "b", "c", "d"]
    assert merged(lists, ["hot", "gone"]) == ["a", "b", "c"]
