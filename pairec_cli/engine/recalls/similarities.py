"""Triggers with weights, and what is similar to them: the sums behind u2i2i and its kin.

Source: the open engine's collaborative DAOs, as observed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import islice, repeat
from math import isfinite
from typing import NamedTuple

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float
from pairec_cli.engine.recalls.scored_lists import read_scored

TRIGGERS = 200
"""So many triggers count; PAI-Rec shuffles the first half of a longer list before the cut, we do not."""
_NO_ITEM = ("", "null")


def triggers_of(text: str) -> dict[str, float]:
    """`id[:weight],…` as item → weight in order; a weight that is missing or no number is 1."""
    scored = read_scored(text, ":") if text.isascii() and text.split() == [text] else None
    found = _any_triggers(text) if scored is None or "null" in scored else scored
    return found if len(found) <= TRIGGERS else dict(islice(found.items(), TRIGGERS))


def _any_triggers(text: str) -> dict[str, float]:
    """`triggers_of` for every form of an entry; blanks make a weight no number."""
    found: dict[str, float] = {}
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item not in _NO_ITEM:
            found[item] = _number(rest[0]) if rest else 1.0
    return found


class Similar(NamedTuple):
    """Items and their similarities, in the order of a list."""

    items: list[str]
    scores: list[float]


def similar_of(text: str) -> Similar:
    """`id:score,…` in order; blanks round a score do not count, one that is no number is 1. Entries of
    another form are left out."""
    return _all_scored(text) or _any_scored(text)


def _all_scored(text: str) -> Similar | None:
    """When all entries are an id and a plain, finite number, as our own nodes write them; None for anything
    else. Lists that are kept share their ids, which many of them name: that takes half the memory."""
    found = read_scored(text, ":")
    if found is None or "null" in found:
        return None
    return Similar(list(map(sys.intern, found)), list(found.values()))


def _any_scored(text: str) -> Similar:
    found = Similar([], [])
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if len(rest) == 1 and item not in _NO_ITEM:
            found.items.append(item)
            found.scores.append(_number(rest[0].strip()))
    return found


def scored_text(text: str) -> str:
    """The list with a score of 0 for ids that have none."""
    return ",".join(piece if ":" in piece or not piece else f"{piece}:0" for piece in text.split(","))


def _number(text: str) -> float:
    """1 for what is no finite number."""
    number = to_float(text, 1.0)
    return number if isfinite(number) else 1.0


def summed(weights: Mapping[str, float], lists: Mapping[str, Similar]) -> dict[str, float]:
    """Σ over triggers of weight · similarity, by candidate in order of first appearance."""
    found: dict[str, float] = {}
    for trigger, similar in lists.items():
        weight = weights[trigger]
        for item, similarity in zip(similar.items, similar.scores, strict=True):
            if item in found:
                found[item] += weight * similarity
            else:
                found[item] = weight * similarity
    return found


def ranked(
    scores: Mapping[str, float], count: int, recall: str, kind: str, *, normalize: bool = False
) -> list[Item]:
    """The `count` best, best first; equal scores keep their order. With `normalize` they are divided by the
    largest, if that is above 0."""
    score = scores.__getitem__
    best = sorted(scores, key=score, reverse=True)[:count]
    own: Iterable[float] = map(score, best)
    if normalize and best and (largest := scores[best[0]]) > 0:
        own = [value / largest for value in own]
    return Item.listed(zip(best, repeat(recall), own, repeat(True)), kind)
