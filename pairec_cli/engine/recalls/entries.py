"""The grammar of published candidate lists: `id`, `id:recall`, `id:recall:score`, `id::score`, joined by
commas.

An empty recall is the reading recall's own name. `id:0.7` therefore means recall "0.7" and no score. A
score that is no number counts as 0, as in PAI-Rec; so does `nan`, which would have no place in an order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Entry(NamedTuple):
    """One candidate of a list; `score` is None when the list gives none."""

    id: str
    recall: str
    score: float | None


def parse_entries(text: str, recall: str) -> list[Entry]:
    """The entries of `text` in order; empty pieces are skipped. `recall` names those without a recall."""
    entries: list[Entry] = []
    for piece in text.split(","):
        parts = piece.split(":")
        if parts[0]:
            score = to_score(parts[2]) if len(parts) > 2 else None
            entries.append(Entry(parts[0], parts[1] or recall if len(parts) > 1 else recall, score))
    return entries


def to_score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        return 0.0
    return score if score == score else 0.0


def parse_weights(text: str) -> list[tuple[str, float]]:
    """`id:weight,…` as pairs in order; a missing weight is 1, an unreadable one 0."""
    pairs: list[tuple[str, float]] = []
    for piece in text.split(","):
        item, colon, weight = piece.partition(":")
        if item:
            pairs.append((item, to_score(weight) if colon else 1.0))
    return pairs


def entry_score(entry: Entry) -> float:
    return entry.score or 0.0


def best(entries: list[T], count: int, score: Callable[[T], float]) -> list[T]:
    """All entries as stored when there are at most `count`; else the `count` best by score, equal scores in
    stored order. PAI-Rec shuffles the first half of such a list before the cut; we keep it deterministic."""
    if len(entries) <= count:
        return entries
    return sorted(entries, key=score, reverse=True)[:count]
