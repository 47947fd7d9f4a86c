"""Who reads which row, against a loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.table_kernels import readers


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.integers(1, 3), st.integers(1, 6), st.integers(0, 2**16))
def test_samples_are_sorted_by_the_rows_they_read(count: int, tables: int, size: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, size, (count, tables))
    offsets, samples = np.full(size + 1, 99), np.full(rows.size, -1)
    readers(rows, offsets, samples)
    assert offsets[0] == 0 and offsets[-1] == rows.size
    for row in range(size):
        expected = [b for b in range(count) for _ in range(int((rows[b] == row).sum()))]
        assert samples[offsets[row] : offsets[row + 1]].tolist() == expected
