"""The compiled loop of etrec: a block of items to its nearest neighbours.

A neighbour is one uint64 key; the smaller key is the better neighbour, so that one comparison is the whole
order "score descending, then id":

    bits 63-32  the complement of the score's float32 bits (positive floats order as their bits do)
    bits 31-0   position of the item among the sorted ids

Scores are rounded to float32 before they are compared: what is printed is what was sorted, and no tie hangs
on the last bit of a float64 sum. EMPTY is worse than every key.

Every argument has one fixed dtype, so that the kernel is compiled once (`etrec.py` sees to it). Loops run
over views, whose indices numba knows to be positive: only then are they vectorised. What makes compiling slow
is left out: slice assignment (its error texts cost seconds) and default dtypes (half a second).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pairec_cli.components.compiled import inlined, kernel

F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]
I64: TypeAlias = npt.NDArray[np.int64]
U32: TypeAlias = npt.NDArray[np.uint32]
U64: TypeAlias = npt.NDArray[np.uint64]

EMPTY = 0xFFFF_FFFF_FFFF_FFFF
STRIPE = 256
"""Items that are compared at once with the worst kept neighbour."""
SCATTER = 7_368_787
"""A prime: its multiples visit the stripes in scattered order. By degree the scores would rise or fall, and
while they rise the cut refuses nothing."""
SLACK = 1.0 - 2.0**-20
"""The cut is made on unrounded scores; rounding to float32 moves a score by less than this."""


def scores(keys: U64) -> F32:
    """The scores of keys."""
    return (0xFFFFFFFF - (keys >> np.uint64(32))).astype(np.uint32).view(np.float32)


def positions(keys: U64) -> I64:
    """The items of keys, by position among the sorted ids."""
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


@inlined
def keep(heap: U64, size: np.int64, key: np.uint64) -> np.int64:
    """Put `key` among the best; returns the new size. Once full, `heap` has its worst key at the root."""
    if size < heap.size:  # sift up
        node = int(size)
        while node > 0:
            parent = (node - 1) >> 1
            if heap[parent] >= key:
                break
            heap[node] = heap[parent]
            node = parent
        heap[node] = key
        return np.int64(size + 1)
    if key >= heap[0]:
        return size
    node, child = 0, 1
    while child < size:  # sift down
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= key:
            break
        heap[node] = heap[child]
        node, child = child, 2 * child + 1
    heap[node] = key
    return size


@inlined
def _shared(users: U32, user_ptr: I64, user_items: U32, user_weight: F64, c: F64) -> int:
    """Add every user's weight to c at the user's items; returns the number of additions."""
    work = 0
    for u in users:
        items = user_items[user_ptr[u] : user_ptr[u + 1]]
        w = user_weight[u]
        work += items.size
        for j in items:
            c[j] += w
    return work


@inlined
def _gather(users: U32, user_ptr: I64, user_items: U32, touched: U32) -> int:
    """Write the users' items, repeats included, to `touched`; returns how many."""
    size = 0
    for u in users:
        for j in user_items[user_ptr[u] : user_ptr[u + 1]]:
            touched[size] = j
            size += 1
    return size


@inlined
def _pass(c: F64, base: F64, slope: float, offset: float, start: int, passing: U32) -> int:
    """Write the items of the stripe at `start` that reach the cut to `passing`; returns how many."""
    found = 0
    for p in range(c.size):  # vectorised; most stripes end here
        found += c[p] >= slope * base[p] + offset
    if found > 0:
        found = 0
        for p in range(c.size):
            passing[found] = start + p
            found += c[p] >= slope * base[p] + offset
    return found


@inlined
def _rank(
    items: U32,
    i: int,
    c: F64,
    left: F64,
    right: F64,
    base: F64,
    power: float,
    jaccard: bool,
    position: I64,
    heap: U64,
    size: np.int64,
    slope: float,
    offset: float,
) -> tuple[np.int64, float, float]:
    """Put those of `items` that reach the cut into the heap; returns (size, slope, offset)."""
    for j in items:
        if c[j] < slope * base[j] + offset:
            continue
        if jaccard:
            score = c[j] / (left[i] + right[j] - c[j])
        elif power == 1.0:
            score = c[j] * left[i] * right[j]
        else:
            score = c[j] ** power * left[i] * right[j]
        c[j] = 0.0  # `items` may hold an item twice
        bits = np.uint64(0xFFFFFFFF) - np.uint64(np.float32(score).view(np.uint32))
        size = keep(heap, size, (bits << np.uint64(32)) | np.uint64(position[j]))
        if size == heap.size:
            bits = np.uint64(0xFFFFFFFF) - (heap[0] >> np.uint64(32))
            worst = float(np.uint32(bits).view(np.float32)) * SLACK
            if jaccard:
                slope = worst / (1.0 + worst)
                offset = slope * left[i]
            else:
                slope = worst / left[i] if power == 1.0 else (worst / left[i]) ** (1.0 / power)
                offset = 0.0
    return size, slope, offset


@kernel
def neighbours(
    rows: I64,
    item_ptr: I64,
    item_users: U32,
    user_ptr: I64,
    user_items: U32,
    user_weight: F64,
    left: F64,
    right: F64,
    base: F64,
    power: float,
    jaccard: bool,
    position: I64,
    keys: U64,
    counts: I64,
) -> None:
    """For every item of `rows` its best keys (`keys`: rows × top, EMPTY before the call), and how many.

    c(i,j) = Σ_{u ∈ U_i ∩ U_j} user_weight[u]
    score  = c / (left[i] + right[j] - c)      if jaccard
             c^power · left[i] · right[j]      otherwise

    score ≥ s holds exactly when c ≥ slope(s) · base[j] + offset(s), with base[j] = |U_j| for jaccard and
    right[j]^(-1/power) otherwise: one vector comparison refuses a stripe of items, whatever the measure.
    `counts` is zero before the call. The keys of a row are a heap; sorting them is left to the caller.
    """
    c = np.zeros(left.size, np.float64)
    touched = np.empty(left.size, np.uint32)
    passing = np.empty(STRIPE, np.uint32)
    for row in range(rows.size):
        i = rows[row]
        users = item_users[item_ptr[i] : item_ptr[i + 1]]
        work = _shared(users, user_ptr, user_items, user_weight, c)
        c[i] = 0.0
        size, slope, offset = counts[row], 0.0, 1e-300
        few = 4 * work < c.size  # then look at what was touched instead of at the catalogue
        stripes = 1 if few else (c.size + STRIPE - 1) // STRIPE
        for turn in range(stripes):
            if few:
                items = touched[: _gather(users, user_ptr, user_items, touched)]
            else:
                start = turn * SCATTER % stripes * STRIPE
                stop = start + STRIPE
                items = passing[: _pass(c[start:stop], base[start:stop], slope, offset, start, passing)]
            size, slope, offset = _rank(
                items, i, c, left, right, base, power, jaccard, position, keys[row], size, slope, offset
            )
        counts[row] = size
        if few:
            for j in items:
                c[j] = 0.0
        else:
            for p in range(c.size):
                c[p] = 0.0
