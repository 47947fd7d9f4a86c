"""CompletelyFairFilter: recalls take turns (PAI-Rec, "Configure filters"; turns as the engine has them)."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import by_recall, by_score


class CompletelyFairConfig(Record):
    """`retain_num` 0 drops everything, as in PAI-Rec."""

    retain_num: int = 0


class CompletelyFairFilter:
    """The n-th item comes from the recall in slot n mod the number of recalls left; recalls stand in order
    of their best item. When a recall runs out, the last one moves into its slot, so the turn is not a pure
    round robin. Shorter lists are put in this order too."""

    Config: ClassVar[type[CompletelyFairConfig]] = CompletelyFairConfig
    drops: ClassVar[str] = "RetainNum is full"

    def __init__(self, name: str, config: CompletelyFairConfig, resources: Resources) -> None:
        self.name = name
        self.retain = config.retain_num

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        slots = _slots(items)
        wanted = min(self.retain, len(items))
        chosen: list[Item] = []
        while len(chosen) < wanted:
            slot = len(chosen) % len(slots)
            if slot == 0:
                chosen += _whole_rounds(slots, wanted - len(chosen))
                if len(chosen) == wanted:
                    break
            waiting = slots[slot]
            chosen.append(waiting.pop())
            if not waiting:
                slots[slot] = slots[-1]
                slots.pop()
        return chosen


def _slots(items: list[Item]) -> list[list[Item]]:
    """The items of each recall, its best at the end; the recall of the best item first."""
    found = [by_score(own) for own in by_recall(items).values()]
    if len({own[0].score for own in found}) < len(found):  # of equal bests the earlier one comes first
        place = {id(item): place for place, item in enumerate(items)}
        found.sort(key=lambda own: place[id(own[0])])
    found.sort(key=lambda own: own[0].score, reverse=True)
    return [own[::-1] for own in found]


def _whole_rounds(slots: list[list[Item]], wanted: int) -> list[Item]:
    """At most `wanted` items from as many rounds as there are before a recall gives its last one."""
    rounds = min(wanted // len(slots), min(map(len, slots)) - 1)
    if rounds < 1:
        return []
    turns = [waiting[: -rounds - 1 : -1] for waiting in slots]
    for waiting in slots:
        del waiting[-rounds:]
    return list(chain.from_iterable(zip(*turns, strict=True)))
