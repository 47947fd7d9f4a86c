"""ConditionFilter: the filter of the first branch whose conditions the user meets (the open engine's
condition_filter.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Filter, RequestContext, Resources

NO_ITEM: Mapping[str, object] = {}


class Branch(Record):
    """Conditions and the filter that they choose. A branch without conditions is never chosen."""

    conditions: tuple[FilterParam, ...] = ()
    filter_name: str = ""


class Branches(Record):
    """The branches in order, and the filter for users who meet none of them."""

    filter_confs: tuple[Branch, ...] = ()
    default_filter_name: str = ""


class ConditionConfig(Record):
    condition_filter_confs: Branches = Branches()


class ConditionFilter:
    """Runs one other filter, found by name when the request comes. Conditions see the user's properties and
    no item, so those on items hold only where a missing property does. One that cannot be told does not
    choose its branch. Without a branch and a default the items stay."""

    Config: ClassVar[type[ConditionConfig]] = ConditionConfig
    drops: ClassVar[str] = "the filter that was chosen dropped it"

    def __init__(self, name: str, config: ConditionConfig, resources: Resources) -> None:
        self.name = name
        confs = config.condition_filter_confs
        self.branches = [
            (Conditions(branch.conditions), branch.filter_name)
            for branch in confs.filter_confs
            if branch.conditions
        ]
        self.default = confs.default_filter_name
        self.filters = resources.filters

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        """Raises NotFound when the chosen filter is not configured, InvalidInput when filters of this kind
        choose each other in a circle."""
        chosen = self._chosen(context)
        return items if chosen is None else chosen.apply(items, context)

    def _chosen(self, context: RequestContext) -> Filter | None:
        """The filter at the end of the choice, which may lead over others of this kind."""
        trail: list[str] = []
        step: Filter = self
        while isinstance(step, ConditionFilter):
            if step.name in trail:
                raise InvalidInput(
                    f"filters choose each other in a circle: {' → '.join([*trail, step.name])}"
                )
            trail.append(step.name)
            target = step._target(context)
            if not target:
                return None
            if target not in self.filters:
                raise NotFound("filter", target, self.filters)
            step = self.filters[target]
        return step

    def _target(self, context: RequestContext) -> str:
        for conditions, name in self.branches:
            if conditions.hold(context.user, NO_ITEM):
                return name
        return self.default
