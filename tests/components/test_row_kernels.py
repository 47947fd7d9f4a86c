"""Kernels over embedding rows, against NumPy loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.row_kernels import adagrad, merge

WIDTH, ROWS = 3, 7


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, ROWS - 1), max_size=20), st.integers(0, 5))
def test_merge_adds_up_equal_rows(rows: list[int], more: int) -> None:
    values = np.random.default_rng(len(rows)).normal(size=(len(rows), WIDTH)).astype(np.float32)
    slots = np.full(ROWS, -1, np.int32)
    distinct = np.empty(len(rows) + more, np.int64)
    totals = np.empty((len(rows) + more, WIDTH), np.float32)
    count = merge(np.array(rows, np.int64), values, slots, distinct, totals)
    wanted = list(dict.fromkeys(rows))
    assert distinct[:count].tolist() == wanted
    for place, row in enumerate(wanted):
        assert totals[place] == pytest.approx(values[np.array(rows) == row].sum(0), abs=1e-5)
    assert (slots == -1).all(), "ready for the next batch"


def test_adagrad_touches_its_rows_alone() -> None:
    random = np.random.default_rng(0)
    weights = random.normal(size=(ROWS, WIDTH)).astype(np.float32)
    sums = random.uniform(size=(ROWS, WIDTH)).astype(np.float32)
    rows = np.array([5, 0, 2])
    gradient = random.normal(size=(3, WIDTH)).astype(np.float32)
    slow_weights, slow_sums = weights.astype(np.float64), sums.astype(np.float64)
    for row, g in zip(rows, gradient.astype(np.float64), strict=True):
        slow_sums[row] += g**2
        slow_weights[row] -= 0.1 * g / (np.sqrt(slow_sums[row]) + 1e-3)
    adagrad(weights, sums, rows, gradient, np.float32(0.1), np.float32(1e-3))
    assert weights == pytest.approx(slow_weights, abs=1e-6)
    assert sums == pytest.approx(slow_sums, abs=1e-6)
