"""The plain chain, for many users at once: published lists, one item per id, best score first, cut.

Its answer is that of `Engine.recommend`, item for item; it gets there without making an item of every
candidate. Only the best `size` of each list can be in the answer, so each list is cut to those before the
lists are joined, and a list that is the same for all users is ordered once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from pairec_cli.domain.errors import NotFound
from pairec_cli.engine.plan import Plan
from pairec_cli.engine.recalls.entries import Entry, score_of
from pairec_cli.engine.recalls.published import PublishedList
from pairec_cli.filters.unique import UniqueFilter
from pairec_cli.sorting.item_rank_score import ItemRankScore

_id: Callable[[Entry], str] = itemgetter(0)


class _Ordered(NamedTuple):
    """A list's ids, and its first entry per id, best first."""

    ids: Container[str]
    entries: list[Entry]


class PlainChain:
    """Answers for users of one plan. Lists for all users are read once, when it is made."""

    def __init__(self, recalls: Sequence[PublishedList], size: int) -> None:
        self.size = size
        self.sources: list[PublishedList | _Ordered] = [
            _ordered(_entries(recall, "")) if recall.for_all else recall for recall in recalls
        ]

    def best(self, uid: str) -> list[Entry]:
        """At most `size` entries, best first."""
        chosen: list[Entry] = []
        earlier: list[Container[str]] = []
        for source in self.sources:
            ids, ordered = source if isinstance(source, _Ordered) else _ordered(_entries(source, uid))
            chosen += islice(_not_in(ordered, earlier), self.size)
            earlier.append(ids)
        chosen.sort(key=score_of, reverse=True)
        return chosen[: self.size]


def plain_chain(plan: Plan, size: int) -> PlainChain | None:
    """The chain of a plan; None when the plan has other stages."""
    lists = [recall for recall in plan.recalls if isinstance(recall, PublishedList) and not recall.remote]
    kinds = [type(step.stage) for step in plan.steps]
    plain = len(lists) == len(plan.recalls) and kinds == [UniqueFilter, ItemRankScore]
    return PlainChain(lists, size) if plain else None


def _entries(recall: PublishedList, uid: str) -> list[Entry]:
    try:
        return recall.entries(uid)[0]
    except NotFound:
        return []


def _ordered(entries: list[Entry]) -> _Ordered:
    own = _first_per_id(entries)
    return _Ordered(own, sorted(own.values(), key=score_of, reverse=True))


def _first_per_id(entries: list[Entry]) -> dict[str, Entry]:
    """In the order of first appearance."""
    first = dict(zip(map(_id, entries), entries, strict=True))
    if len(first) < len(entries):
        first = {}
        for entry in entries:
            first.setdefault(entry[0], entry)
    return first


def _not_in(entries: list[Entry], earlier: list[Container[str]]) -> Iterator[Entry]:
    """The entries whose id no earlier list has."""
    for entry in entries:
        if not any(entry[0] in ids for ids in earlier):
            yield entry
