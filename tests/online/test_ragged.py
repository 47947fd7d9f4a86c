"""Several numbers a row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.online.ragged import Ragged

ROWS = st.lists(st.lists(st.integers(-5, 5), max_size=4), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_rows_are_taken_padded_and_summed(rows: list[list[int]], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))
    taken = Ragged.of(rows, np.float64).take(np.array(wanted, np.int64))
    chosen = [rows[place] for place in wanted]
    assert taken.sums().tolist() == [sum(row) for row in chosen]
    width = max([1, *map(len, chosen)])
    assert taken.padded(-9).shape == (len(wanted), width)
    assert taken.padded(-9).tolist() == [row + [-9] * (width - len(row)) for row in chosen]
