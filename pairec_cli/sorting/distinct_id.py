"""DistinctIdSort: a group number for each item, as its property `__distinct_id__` (the open engine's
distinct_id_sort.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources

PROPERTY = "__distinct_id__"


class DistinctIdCondition(Record):
    """`distinct_id_name` is for people: the engine does not read it either."""

    distinct_id: int = 0
    distinct_id_name: str = ""
    conditions: tuple[FilterParam, ...] = ()


class DistinctIdConfig(Record):
    distinct_id_conditions: tuple[DistinctIdCondition, ...] = ()


class DistinctIdSort:
    """The DistinctId of the first entry whose conditions the item meets, else the item's place, from 1."""

    Config: ClassVar[type[DistinctIdConfig]] = DistinctIdConfig

    def __init__(self, name: str, config: DistinctIdConfig, resources: Resources) -> None:
        self.name = name
        self.groups = [
            (Conditions(entry.conditions), entry.distinct_id) for entry in config.distinct_id_conditions
        ]

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        for place, item in enumerate(items, 1):
            item.properties[PROPERTY] = place
            for conditions, distinct_id in self.groups:
                if conditions.hold(context.user, item.properties):
                    item.properties[PROPERTY] = distinct_id
                    break
        return items
