"""Metrics of ranked lists: recall, NDCG, hit rate, coverage.

`ranked` is (users, m) item numbers, best first, MISSING (-1) where a list is shorter; an item occurs once in
a list. `relevant` holds each user's held-out items, in the order of the rows. Users without held-out items
say nothing and are left out of every mean; a user without a list counts as zero.

    recall@k   = |top k ∩ relevant| / |relevant|
    hit rate@k = 1 if top k ∩ relevant is not empty
    ndcg@k     = Σ_{r ≤ k, item r relevant} 1/log2(1+r)  /  Σ_{r ≤ min(k, |relevant|)} 1/log2(1+r)
    coverage@k = share of the catalogue that occurs in some user's top k

NDCG with binary gains after Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
ACM TOIS 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MISSING = -1

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """Means over the users that have held-out items; 0 when there are none."""

    k: int
    users: int
    recall: float
    ndcg: float
    hit_rate: float
    coverage: float


def evaluate(ranked: Numbers, relevant: Sequence[Numbers], *, k: int, n_items: int) -> Quality:
    """All metrics at once. Raises ValueError for k < 1 or lists that do not match the users."""
    hit, held_out = hits(ranked, relevant, k), sizes(relevant)
    return Quality(
        k=k,
        users=int((held_out > 0).sum()),
        recall=recall(hit, held_out),
        ndcg=ndcg(hit, held_out, k),
        hit_rate=hit_rate(hit, held_out),
        coverage=coverage(ranked, k, n_items),
    )


def sizes(relevant: Sequence[Numbers]) -> Numbers:
    """How many distinct held-out items each user has."""
    return np.array([len(np.unique(items)) for items in relevant], np.int64)


def hits(ranked: Numbers, relevant: Sequence[Numbers], k: int) -> Flags:
    """(users, min(k, m)): whether the item at each place is held out."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if len(ranked) != len(relevant):
        raise ValueError(f"{len(ranked)} lists for {len(relevant)} users")
    top = ranked[:, :k]
    if not len(relevant):
        return np.zeros(top.shape, bool)
    held_out = np.concatenate([np.asarray(items, np.int64) for items in relevant])
    owner = np.repeat(np.arange(len(relevant)), [len(items) for items in relevant])
    width = int(max(held_out.max(initial=0), top.max(initial=0))) + 1
    rows = np.arange(len(top))[:, None]
    found: Flags = np.isin(rows * width + top, owner * width + held_out) & (top != MISSING)
    return found


def recall(hit: Flags, held_out: Numbers) -> float:
    """Mean share of the held-out items that were found; `hit` from `hits`, `held_out` from `sizes`."""
    return _mean(np.asarray(hit.sum(axis=1) / np.maximum(held_out, 1)), held_out)


def hit_rate(hit: Flags, held_out: Numbers) -> float:
    """Share of users for whom anything was found."""
    return _mean(np.asarray(hit.any(axis=1), np.float64), held_out)


def ndcg(hit: Flags, held_out: Numbers, k: int) -> float:
    """Mean normalised discounted cumulative gain."""
    discount = 1 / np.log2(2 + np.arange(k))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(held_out, k)]
    gain = (hit * discount[: hit.shape[1]]).sum(axis=1)
    return _mean(gain / np.maximum(ideal, 1.0), held_out)


def coverage(ranked: Numbers, k: int, n_items: int) -> float:
    """Share of `n_items` that somebody is shown; lists of users without held-out items count as well."""
    shown = np.unique(ranked[:, :k])
    return float((shown != MISSING).sum() / n_items) if n_items else 0.0


def _mean(values: npt.NDArray[np.float64], held_out: Numbers) -> float:
    judged = held_out > 0
    return float(values[judged].mean()) if judged.any() else 0.0
