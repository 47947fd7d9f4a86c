"""DiversityAdjustCountFilter: so many items of each bucket, where expressions say what is in a bucket (the
open engine's diversity_adjust_count_filter.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, tee
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidInput, Problem
from pairec_cli.domain.expressions import Evaluate, compile_govaluate, govaluate_names
from pairec_cli.domain.item_features import ADDED, item_features
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import ACCUMULATOR, CountConf, Counter, by_score, refuse


class DiversityAdjustCountConfig(Record):
    """`adjust_count_confs` give Expression, Count and Type."""

    adjust_count_confs: tuple[CountConf, ...] = ()


class DiversityAdjustCountFilter:
    """Walks AdjustCountConfs in order and takes the best items by score for which the expression is true; it
    sees the item's properties, `recall_name`, `recall_score` and the score under the recall's name. An item
    of an earlier entry keeps its place in the count of a later one, but is not taken again. Items in no
    bucket are dropped, and one for which an expression fails is not in its bucket."""

    Config: ClassVar[type[DiversityAdjustCountConfig]] = DiversityAdjustCountConfig
    drops: ClassVar[str] = "it is in no bucket, or the Count of its buckets is full"

    def __init__(self, name: str, config: DiversityAdjustCountConfig, resources: Resources) -> None:
        """Raises InvalidConfig for expressions that cannot be read, accumulators that go down, and no
        entries."""
        self.name = name
        problems = list(_problems(config.adjust_count_confs))
        self.names: frozenset[str] = frozenset()
        self.buckets: list[tuple[CountConf, Evaluate]] = []
        for index, conf in enumerate(config.adjust_count_confs):
            try:
                self.buckets.append((conf, compile_govaluate(conf.expression)))
                self.names |= govaluate_names(conf.expression)
            except InvalidInput as error:
                path = f"AdjustCountConfs[{index}].Expression"
                problems.append(Problem(path, error.message, conf.expression))
        refuse(problems)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        best = by_score(items)
        taken: dict[int, Item] = {}
        counter = Counter()
        told = tee(self._told(best), len(self.buckets))  # an item is told once, and only when it is looked at
        for (conf, evaluate), seen in zip(self.buckets, told, strict=True):
            room, before = counter.room(conf), len(taken)
            for place in islice(_places(seen, evaluate), room):
                taken.setdefault(id(best[place]), best[place])
            counter.took(conf, len(taken) - before)
        return list(taken.values())

    def _told(self, items: list[Item]) -> Iterator[Mapping[str, object]]:
        """What the expressions see of each item; few ask for what recalled it."""
        names, added = self.names, not self.names.isdisjoint(ADDED)
        for item in items:
            yield item_features(item) if added or item.retrieve_id in names else item.properties


def _places(told: Iterator[Mapping[str, object]], evaluate: Evaluate) -> Iterator[int]:
    """Where the items of a bucket stand; one for which the expression fails is not in it."""
    numbered = enumerate(told)
    while True:
        try:
            for place, names in numbered:
                if evaluate(names) is True:
                    yield place
        except InvalidInput:
            continue
        return


def _problems(confs: Sequence[CountConf]) -> Iterator[Problem]:
    if not confs:
        yield Problem("AdjustCountConfs", "is missing or empty: name the buckets to keep")
    for index, (before, conf) in enumerate(pairwise(confs), 1):
        if before.type == conf.type == ACCUMULATOR and conf.count < before.count:
            message = f"is below {before.count}, which the accumulator before it reaches"
            yield Problem(f"AdjustCountConfs[{index}].Count", message, conf.count)
