"""Triggers with weights, and what is similar to them: the sums behind u2i2i and its kin.

Source: the open engine's collaborative DAOs, as observed.
"""

from __future__ import annotations

from collections.abc import Mapping

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float

TRIGGERS = 200
"""So many triggers count; PAI-Rec shuffles the first half of a longer list before the cut, we do not."""
_NO_ITEM = ("", "null")


def triggers_of(text: str) -> dict[str, float]:
    """`id[:weight],…` as item → weight in order; a weight that is missing or no number is 1."""
    found: dict[str, float] = {}
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item not in _NO_ITEM:
            found[item] = to_float(rest[0], 1.0) if rest else 1.0
    return dict(list(found.items())[:TRIGGERS])


def similar_of(text: str) -> list[tuple[str, float]]:
    """`id:score,…` in order; blanks round a score do not count, one that is no number is 1. Entries of
    another form are left out."""
    found = []
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if len(rest) == 1 and item not in _NO_ITEM:
            found.append((item, to_float(rest[0].strip(), 1.0)))
    return found


def summed(weights: Mapping[str, float], lists: Mapping[str, str]) -> dict[str, float]:
    """Σ over triggers of weight · similarity, by candidate in order of first appearance."""
    found: dict[str, float] = {}
    for trigger, text in lists.items():
        weight = weights[trigger]
        for item, similarity in similar_of(text):
            found[item] = found.get(item, 0.0) + weight * similarity
    return found


def normalized(scores: Mapping[str, float]) -> dict[str, float]:
    """Divided by the largest, if that is above 0."""
    largest = max(scores.values(), default=0.0)
    return {item: score / largest for item, score in scores.items()} if largest > 0 else dict(scores)


def ranked(scores: Mapping[str, float], count: int, recall: str, kind: str) -> list[Item]:
    """The `count` best, best first; equal scores keep their order."""
    best = sorted(scores.items(), key=lambda pair: pair[1], reverse=True)[:count]
    return [Item(item, score, recall, kind) for item, score in best]
