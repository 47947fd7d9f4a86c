"""The compiled loop alone: what it leaves behind, and its keys."""

from __future__ import annotations

import numpy as np
import pytest

from pairec_cli.components import etrec_kernel, swing_kernel


@pytest.mark.parametrize(("self_term", "score"), [([], 2 / 3), ([0.25, 0.5, 8.0], 2 / 3 + 0.75)])
def test_one_anchor_by_hand(self_term: list[float], score: float) -> None:
    """Users 0 and 1 met items 0, 1; user 2 met 0 alone. One pair: 1·2 / (1 + 2) for item 1 beside item 0, and
    what the two count with themselves."""
    keys = np.full((2, 1), etrec_kernel.EMPTY, np.uint64)
    shared, counts = np.zeros((2, 1), np.int32), np.zeros(2, np.int64)
    swing_kernel.neighbours(
        np.array([0, 1]),
        np.array([0, 3, 5]),
        np.array([0, 1, 2, 0, 1], np.uint32),
        np.array([0, 2, 4, 5]),
        np.array([0, 1, 0, 1, 0], np.uint32),
        np.array([1.0, 2.0, 9.0]),
        1.0,
        np.array(self_term),
        np.array([0, 1]),
        keys,
        shared,
        counts,
    )
    assert counts.tolist() == [1, 1]
    assert shared.tolist() == [[2], [2]]
    assert etrec_kernel.positions(keys[:, 0]).tolist() == [1, 0]
    np.testing.assert_allclose(etrec_kernel.scores(keys[:, 0]), score, rtol=1e-6)
