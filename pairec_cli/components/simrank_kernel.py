"""The compiled loop of SimRank++: one half step, from the similar nodes of one side to those of the other.

For a node a of the own side and its neighbours b of the other, the walk goes a → b → b' → a': to the
neighbours, to what is similar to them, and back. Pairs without a common neighbour have no evidence, so only
nodes that share one are scored: memory is one number per node of either side, and the answer's lists.
"""

from __future__ import annotations

import numpy as np

from pairec_cli.components.compiled import inlined, kernel
from pairec_cli.components.etrec_kernel import F64, I64, U32, U64, keep
from pairec_cli.components.swing_kernel import I32


@inlined
def _share(a: int, met: U32, back_ptr: I64, back: U32, shared: I32, touched: U32) -> int:
    """Count the common neighbours with every other node of the side; returns how many nodes have any."""
    size = 0
    for b in met:
        for j in back[back_ptr[b] : back_ptr[b + 1]]:
            if j != a:
                if shared[j] == 0:
                    touched[size] = j
                    size += 1
                shared[j] += 1
    return size


@kernel
def nearest(
    rows: I64,
    ptr: I64,
    neighbours: U32,
    weight: F64,
    back_ptr: I64,
    back: U32,
    back_weight: F64,
    similar: U32,
    similarity: F64,
    number: I64,
    decay: float,
    keys: U64,
    counts: I64,
) -> None:
    """For every row a the best `keys.shape[1]` nodes a' of its side, and how many there are (`counts`):

        s(a, a') = (1 - 2^-n) · decay · Σ_b Σ_b' W(a, b) · W(a', b') · s(b, b')       n = |E(a) ∩ E(a')|

    E(a) is `neighbours[ptr[a]:ptr[a+1]]`, W(a, b) in `weight`; `back` has the same edges by b. s(b, b) is 1,
    `similar[b, :number[b]]` are the others. Keys are those of `etrec_kernel`, a heap per row."""
    own, other = ptr.size - 1, back_ptr.size - 1
    shared = np.zeros(own, np.int32)
    score = np.zeros(own, np.float64)
    touched = np.empty(own, np.uint32)
    arriving, reached = np.zeros(other, np.float64), np.empty(other, np.uint32)
    for row in range(rows.size):
        a = rows[row]
        size = _share(a, neighbours[ptr[a] : ptr[a + 1]], back_ptr, back, shared, touched)
        width = 0
        for p in range(ptr[a], ptr[a + 1]):
            b = neighbours[p]
            if arriving[b] == 0.0:
                reached[width] = b
                width += 1
            arriving[b] += weight[p]
            for q in range(number[b]):
                c = similar[b, q]
                if arriving[c] == 0.0:
                    reached[width] = c
                    width += 1
                arriving[c] += weight[p] * similarity[b, q]
        for p in range(width):
            b = reached[p]
            for q in range(back_ptr[b], back_ptr[b + 1]):
                j = back[q]
                if shared[j] > 0:
                    score[j] += arriving[b] * back_weight[q]
            arriving[b] = 0.0
        found = np.int64(0)
        for p in range(size):
            j = touched[p]
            value = decay * (1.0 - 0.5 ** shared[j]) * score[j]
            if value > 0.0:
                bits = np.uint64(0xFFFFFFFF) - np.uint64(np.float32(value).view(np.uint32))
                found = keep(keys[row], found, (bits << np.uint64(32)) | np.uint64(j))
            shared[j] = 0
            score[j] = 0.0
        counts[row] = found
