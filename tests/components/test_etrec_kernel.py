"""The keys of the kernel: their order is the order of the lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.components import etrec_kernel as kernel

scores = st.floats(2.0**-100, 2.0**100, width=32)


def key(score: float, position: int) -> np.uint64:
    bits = np.uint64(0xFFFFFFFF) - np.uint64(np.float32(score).view(np.uint32))
    return np.uint64((bits << np.uint64(32)) | np.uint64(position))


@given(st.lists(st.tuples(scores, st.integers(0, 2**32 - 2)), min_size=1, max_size=30))
def test_smaller_key_is_better_neighbour(pairs: list[tuple[float, int]]) -> None:
    keys = np.sort(np.array([key(*pair) for pair in pairs], np.uint64))
    assert keys[-1] < np.uint64(kernel.EMPTY)
    read = list(zip(kernel.scores(keys).tolist(), kernel.positions(keys).tolist(), strict=True))
    assert read == sorted(pairs, key=lambda pair: (-pair[0], pair[1]))


def test_the_kernel_is_compiled_once() -> None:
    """Whatever the similarity and the size: a second specialisation would cost each user seconds."""
    for jaccard, top in ((True, 1), (False, 3)):
        keys, counts = np.full((2, top), kernel.EMPTY, np.uint64), np.zeros(2, np.int64)
        ones, items = np.ones(2), np.array([0, 1], np.uint32)
        rows, both = np.arange(2), np.array([0, 2])
        user_items = items
        kernel.neighbours(
            rows, np.array([0, 1, 2]), np.zeros(2, np.uint32), both, user_items, ones[:1].copy(),
            ones, ones, ones, 1.0, jaccard, rows, keys, counts,
        )  # fmt: skip
        assert counts.tolist() == [1, 1]
        assert kernel.positions(keys[:, 0]).tolist() == [1, 0]
        assert kernel.scores(keys[:, 0]).tolist() == [1.0, 1.0]
    assert len(kernel.neighbours.signatures) == 1  # type: ignore[attr-defined]  # numba's dispatcher
