"""The compiled loops of etrec: a block of items to its nearest neighbours, and neighbours to list text.

A neighbour is one uint64 key; the smaller key is the better neighbour, so that comparing two numbers is the whole
order "score descending, then id":

    bits 63-32  2^32 - 1 - ((decimal exponent + BIAS) · 2^24 + mantissa)
    bits 31-0   position of the item among the sorted ids

The mantissa has seven decimal digits (1_000_000 … 9_999_999): scores are rounded before they are compared. What
is printed is what was sorted, and no tie hangs on the last bit of a sum. EMPTY is worse than every key.

Every argument has one fixed dtype, so that each kernel is compiled once (`etrec.py` sees to it). Unsigned indices
spare numba's branch for negative ones. Slice assignment is left out: its error texts cost seconds to compile.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pairec_cli.components.compiled import kernel

F64: TypeAlias = npt.NDArray[np.float64]
I64: TypeAlias = npt.NDArray[np.int64]
U32: TypeAlias = npt.NDArray[np.uint32]
U64: TypeAlias = npt.NDArray[np.uint64]
U8: TypeAlias = npt.NDArray[np.uint8]

DIGITS = 7
BIAS = 128
EMPTY = 0xFFFF_FFFF_FFFF_FFFF
STRIPE = 256
"""Items that are compared at once with the worst kept neighbour."""
SLACK = 1.0 - 2e-6
"""The cut is made on unrounded scores; rounding to seven digits moves a score by less than this."""


@kernel
def encode(score: float, position: int) -> np.uint64:
    """The key of a neighbour; 1e-120 < score < 1e120."""
    exponent = np.int64(math.floor(math.log10(score)))
    mantissa = np.int64(score * 10.0 ** (DIGITS - 1 - exponent) + 0.5)
    if mantissa < 10 ** (DIGITS - 1):  # log10 was rounded up
        exponent -= 1
        mantissa = np.int64(score * 10.0 ** (DIGITS - 1 - exponent) + 0.5)
    if mantissa >= 10**DIGITS:  # 9.9999999 or log10 rounded down
        mantissa = np.int64((mantissa + 5) // 10)
        exponent += 1
    rank = np.int64(0xFFFFFFFF) - (((exponent + BIAS) << 24) | mantissa)
    return np.uint64((np.uint64(rank) << np.uint64(32)) | np.uint64(position))


@kernel
def decode(key: np.uint64) -> float:
    """The score of a key."""
    rank = np.int64(0xFFFFFFFF) - np.int64(key >> np.uint64(32))
    return float((rank & 0xFFFFFF) * 10.0 ** ((rank >> 24) - BIAS - (DIGITS - 1)))


@kernel
def _keep(heap: U64, size: int, key: np.uint64) -> int:
    """Put `key` among the best; returns the new size. Once full, `heap` has its worst key at the root."""
    if size < heap.size:  # sift up
        node = size
        while node > 0:
            parent = (node - 1) >> 1
            if heap[parent] >= key:
                break
            heap[node] = heap[parent]
            node = parent
        heap[node] = key
        return size + 1
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
    The keys of a row are a heap; sorting them is left to the caller.
    """
    n_items = left.size
    c = np.zeros(n_items)
    touched = np.empty(n_items, np.uint32)
    passing = np.empty(STRIPE, np.uint32)
    for row in range(rows.size):
        i = rows[row]
        heap = keys[row]
        work = 0
        for p in range(item_ptr[i], item_ptr[i + 1]):
            u = item_users[p]
            w = user_weight[u]
            work += user_ptr[u + 1] - user_ptr[u]
            for q in range(user_ptr[u], user_ptr[u + 1]):
                c[user_items[q]] += w
        c[i] = 0.0
        sparse = 4 * work < n_items  # then walk over what was touched instead of over the catalogue
        limit = n_items
        if sparse:
            limit = 0
            for p in range(item_ptr[i], item_ptr[i + 1]):
                u = item_users[p]
                for q in range(user_ptr[u], user_ptr[u + 1]):
                    touched[limit] = user_items[q]
                    limit += 1
        size = 0
        slope, offset = 0.0, 1e-300
        for start in range(0, limit, STRIPE):
            stop = min(start + STRIPE, limit)
            found = 0
            if sparse:
                for p in range(start, stop):
                    j = touched[p]
                    passing[found] = j
                    found += c[j] >= slope * base[j] + offset
            else:
                for p in range(start, stop):
                    found += c[p] >= slope * base[p] + offset
                if found:
                    found = 0
                    for p in range(start, stop):
                        passing[found] = p
                        found += c[p] >= slope * base[p] + offset
            for p in range(found):
                j = passing[p]
                if c[j] >= slope * base[j] + offset:
                    if jaccard:
                        score = c[j] / (left[i] + right[j] - c[j])
                    elif power == 1.0:
                        score = c[j] * left[i] * right[j]
                    else:
                        score = c[j] ** power * left[i] * right[j]
                    size = _keep(heap, size, encode(score, position[j]))
                    if size == heap.size:
                        worst = decode(heap[0]) * SLACK
                        if jaccard:
                            slope = worst / (1.0 + worst)
                            offset = slope * left[i]
                        else:
                            slope = (worst / left[i]) ** (1.0 / power)
                            offset = 0.0
                    c[j] = 0.0  # an item occurs more than once in `touched`
            if sparse:
                for p in range(start, stop):
                    c[touched[p]] = 0.0
            else:
                for p in range(start, stop):
                    c[p] = 0.0
        counts[row] = size


