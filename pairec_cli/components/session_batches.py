"""Batches of N sessions × K items, as metric learning needs them: a pair needs two items of one session.

Each epoch a session's rows are shuffled and cut into parts of nearly equal size, K at most, and the parts are
shuffled. A part with fewer than two clicked items has no positive pair and is left out of the epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]


def session_batches(
    sessions: I64, clicked: npt.NDArray[Any], size: int, rows: int, random: np.random.Generator
) -> Iterator[I64]:
    """Row numbers of one batch after the other, of `rows` rows or fewer each, but at least one part.

    `sessions` (n,) numbers the sessions from 0, `clicked` (n,) is above 0 where the item was clicked; `size`
    is K. The rows of a part stand together.
    """
    order = np.lexsort((random.random(len(sessions)), sessions))
    counts = np.bincount(sessions)
    places = np.arange(len(sessions)) - np.repeat(np.cumsum(counts) - counts, counts)
    parts = -(-counts // size)
    owner = np.repeat(np.arange(len(counts)), counts)
    own = places * parts[owner] // np.maximum(counts[owner], 1)
    part = (np.cumsum(parts) - parts)[owner] + own
    usable = np.bincount(part, weights=clicked[order] > 0) >= 2
    kept = usable[part]
    order, part = order[kept], part[kept]
    turn = random.permutation(len(usable))
    order = order[np.argsort(turn[part], kind="stable")]
    sizes = np.bincount(turn[part], minlength=len(usable))
    yield from _joined(order, sizes[sizes > 0], rows)


def _joined(order: I64, sizes: I64, rows: int) -> Iterator[I64]:
    """Whole parts together, as many as `rows` hold."""
    first = end = 0
    for size in sizes.tolist():
        if end > first and end + size - first > rows:
            yield order[first:end]
            first = end
        end += size
    if end > first:
        yield order[first:end]
