"""SnakeFilter: recalls take turns, each with its weight (the open engine's snake_filter.go)."""

from __future__ import annotations

from operator import ge
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
        if self.retain <= 0:
            return []
        lists = _lists(items, {recall for recall, _ in self.turns})
        # A recall with two entries gives by the later one: its items are in the later one's list.
        last = {recall: index for index, (recall, _) in enumerate(self.turns)}
        line = _Line(self.skip)
        rows = [
            _Row(recall, *(lists[recall] if last[recall] == index else ([], [])), weight, line)
            for index, (recall, weight) in enumerate(self.turns)
        ]
        before = -1
        while before < len(line.chosen) < self.retain:
            before = len(line.chosen)
            for row in rows:
                row.turn()
        return line.told(self.retain)


def _lists(items: list[Item], recalls: set[str]) -> dict[str, tuple[list[Item], list[float]]]:
    """Each recall's items, best first by that recall's score, and the scores."""
    found: dict[str, tuple[list[Item], list[float]]] = {recall: ([], []) for recall in recalls}
    for item in items:
        given, own = item.recall_scores, item.retrieve_id
        if own in found:
            members, scores = found[own]
            members.append(item)
            scores.append(item.score)
        if given and len(given) > 1:
            for recall in given.keys() & found.keys():
                if recall != own:
                    members, scores = found[recall]
                    members.append(item)
                    scores.append(given[recall])
    return {recall: _best_first(*pair) for recall, pair in found.items()}


def _best_first(members: list[Item], scores: list[float]) -> tuple[list[Item], list[float]]:
    """Equal scores stay in order."""
    if all(map(ge, scores, scores[1:])):
        return members, scores
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    return [members[place] for place in order], [scores[place] for place in order]


class _Line:
    """The items chosen so far, and where each was met: recall, index and score of the first time, and the
    texts of the others."""

    def __init__(self, skip: bool) -> None:
        self.skip = skip
        self.chosen: list[Item] = []
        self.met: dict[str, int] = {}
        """Id → place in `chosen`."""
        self.first: list[tuple[str, int, float]] = []
        self.again: dict[int, str] = {}

    def told(self, most: int) -> list[Item]:
        """The first `most` items, with the property."""
        chosen = self.chosen[:most]
        for item, first in zip(chosen, self.first, strict=False):
            item.properties[PROPERTY] = "%s:%d:%f" % first  # noqa: UP031  # twice as fast as an f-string
        for place, text in self.again.items():
            if place < most:
                chosen[place].properties[PROPERTY] = f"{chosen[place].properties[PROPERTY]}{text}"
        return chosen


class _Row:
    """One entry's list, best first, and how far it has been read."""

    def __init__(self, recall: str, items: list[Item], scores: list[float], weight: int, line: _Line) -> None:
        self.recall, self.items, self.scores, self.weight = recall, items, scores, weight
        self.line = line
        self.index = 0

    def turn(self) -> None:
        """Adds this turn's items to the line."""
        line, recall, items, scores = self.line, self.recall, self.items, self.scores
        chosen, met = line.chosen, line.met
        places, index = self.weight, self.index
        while places > 0 and index < len(items):
            item, score = items[index], scores[index]
            place = met.setdefault(item.id, len(chosen))
            if place == len(chosen):
                if item.retrieve_id != recall:
                    item.score, item.retrieve_id = score, recall
                line.first.append((recall, index, score))
                chosen.append(item)
                places -= 1
            else:
                text = f",{recall}:{index}:{_score_in(recall, item):f}"
                line.again[place] = line.again.get(place, "") + text
                places -= line.skip
            index += 1
        self.index = index


def _score_in(recall: str, item: Item) -> float:
    """As it stands now: the recall that gave the item has changed its score."""
    if item.retrieve_id == recall or item.recall_scores is None:
        return item.score
    return item.recall_scores[recall]
