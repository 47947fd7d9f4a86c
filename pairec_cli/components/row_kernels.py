"""Embedding rows of a batch on a CPU: gradients of equal rows added up, and one step of Adagrad.

In PyTorch the same takes a sort, two gathers and two scatters of the whole batch, a third of a training step.
Arrays: n looked-up rows, R distinct ones among them; weights and gradients float32, row numbers int64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pairec_cli.components.compiled import kernel

Array = npt.NDArray[Any]


@kernel
def merge(rows: Array, values: Array, slots: Array, distinct: Array, totals: Array) -> int:
    """Writes the R distinct rows into `distinct`, the sums of their values (n, width) into `totals`; gives R.

    Both are in the order of first occurrence and have room for n. `slots` holds -1 for every row of the
    matrix, before and after.
    """
    count = 0
    for i in range(len(rows)):
        slot = slots[rows[i]]
        if slot < 0:
            slot = count
            slots[rows[i]] = slot
            distinct[slot] = rows[i]
            count += 1
            for d in range(values.shape[1]):
                totals[slot, d] = values[i, d]
        else:
            for d in range(values.shape[1]):
                totals[slot, d] += values[i, d]
    for slot in range(count):
        slots[distinct[slot]] = -1
    return count


@kernel
def adagrad(
    weights: Array, sums: Array, rows: Array, gradient: Array, rate: np.float32, eps: np.float32
) -> None:
    """a ← a + g², w ← w - rate · g / (√a + eps) for distinct rows; `sums` is a, in the shape of `weights`."""
    for i in range(len(rows)):
        row = rows[i]
        for d in range(gradient.shape[1]):
            g = gradient[i, d]
            total = sums[row, d] + g * g
            sums[row, d] = total
            weights[row, d] -= rate * g / (np.sqrt(total) + eps)