@kernel
def measure(keys: U64, counts: I64, id_ptr: I64, separators: int) -> int:
    """Bytes that suffice for `render`'s text; `separators` is the length of both delimiters."""
    size = 0
    for row in range(counts.size):
        for rank in range(counts[row]):
            key = keys[row, rank]
            item = np.int64(key & np.uint64(0xFFFFFFFF))
            exponent = ((np.int64(0xFFFFFFFF) - np.int64(key >> np.uint64(32))) >> 24) - BIAS
            size += id_ptr[item + 1] - id_ptr[item] + separators + DIGITS + 2 + abs(exponent)
    return size


@kernel
def _copy(source: U8, start: int, stop: int, text: U8, at: int) -> int:
    for index in range(start, stop):
        text[at] = source[index]
        at += 1
    return at


@kernel
def render(
    keys: U64,
    counts: I64,
    id_bytes: U8,
    id_ptr: I64,
    item_delimiter: U8,
    kv_delimiter: U8,
    text: U8,
    text_ptr: I64,
) -> None:
    """Write `id<kv>score<item>id<kv>score…` of every row; row r is text[text_ptr[r]:text_ptr[r+1]].

    Scores are positional decimals without trailing zeros (`0.7071068`), never in exponent form.
    """
    at = 0
    digits = np.empty(DIGITS, np.uint8)
    for row in range(counts.size):
        text_ptr[row] = at
        for rank in range(counts[row]):
            key = keys[row, rank]
            item = np.int64(key & np.uint64(0xFFFFFFFF))
            if rank > 0:
                at = _copy(item_delimiter, np.int64(0), item_delimiter.size, text, at)
            at = _copy(id_bytes, id_ptr[item], id_ptr[item + 1], text, at)
            at = _copy(kv_delimiter, np.int64(0), kv_delimiter.size, text, at)
            number = np.int64(0xFFFFFFFF) - np.int64(key >> np.uint64(32))
            at = _write_number((number >> 24) - BIAS, number & 0xFFFFFF, digits, text, at)
    text_ptr[counts.size] = at


@kernel
def _write_number(exponent: int, mantissa: int, digits: U8, text: U8, at: int) -> int:
    """Write mantissa · 10^(exponent - DIGITS + 1)."""
    shown = 0  # digits up to the last that is not zero
    for place in range(DIGITS - 1, -1, -1):
        digits[place] = 48 + mantissa % 10
        if shown == 0 and mantissa % 10 > 0:
            shown = place + 1
        mantissa //= 10
    if exponent < 0:
        text[at] = 48
        text[at + 1] = 46  # "0."
        at += 2
        for _ in range(-exponent - 1):
            text[at] = 48
            at += 1
        return _copy(digits, np.int64(0), shown, text, at)
    whole = exponent + 1
    for place in range(whole):
        text[at] = digits[place] if place < DIGITS else 48
        at += 1
    if shown > whole:
        text[at] = 46
        at = _copy(digits, whole, shown, text, at + 1)
    return at
