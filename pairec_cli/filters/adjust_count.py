"""AdjustCountFilter: the first, or some random, items (PAI-Rec, "Configure filters")."""

from __future__ import annotations

import random
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.adjust_counts import refuse


class AdjustCountConfig(Record):
    """`retain_num` 0 drops everything, as in PAI-Rec."""

    retain_num: int = 0
    shuffle_item: bool = False


class AdjustCountFilter:
    """Keeps `RetainNum` items: the first, or with `ShuffleItem` a random choice in random order. A list that
    is not longer stays as it is, unshuffled."""

    Config: ClassVar[type[AdjustCountConfig]] = AdjustCountConfig
    drops: ClassVar[str] = "RetainNum is full"

    def __init__(self, name: str, config: AdjustCountConfig, resources: Resources) -> None:
        """Raises InvalidConfig for a negative RetainNum."""
        self.name = name
        self.retain, self.shuffle = config.retain_num, config.shuffle_item
        if self.retain < 0:
            refuse([Problem("RetainNum", "must not be negative", self.retain)])

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if len(items) <= self.retain:
            return items
        if self.shuffle:
            return (context.random or random).sample(items, self.retain)
        return items[: self.retain]
