"""The compiled loop of Swing: a block of anchor items to their nearest items.

For one anchor i the users U_i are numbered 0 … m-1 and every item j that they share gets the ascending list
L_j of those that met it. Walking u upwards over its items' lists gives, from the entries behind u, first
|I_u ∩ I_v| for every later v, then the terms of the sum. Both walks touch each (u, v, j) with u < v in L_j
once: the work is the number of terms, and memory is what the anchor's own users met.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pairec_cli.components.compiled import inlined, kernel
from pairec_cli.components.etrec_kernel import F64, I64, U32, U64

I32: TypeAlias = npt.NDArray[np.int32]


@inlined
def _share(
    users: U32, anchor: int, user_ptr: I64, user_items: U32, count: I32, touched: U32
) -> tuple[int, int]:
    """Count the users of every item they met; returns (items touched, entries of lists that hold two)."""
    size = 0
    for u in users:
        for j in user_items[user_ptr[u] : user_ptr[u + 1]]:
            if j != anchor:
                if count[j] == 0:
                    touched[size] = j
                    size += 1
                count[j] += 1
    entries = 0
    for p in range(size):
        if count[touched[p]] > 1:
            entries += count[touched[p]]
    return size, entries


@inlined
def _fill(
    users: U32,
    anchor: int,
    user_ptr: I64,
    user_items: U32,
    count: I32,
    touched: U32,
    size: int,
    start: I64,
    fill: I64,
    members: I32,
) -> None:
    """Write each shared item's users, ascending, to members[start[j] : start[j] + count[j]]."""
    at = 0
    for p in range(size):
        j = touched[p]
        start[j] = at
        fill[j] = at
        if count[j] > 1:
            at += count[j]
    for local in range(users.size):
        u = users[local]
        for j in user_items[user_ptr[u] : user_ptr[u + 1]]:
            if j != anchor and count[j] > 1:
                members[fill[j]] = local
                fill[j] += 1


@inlined
def _sum_terms(
    users: U32,
    anchor: int,
    user_ptr: I64,
    user_items: U32,
    user_weight: F64,
    alpha2: float,
    count: I32,
    start: I64,
    fill: I64,
    members: I32,
    common: I32,
    met: I32,
    term: F64,
    score: F64,
) -> None:
    """score[j] += Σ_{u<v ∈ L_j} w_u · w_v / (alpha2 + |I_u ∩ I_v|). `start` is moved to the lists' ends;
    `common` is zero before and after."""
    for local in range(users.size):
        u = users[local]
        items = user_items[user_ptr[u] : user_ptr[u + 1]]
        number = 0
        for j in items:
            if j != anchor and count[j] > 1:
                start[j] += 1  # u stands first among those left, as lists ascend
                for p in range(start[j], fill[j]):
                    v = members[p]
                    if common[v] == 0:
                        met[number] = v
                        number += 1
                    common[v] += 1
        for p in range(number):
            v = met[p]
            term[v] = user_weight[u] * user_weight[users[v]] / (alpha2 + common[v] + 1)  # 1: the anchor
            common[v] = 0
        for j in items:
            if j != anchor and count[j] > 1:
                total = 0.0
                for p in range(start[j], fill[j]):
                    total += term[members[p]]
                score[j] += total


@inlined
def _add_self_pairs(
    users: U32, anchor: int, user_ptr: I64, user_items: U32, self_term: F64, score: F64
) -> None:
    """score[j] += Σ_{u ∈ U_i ∩ U_j} self_term[u]."""
    for u in users:
        for j in user_items[user_ptr[u] : user_ptr[u + 1]]:
            if j != anchor:
                score[j] += self_term[u]


@inlined
def _keep(best: U64, shared: I32, number: int, key: np.uint64, together: int) -> int:
    """Put the key among the best, `together` beside it; returns how many there are. Full, `best` is a heap
    with its worst key at the root."""
    if number < best.size:  # sift up
        node = number
        while node > 0:
            parent = (node - 1) >> 1
            if best[parent] >= key:
                break
            best[node] = best[parent]
            shared[node] = shared[parent]
            node = parent
        best[node] = key
        shared[node] = together
        return number + 1
    if key < best[0]:  # sift down
        node, child = 0, 1
        while child < number:
            if child + 1 < number and best[child + 1] > best[child]:
                child += 1
            if best[child] <= key:
                break
            best[node] = best[child]
            shared[node] = shared[child]
            node, child = child, 2 * child + 1
        best[node] = key
        shared[node] = together
    return number


@kernel
def neighbours(
    rows: I64,
    anchor_ptr: I64,
    anchor_users: U32,
    user_ptr: I64,
    user_items: U32,
    user_weight: F64,
    alpha2: float,
    self_term: F64,
    position: I64,
    keys: U64,
    shared: I32,
    counts: I64,
) -> None:
    """For every anchor of `rows` its `keys.shape[1]` best items, and how many there are (`counts`).

    A key is that of `etrec_kernel`: score as float32 and the item's position among the sorted ids; rows of
    keys come out unsorted, with |U_i ∩ U_j| beside each key in `shared`. `anchor_users` are the users that an
    anchor is judged by, which sampling may have thinned. `self_term` is what a user's pair with oneself adds,
    empty when such pairs do not count.
    """
    items = anchor_ptr.size - 1
    count = np.zeros(items, np.int32)
    touched = np.empty(items, np.uint32)
    start = np.zeros(items, np.int64)
    fill = np.zeros(items, np.int64)
    score = np.zeros(items, np.float64)
    members = np.empty(1024, np.int32)
    for row in range(rows.size):
        anchor = rows[row]
        users = anchor_users[anchor_ptr[anchor] : anchor_ptr[anchor + 1]]
        size, entries = _share(users, anchor, user_ptr, user_items, count, touched)
        if entries > members.size:
            members = np.empty(2 * entries, np.int32)
        _fill(users, anchor, user_ptr, user_items, count, touched, size, start, fill, members)
        common = np.zeros(users.size, np.int32)
        met = np.empty(users.size, np.int32)
        term = np.empty(users.size, np.float64)
        _sum_terms(
            users, anchor, user_ptr, user_items, user_weight, alpha2, count, start, fill, members, common,
            met, term, score,
        )  # fmt: skip
        if self_term.size:
            _add_self_pairs(users, anchor, user_ptr, user_items, self_term, score)
        number = 0
        for p in range(size):
            j = touched[p]
            if score[j] > 0.0:
                bits = np.uint64(0xFFFFFFFF) - np.uint64(np.float32(score[j]).view(np.uint32))
                key = (bits << np.uint64(32)) | np.uint64(position[j])
                number = _keep(keys[row], shared[row], number, key, count[j])
            count[j] = 0
            score[j] = 0.0
        counts[row] = number
