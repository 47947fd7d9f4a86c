"""One half step on a graph that is small enough to write out."""

from __future__ import annotations

import numpy as np
import pytest

from pairec_cli.components import etrec_kernel
from pairec_cli.components.simrank_kernel import nearest


def test_users_who_are_similar_join_the_walk() -> None:
    """Items 0 and 1 share user 0; user 1 met item 1 alone and is similar to user 0 by 0.5."""
    keys = np.full((2, 3), etrec_kernel.EMPTY, np.uint64)
    counts = np.zeros(2, np.int64)
    nearest(
        np.arange(2, dtype=np.int64),
        np.array([0, 1, 3], np.int64),
        np.array([0, 0, 1], np.uint32),
        np.array([1.0, 0.5, 0.5]),
        np.array([0, 2, 3], np.int64),
        np.array([0, 1, 1], np.uint32),
        np.array([1.0, 0.5, 0.5]),
        np.array([[1], [0]], np.uint32),
        np.array([[0.5], [0.5]]),
        np.array([1, 1], np.int64),
        0.8,
        keys,
        counts,
    )
    assert counts.tolist() == [1, 1]
    assert etrec_kernel.positions(keys[:, 0]).tolist() == [1, 0]
    # evidence 1/2, then W(0,0)·W(1,0)·1 + W(0,0)·W(1,1)·0.5
    assert etrec_kernel.scores(keys[:, 0]).tolist() == pytest.approx([0.5 * 0.8 * 0.75] * 2)
