"""PriorityAdjustCountFilter: so many items of each recall (PAI-Rec, "Configure filters")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import ACCUMULATOR, CountConf, Counter, by_recall, by_score, refuse
from pairec_cli.filters.ensured_diversity import (
    DEFAULT_LEAST,
    DistinctFields,
    Diversity,
    DiversityDaoConf,
)


class PriorityAdjustCountConfig(Record):
    """`adjust_count_confs` in order of priority. With `ensure_diversity` a value of a distinct field gets its
    share of the last entry's Count, `diversity_min_count` at least (10 when it is not above 0)."""

    adjust_count_confs: tuple[CountConf, ...] = ()
    ensure_diversity: bool = False
    diversity_min_count: int = 0
    diversity_dao_conf: DiversityDaoConf = DiversityDaoConf()


class PriorityAdjustCountFilter:
    """Walks AdjustCountConfs in order and takes each recall's best items by score. Recalls without an entry
    are dropped; a recall with two entries starts again from its best, which gives items twice."""

    Config: ClassVar[type[PriorityAdjustCountConfig]] = PriorityAdjustCountConfig
    drops: ClassVar[str] = "its recall's Count is full, or its recall is not listed"

    def __init__(self, name: str, config: PriorityAdjustCountConfig, resources: Resources) -> None:
        """Raises InvalidConfig for entries that would crash PAI-Rec's engine: none, negative counts, an
        accumulator below an earlier one; and for distinct fields without a source."""
        self.name = name
        self.confs = config.adjust_count_confs
        refuse(list(_problems(self.confs, falling=config.ensure_diversity)))
        self.least = config.diversity_min_count if config.diversity_min_count > 0 else DEFAULT_LEAST
        self.fields = (
            DistinctFields(config.diversity_dao_conf, resources) if config.ensure_diversity else None
        )

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if self.fields is not None and self.fields.names and items:
            self.fields.load(items, context)
            quota = min(self.confs[-1].count, len(items))
            return Diversity(items, self.fields.names, quota, self.least).walk(self.confs)
        waiting = by_recall(items)
        chosen: list[Item] = []
        counter = Counter()
        for conf in self.confs:
            taken = by_score(waiting.get(conf.recall_name, ()))[: counter.room(conf)]
            counter.took(conf, len(taken))
            chosen += taken
        return chosen


def _problems(confs: Sequence[CountConf], *, falling: bool) -> Iterator[Problem]:
    """`falling`: whether accumulators may go down."""
    if not confs:
        yield Problem("AdjustCountConfs", "is missing or empty: name the recalls to keep")
    reached = 0
    for index, conf in enumerate(confs):
        path = f"AdjustCountConfs[{index}].Count"
        if conf.count < 0:
            yield Problem(path, "must not be negative", conf.count)
        if conf.type == ACCUMULATOR:
            if conf.count < reached and not falling:
                yield Problem(path, f"is below {reached}, which earlier accumulators reach", conf.count)
            reached = max(reached, conf.count)
