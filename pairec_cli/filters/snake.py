"""SnakeFilter: recalls take turns, each with its weight (the open engine's snake_filter.go)."""

from __future__ import annotations

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
        met: dict[str, list[str]] = {}
        lists = _lists(items, [recall for recall, _ in self.turns])
        # A recall with two entries gives by the later one: its items are in the later one's list.
        last = {recall: index for index, (recall, _) in enumerate(self.turns)}
        rows = [
            _Row(recall, lists[recall] if last[recall] == index else [], weight, met, self.skip)
            for index, (recall, weight) in enumerate(self.turns)
        ]
        chosen: list[Item] = []
        while len(chosen) < self.retain:
            given = [item for row in rows for item in row.turn()]
            if not given:
                break
            chosen += given
        chosen = chosen[: self.retain] if self.retain > 0 else []
        for item in chosen:
            item.properties[PROPERTY] = ",".join(met[item.id])
        return chosen


def _lists(items: list[Item], recalls: list[str]) -> dict[str, list[Item]]:
    """Each recall's items, best first by that recall's score."""
    found: dict[str, list[Item]] = {recall: [] for recall in recalls}
    scores: dict[str, dict[str, float]] = {recall: {} for recall in recalls}
    for item in items:
        own = {item.retrieve_id: item.score}
        given = item.recall_scores or {}
        for recall, score in {**given, **own}.items() if len(given) > 1 else own.items():
            if recall in found:
                found[recall].append(item)
                scores[recall][item.id] = score
    for recall, waiting in found.items():
        score_of = scores[recall]
        waiting.sort(key=lambda item: score_of[item.id], reverse=True)
    return found


class _Row:
    """One entry's list and how far it has been read. `met` is shared by all: item id → where it was met."""

    def __init__(
        self, recall: str, items: list[Item], weight: int, met: dict[str, list[str]], skip: bool
    ) -> None:
        self.recall, self.items, self.weight, self.skip = recall, items, weight, skip
        self.met = met
        self.index = 0

    def turn(self) -> list[Item]:
        given: list[Item] = []
        places = self.weight
        while places > 0 and self.index < len(self.items):
            item = self.items[self.index]
            if item.id not in self.met:
                self._name(item)
                given.append(item)
                places -= 1
            elif self.skip:
                places -= 1
            self._note(item)
            self.index += 1
        return given

    def _name(self, item: Item) -> None:
        """Takes the item for this recall."""
        self.met[item.id] = []
        if item.retrieve_id != self.recall:
            item.score = (item.recall_scores or {}).get(self.recall, item.score)
            item.retrieve_id = self.recall

    def _note(self, item: Item) -> None:
        given = item.recall_scores or {}
        score = item.score if item.retrieve_id == self.recall else given.get(self.recall)
        if score is not None:
            self.met[item.id].append(f"{self.recall}:{self.index}:{score:f}")
