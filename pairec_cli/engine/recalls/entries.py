"""The grammar of published lists: `id`, `id:recall`, `id:recall:score`, `id::score`, joined by commas.

An empty recall is the reading recall's own name. `id:0.7` therefore means recall "0.7" and no score. A
score that is no number counts as 0, as in PAI-Rec; so does `nan`, which has no place in an order.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from operator import itemgetter

from pairec_cli.engine.recalls.scored_lists import read_scored

Entry = tuple[str, str, float, bool]
"""(item id, recall, score, whether the list gives the score: it is 0 otherwise). A plain tuple: a request
parses hundreds of them."""

score_of: Callable[[Entry], float] = itemgetter(2)


def parse_entries(text: str, recall: str) -> list[Entry]:
    """The entries of `text` in order; empty pieces are skipped. `recall` names those without a recall."""
    quick = _parse_scored(text, recall)
    return quick if quick is not None else _parse_any(text, recall)


def _parse_scored(text: str, recall: str) -> list[Entry] | None:
    """The entries when all of them are `id::score`, as our own nodes write them; None for anything else."""
    found = read_scored(text, "::")
    return None if found is None else list(zip(found, repeat(recall), found.values(), repeat(True)))


def _parse_any(text: str, recall: str) -> list[Entry]:
    entries: list[Entry] = []
    for piece in text.split(","):
        item, *rest = piece.split(":")
        if item:
            own = rest[0] if rest else ""
            scored = len(rest) > 1
            entries.append((item, own or recall, to_score(rest[1]) if scored else 0.0, scored))
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


def best(entries: list[Entry], count: int) -> list[Entry]:
    """All entries as stored when there are at most `count`; else the `count` best by score, equal scores in
    stored order. PAI-Rec shuffles the first half of such a list before the cut; here the same list always
    gives the same answer."""
    if len(entries) <= count:
        return entries
    return sorted(entries, key=score_of, reverse=True)[:count]
