"""DimensionFieldUniqueFilter: one item per value of a property (PAI-Rec, "Configure filters")."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import label
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources


class DimensionConfig(Record):
    """`dimension` is the property's name."""

    dimension: str = ""


class DimensionFieldUniqueFilter:
    """Keeps the first item of each value of the property `Dimension`. Numbers count as truncated integers and
    equal the same text; items without a value, or with one that is no text or number, are all kept."""

    Config: ClassVar[type[DimensionConfig]] = DimensionConfig
    drops: ClassVar[str] = "an earlier item has the same value of the dimension"

    def __init__(self, name: str, config: DimensionConfig, resources: Resources) -> None:
        self.name = name
        self.dimension = config.dimension

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        dimension = self.dimension
        seen: set[str] = set()
        kept = []
        for item in items:
            value = item.properties.get(dimension)
            if type(value) is not str:
                value = label(value)
            if value in seen:
                continue
            if value:
                seen.add(value)
            kept.append(item)
        return kept
