"""PriorityAdjustCountFilterV2: so many items of each recall, where an item that several recalls gave counts
for whichever asks first (the open engine's priority_adjust_count_filter_v2.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import CountConf, Counter, by_recall, by_score


class PooledPriorityConfig(Record):
    """`adjust_count_confs` in order of priority; none keep nothing."""

    adjust_count_confs: tuple[CountConf, ...] = ()


class PooledPriorityAdjustCountFilter:
    """PriorityAdjustCountFilter with a pool of the items that have two or more recall_scores (UniqueFilter
    writes them, so it must run before). An entry chooses among its recall's own items and the pool's items
    that its recall gave, those with that recall's name and score; a pool item that is taken leaves the pool,
    one that never is is dropped. Counts that go down take nothing."""

    Config: ClassVar[type[PooledPriorityConfig]] = PooledPriorityConfig
    drops: ClassVar[str] = "the Count of its recalls is full, or none of them is listed"

    def __init__(self, name: str, config: PooledPriorityConfig, resources: Resources) -> None:
        self.name = name
        self.confs = config.adjust_count_confs

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        pool = {id(item): item for item in items if item.recall_scores and len(item.recall_scores) > 1}
        own = by_recall([item for item in items if id(item) not in pool] if pool else items)
        chosen: list[Item] = []
        counter = Counter()
        for conf in self.confs:
            lent = [item for item in pool.values() if conf.recall_name in (item.recall_scores or ())]
            for item in lent:
                _count_for(item, conf.recall_name)
            taken = by_score([*own.get(conf.recall_name, ()), *lent])[: counter.room(conf)]
            for item in taken if lent else ():
                pool.pop(id(item), None)
            counter.took(conf, len(taken))
            chosen += taken
        return chosen


def _count_for(item: Item, recall: str) -> None:
    assert item.recall_scores is not None
    item.retrieve_id, item.score = recall, item.recall_scores[recall]
