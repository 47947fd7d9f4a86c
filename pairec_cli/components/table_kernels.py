"""Which samples read which row of small tables: see small_tables."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from pairec_cli.components.compiled import kernel

Array = npt.NDArray[Any]


@kernel
def readers(rows: Array, offsets: Array, samples: Array) -> None:
    """samples[offsets[r] : offsets[r + 1]] become the b with rows[b, k] = r for some k, in ascending order.

    rows (B, K), offsets (R + 1,) and samples (B · K,), all int64: a counting sort.
    """
    offsets[:] = 0
    for b in range(len(rows)):
        for k in range(rows.shape[1]):
            offsets[rows[b, k] + 1] += 1
    for r in range(1, len(offsets)):
        offsets[r] += offsets[r - 1]
    for b in range(len(rows)):
        for k in range(rows.shape[1]):
            samples[offsets[rows[b, k]]] = b
            offsets[rows[b, k]] += 1
    for r in range(len(offsets) - 1, 0, -1):
        offsets[r] = offsets[r - 1]
    offsets[0] = 0
