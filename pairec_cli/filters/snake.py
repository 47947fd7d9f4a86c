"""SnakeFilter: recalls take turns, each with its weight (the open engine's snake_filter.go)."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import AdjustCountConf

Scored = tuple[float, Item]
Place = tuple[str, int, float]
"""(recall, index in its list, score there)."""

SKIP = "SKIP_ON_DUPLICATE"
PROPERTY = "snake_filter"
_score_of: Callable[[Scored], float] = itemgetter(0)


class SnakeConfig(Record):
    """`adjust_count_confs` give RecallName and Weight; `retain_num` 0 drops everything. `snake_type` is
    REFILL_ON_DUPLICATE unless it is SKIP_ON_DUPLICATE."""

    adjust_count_confs: tuple[AdjustCountConf, ...] = ()
    retain_num: int = 0
    snake_type: str = ""


class SnakeFilter:
    """In each turn every recall gives its next Weight items, best first, until RetainNum items are there or a
    whole turn gives none. An item of several recalls (UniqueFilter notes them) stands in each one's list; met
    again it is skipped, and under SKIP_ON_DUPLICATE uses up a place. The recall that gives it names and
    scores it. The property `snake_filter` tells where it was met: `recall:index:score,…`."""

    Config: ClassVar[type[SnakeConfig]] = SnakeConfig
    drops: ClassVar[str] = "RetainNum is full, the item is in already, or its recall is not listed"

    def __init__(self, name: str, config: SnakeConfig, resources: Resources) -> None:
        self.name = name
        self.turns = [(conf.recall_name, conf.weight) for conf in config.adjust_count_confs]
        self.retain = config.retain_num
        self.skip = config.snake_type == SKIP

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        met: dict[str, list[Place]] = {}
        lists = _lists(items, {recall for recall, _ in self.turns})
        # A recall with two entries gives by the later one: its items are in the later one's list.
        last = {recall: index for index, (recall, _) in enumerate(self.turns)}
        rows = [
            _Row(recall, lists[recall] if last[recall] == index else [], weight, met, self.skip)
            for index, (recall, weight) in enumerate(self.turns)
        ]
        chosen: list[Item] = []
        before = -1
        while before < len(chosen) < self.retain:
            before = len(chosen)
            for row in rows:
                row.turn(chosen)
        chosen = chosen[: self.retain] if self.retain > 0 else []
        for item in chosen:
            trail = [f"{recall}:{index}:{score:f}" for recall, index, score in met[item.id]]
            item.properties[PROPERTY] = ",".join(trail)
        return chosen


def _lists(items: list[Item], recalls: set[str]) -> dict[str, list[Scored]]:
    """Each recall's items with that recall's scores, best first."""
    found: dict[str, list[Scored]] = {recall: [] for recall in recalls}
    for item in items:
        own, given = item.retrieve_id, item.recall_scores
        if given and len(given) > 1:
            for recall in recalls & (given.keys() | {own}):
                found[recall].append((item.score if own == recall else given[recall], item))
        elif own in recalls:
            found[own].append((item.score, item))
    for waiting in found.values():
        waiting.sort(key=_score_of, reverse=True)
    return found


class _Row:
    """One entry's list and how far it has been read. `met` is shared by all: item id → where it was met."""

    def __init__(
        self, recall: str, items: list[Scored], weight: int, met: dict[str, list[Place]], skip: bool
    ) -> None:
        self.recall, self.items, self.weight, self.skip = recall, items, weight, skip
        self.met = met
        self.index = 0

    def turn(self, chosen: list[Item]) -> None:
        """Adds this turn's items."""
        recall, items, met = self.recall, self.items, self.met
        places, index = self.weight, self.index
        while places > 0 and index < len(items):
            score, item = items[index]
            if item.id not in met:
                item.score, item.retrieve_id = score, recall
                met[item.id] = [(recall, index, score)]
                chosen.append(item)
                places -= 1
            else:
                if item.retrieve_id != recall and item.recall_scores:  # another recall has given it
                    score = item.recall_scores[recall]
                met[item.id].append((recall, index, score))
                places -= self.skip
            index += 1
        self.index = index
