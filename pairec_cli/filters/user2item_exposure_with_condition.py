"""User2ItemExposureWithConditionFilter: exposure filtering that a user's properties can switch off (the open
engine's user_item_exposure_with_condition_filter.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.filters.user2item_exposure import ExposureConfig, User2ItemExposureFilter

NO_ITEM: Mapping[str, object] = {}


class ConditionalExposureConfig(ExposureConfig):
    """`conditions` are on the user; they see no item."""

    conditions: tuple[FilterParam, ...] = ()


class User2ItemExposureWithConditionFilter(User2ItemExposureFilter):
    """Where the conditions hold, nothing is dropped and the history is cleared, in the scene
    ClearLogIfNotEnoughScene alone. Without conditions, and where they do not hold or cannot be told, it is
    User2ItemExposureFilter."""

    Config: ClassVar[type[ConditionalExposureConfig]] = ConditionalExposureConfig

    def __init__(self, name: str, config: ConditionalExposureConfig, resources: Resources) -> None:
        super().__init__(name, config, resources)
        self.conditions = Conditions(config.conditions) if config.conditions else None

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        if self.conditions and self.conditions.hold(context.user, NO_ITEM):
            context.ran.add(self.name)
            self._clear(context)
            return items
        return super().apply(items, context)
