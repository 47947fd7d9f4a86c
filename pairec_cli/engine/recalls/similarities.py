"""Triggers with weights, and what is similar to them: the sums behind u2i2i and its kin.

Source: the open engine's collaborative DAOs, as observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from math import isfinite
from operator import mul

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float

TRIGGERS = 200
"""So many triggers count; PAI-Rec shuffles the first half of a longer list before the cut, we do not."""
_NO_ITEM = ("", "null")
_NO_MARKS = bytes(set(range(256)) - set(b":,"))


def triggers_of(text: str) -> dict[str, float]:
    """`id[:weight],…` as item → weight in order; a weight that is missing or no number is 1."""
    found: dict[str, float] = {}
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item not in _NO_ITEM:
            found[item] = _number(rest[0]) if rest else 1.0
    return dict(list(found.items())[:TRIGGERS])


def _all_scored(text: str) -> tuple[list[str], list[float]] | None:
    """Ids and scores when all entries are an id and a plain number, as our own nodes write them; None for
    anything else. The interpreter's C loops do the work, four times as fast as the whole grammar."""
    marks = text.encode().translate(None, _NO_MARKS)
    count = len(marks) // 2 + 1
    if marks != b":," * (count - 1) + b":":
        return None
    parts = text.replace(":", ",").split(",")
    items = parts[::2]
    try:
        scores = list(map(float, parts[1::2]))
    except ValueError:
        return None
    plain = "_" not in text and isfinite(sum(scores)) and "" not in items and "null" not in items
    return (items, scores) if plain else None


def similar_of(text: str) -> list[tuple[str, float]]:
    """`id:score,…` in order; blanks round a score do not count, one that is no number is 1. Entries of
    another form are left out."""
    found = []
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if len(rest) == 1 and item not in _NO_ITEM:
            found.append((item, _number(rest[0].strip())))
    return found


def scored_text(text: str) -> str:
    """The list with a score of 0 for ids that have none."""
    return ",".join(piece if ":" in piece or not piece else f"{piece}:0" for piece in text.split(","))


def _number(text: str) -> float:
    """1 for what is no finite number."""
    number = to_float(text, 1.0)
    return number if isfinite(number) else 1.0


def summed(weights: Mapping[str, float], lists: Mapping[str, str]) -> dict[str, float]:
    """Σ over triggers of weight · similarity, by candidate in order of first appearance."""
    return _all_summed(weights, lists) or _summed(weights, lists)


def _all_summed(weights: Mapping[str, float], lists: Mapping[str, str]) -> dict[str, float] | None:
    """As `summed` where every list is plain: all of them are read as one."""
    quick = _all_scored(",".join(lists.values()))
    if quick is None:
        return None
    counts = ((weights[trigger], text.count(":")) for trigger, text in lists.items())
    each = chain.from_iterable(repeat(weight, count) for weight, count in counts)
    found: dict[str, float] = {}
    before = found.get
    for item, score in zip(quick[0], map(mul, each, quick[1]), strict=True):
        found[item] = before(item, 0.0) + score
    return found


def _summed(weights: Mapping[str, float], lists: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for trigger, text in lists.items():
        weight = weights[trigger]
        for item, similarity in similar_of(text):
            found[item] = found.get(item, 0.0) + weight * similarity
    return found


def ranked(scores: Mapping[str, float], count: int, recall: str, kind: str) -> list[Item]:
    """The `count` best, best first; equal scores keep their order."""
    score = scores.__getitem__
    best = sorted(scores, key=score, reverse=True)[:count]
    return Item.listed(zip(best, repeat(recall), map(score, best), repeat(True)), kind)


def normalize(items: Sequence[Item]) -> None:
    """Divides the scores of items, best first, by the largest, if that is above 0."""
    largest = items[0].score if items else 0.0
    if largest > 0:
        for item in items:
            item.score /= largest
