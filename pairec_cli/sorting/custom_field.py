"""CustomFieldSort: by an algorithm score or property (the open engine's custom_field_sort.go)."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.sorting.field_order import CURRENT_SCORE, by_field


class CustomFieldConfig(Record):
    """`sort_order` is desc unless it is asc, in any case."""

    sort_by_field: str = CURRENT_SCORE
    sort_order: str = ""


class CustomFieldSort:
    """By `SortByField`, in either order; without one by score."""

    Config: ClassVar[type[CustomFieldConfig]] = CustomFieldConfig

    def __init__(self, name: str, config: CustomFieldConfig, resources: Resources) -> None:
        self.name = name
        self.field = config.sort_by_field or CURRENT_SCORE
        self.descending = config.sort_order.lower() != "asc"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        return by_field(items, self.field, descending=self.descending)
