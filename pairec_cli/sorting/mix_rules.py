"""The rules of MultiRecallMixSort: which items a rule claims and which places it gives them (the open
engine's mix_sort_strategy.go)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import count

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_int
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.records import Record

FIXED, RANDOM = "fix_position", "random_position"
Places = list[Item | None]
"""A page: None where no item stands yet."""


class MixRuleConf(Record):
    """`recall_names` or `conditions` say whose items. fix_position: they go to `positions`, from 1, or the
    first `number` of them to the places that their property `position_field` holds. random_position:
    `number` of them, or `number_rate` of the page, are spread over it."""

    mix_strategy: str = ""
    positions: tuple[int, ...] = ()
    position_field: str = ""
    number: int = 0
    number_rate: float = 0.0
    recall_names: tuple[str, ...] = ()
    conditions: tuple[FilterParam, ...] = ()

    def doubts(self) -> list[tuple[str, str, object]]:
        """Settings without effect."""
        found: list[tuple[str, str, object]] = []
        if self.mix_strategy not in (FIXED, RANDOM):
            message = f"is unknown: the rule is left out; known: {FIXED}, {RANDOM}"
            found.append(("MixStrategy", message, self.mix_strategy))
        if any(place < 1 for place in self.positions):
            found.append(("Positions", "places count from 1: others are left out", list(self.positions)))
        return found


class MixRule:
    """One rule for one request, with the items it has claimed."""

    def __init__(self, conf: MixRuleConf, size: int) -> None:
        self.conf, self.size = conf, size
        self.fixed = conf.mix_strategy == FIXED
        self.conditions = Conditions(conf.conditions) if conf.conditions else None
        self.number = self._number()
        self.items: list[Item] = []

    def _number(self) -> int:
        """How many items the rule claims at most."""
        conf = self.conf
        if self.fixed:
            return len(conf.positions) or max(conf.number, 0)
        return int(self.size * conf.number_rate) if conf.number_rate > 0 else max(conf.number, 0)

    @property
    def is_full(self) -> bool:
        return len(self.items) >= self.number

    def claims(self, item: Item, user: Mapping[str, object], features: Mapping[str, object]) -> bool:
        if item.retrieve_id in self.conf.recall_names:
            return True
        return self.conditions is not None and self.conditions.hold(user, features)

    def place(self, page: Places, chance: random.Random | None) -> None:
        if self.fixed:
            self._place_fixed(page)
        else:
            self._place_spread(page, chance)

    def _place_fixed(self, page: Places) -> None:
        """In turn: places beyond the page are passed over, not the items. With a position field the first
        item takes the first place that any of them names, whichever item names it, as in the engine."""
        waiting = iter(self.items)
        for place in self.conf.positions or self._named_places():
            if 1 <= place <= self.size:
                item = next(waiting, None)
                if item is None:
                    return
                page[place - 1] = item

    def _named_places(self) -> list[int]:
        field = self.conf.position_field
        places = (
            [to_int(item.properties.get(field), -1) for item in self.items[: self.number]] if field else []
        )
        return [place for place in places if place > 0]

    def _place_spread(self, page: Places, chance: random.Random | None) -> None:
        """One item in each stretch of size/number places, at a random place of it, or the next free one."""
        stretch = self.size // self.number if self.number else 0
        draw = (chance or random).randrange
        for start, item in zip(count(0, stretch), self.items, strict=False):
            end = min(start + (draw(stretch) if stretch else 0), self.size - 1)
            turn = (*range(end, self.size), *range(end))
            free = next((place for place in turn if page[place] is None), None)
            if free is None:
                return
            page[free] = item
