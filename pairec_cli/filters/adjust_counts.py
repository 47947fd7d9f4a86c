"""AdjustCountConfs: how many items each recall may bring, and the walk that takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.records import Record

FIX, ACCUMULATOR = "fix", "accumulator"


class AdjustCountConf(Record):
    """One entry. `fix` takes `count` items; `accumulator` takes as many as `accumulator` entries so far lack
    of `count` together. Any other type takes nothing, as in PAI-Rec. `weight` is SnakeFilter's, `expression`
    DiversityAdjustCountFilter's."""

    recall_name: str = ""
    count: int = 0
    type: str = ""
    expression: str = ""
    weight: int = 0


class CountConf(AdjustCountConf):
    """An entry of a filter that counts by `type`."""

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        if self.type not in (FIX, ACCUMULATOR):
            known = f"{ACCUMULATOR} or {FIX}"
            yield "Type", f"is {self.type!r}: the entry takes no items; write {known}", self.type


def by_score(items: Iterable[Item]) -> list[Item]:
    """Best first. Equal scores stay in order; PAI-Rec's engine leaves their order to chance."""
    return sorted(items, key=attrgetter("score"), reverse=True)


def by_recall(items: Iterable[Item]) -> dict[str, list[Item]]:
    """The items of each recall, in order; recalls in order of first appearance."""
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item.retrieve_id].append(item)
    return dict(found)


class Counter:
    """Says how many items the next entry may take, and counts what the accumulators took."""

    def __init__(self) -> None:
        self.accumulated = 0

    def room(self, conf: AdjustCountConf) -> int:
        """Never below 0."""
        if conf.type == FIX:
            return max(conf.count, 0)
        return max(conf.count - self.accumulated, 0) if conf.type == ACCUMULATOR else 0

    def took(self, conf: AdjustCountConf, count: int) -> None:
        if conf.type == ACCUMULATOR:
            self.accumulated += count


def refuse(problems: Sequence[Problem]) -> None:
    """Raises InvalidConfig when there are problems; paths are below the filter's entry."""
    if problems:
        raise InvalidConfig("the engine configuration", list(problems))
