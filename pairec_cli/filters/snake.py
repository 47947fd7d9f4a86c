"""SnakeFilter: recalls take turns, each with its weight (the open engine's snake_filter.go)."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import AdjustCountConf

SKIP = "SKIP_ON_DUPLICATE"
PROPERTY = "snake_filter"


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
        met: dict[str, str] = {}
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
            item.properties[PROPERTY] = met[item.id]
        return chosen


def _lists(items: list[Item], recalls: set[str]) -> dict[str, list[Item]]:
    """Each recall's items, best first by that recall's score."""
    found: dict[str, list[Item]] = {recall: [] for recall in recalls}
    shared = False
    for item in items:
        given = item.recall_scores
        if given and len(given) > 1:
            shared = True
            for recall in recalls & (given.keys() | {item.retrieve_id}):
                found[recall].append(item)
        elif item.retrieve_id in recalls:
            found[item.retrieve_id].append(item)
    for recall, waiting in found.items():
        waiting.sort(key=_score_in(recall) if shared else attrgetter("score"), reverse=True)
    return found


def _score_in(recall: str) -> Callable[[Item], float]:
    def score(item: Item) -> float:
        if item.retrieve_id == recall or item.recall_scores is None:
            return item.score
        return item.recall_scores[recall]

    return score


class _Row:
    """One entry's list and how far it has been read. `met` is shared by all: item id → where it was met."""

    def __init__(self, recall: str, items: list[Item], weight: int, met: dict[str, str], skip: bool) -> None:
        self.recall, self.items, self.weight, self.skip = recall, items, weight, skip
        self.met = met
        self.index = 0

    def turn(self, chosen: list[Item]) -> None:
        """Adds this turn's items."""
        recall, met = self.recall, self.met
        places, index = self.weight, self.index
        while places > 0 and index < len(self.items):
            item = self.items[index]
            trail = met.get(item.id)
            if trail is None:
                if item.retrieve_id != recall:
                    item.score = _score_in(recall)(item)
                    item.retrieve_id = recall
                met[item.id] = f"{recall}:{index}:{item.score:f}"
                chosen.append(item)
                places -= 1
            else:
                met[item.id] = f"{trail},{recall}:{index}:{_score_in(recall)(item):f}"
                places -= self.skip
            index += 1
        self.index = index
