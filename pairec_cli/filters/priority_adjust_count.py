"""PriorityAdjustCountFilter: so many items of each recall (PAI-Rec, "Configure filters")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import ACCUMULATOR, CountConf, Counter, by_recall, by_score, refuse


class PriorityAdjustCountConfig(Record):
    """`adjust_count_confs` in order of priority."""

    adjust_count_confs: tuple[CountConf, ...] = ()
    ensure_diversity: bool = False


class PriorityAdjustCountFilter:
    """Walks AdjustCountConfs in order and takes each recall's best items by score. Recalls without an entry
    are dropped; a recall with two entries starts again from its best, which gives items twice."""

    Config: ClassVar[type[PriorityAdjustCountConfig]] = PriorityAdjustCountConfig
    drops: ClassVar[str] = "its recall's Count is full, or its recall is not listed"

    def __init__(self, name: str, config: PriorityAdjustCountConfig, resources: Resources) -> None:
        """Raises InvalidConfig for entries that would crash PAI-Rec's engine: none, negative counts, an
        accumulator below an earlier one."""
        self.name = name
        self.confs = config.adjust_count_confs
        problems = list(_problems(self.confs))
        if config.ensure_diversity:
            problems.append(
                Problem("EnsureDiversity", "needs a data source of a kind that is not served", True)
            )
        refuse(problems)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        waiting = by_recall(items)
        chosen: list[Item] = []
        counter = Counter()
        for conf in self.confs:
            taken = by_score(waiting.get(conf.recall_name, ()))[: counter.room(conf)]
            counter.took(conf, len(taken))
            chosen += taken
        return chosen


def _problems(confs: Sequence[CountConf]) -> Iterator[Problem]:
    if not confs:
        yield Problem("AdjustCountConfs", "is missing or empty: name the recalls to keep")
    reached = 0
    for index, conf in enumerate(confs):
        path = f"AdjustCountConfs[{index}].Count"
        if conf.count < 0:
            yield Problem(path, "must not be negative", conf.count)
        if conf.type == ACCUMULATOR:
            if conf.count < reached:
                yield Problem(path, f"is below {reached}, which earlier accumulators reach", conf.count)
            reached = max(reached, conf.count)
