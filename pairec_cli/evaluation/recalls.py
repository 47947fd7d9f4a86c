"""Recalls beside each other: how much their lists share, and what remains of the merged list without one.

Lists are (users, m) item numbers as in `metrics`, MISSING (-1) where a list is shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pairec_cli.evaluation.metrics import MISSING, Numbers

Scored = Sequence[tuple[str, float]]
"""Item id and score, in the recall's order."""


def overlap(left: Numbers, right: Numbers) -> float:
    """Share of the entries of `left` that the same user's list in `right` holds too; 0 without entries."""
    given = left != MISSING
    width = int(max(left.max(initial=0), right.max(initial=0))) + 1
    rows = np.arange(len(left))[:, None] * width
    shared = np.isin(rows + left, (rows + right)[right != MISSING]) & given
    return float(shared.sum() / given.sum()) if given.any() else 0.0


def overlaps(lists: Sequence[Numbers]) -> npt.NDArray[np.float64]:
    """(n, n): row i, column j is `overlap(i, j)`."""
    return np.array([[overlap(left, right) for right in lists] for left in lists], np.float64)


def merged(lists: Mapping[str, Scored], order: Iterable[str]) -> list[str]:
    """One user's lists as the engine merges them without a ranking model: of an item that several recalls
    give, the first in `order` counts; then the best score first, equal scores as they stand."""
    kept: dict[str, float] = {}
    for name in order:
        for item, score in lists.get(name, ()):
            kept.setdefault(item, score)
    return sorted(kept, key=lambda item: kept[item], reverse=True)
