"""ConditionSort: the sort of the first branch whose conditions the user meets (the open engine's
condition_sort.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import RequestContext, Resources, Sort

NO_ITEM: Mapping[str, object] = {}


class Branch(Record):
    """Conditions and the sort that they choose. A branch without conditions is never chosen."""

    conditions: tuple[FilterParam, ...] = ()
    sort_name: str = ""


class Branches(Record):
    """The branches in order, and the sort for users who meet none of them."""

    sort_confs: tuple[Branch, ...] = ()
    default_sort_name: str = ""


class ConditionSortConfig(Record):
    condition_sort_confs: Branches = Branches()


class ConditionSort:
    """Runs one other sort, found by name when the request comes. Conditions see the user's properties and no
    item. Without a branch and a default the items stay."""

    Config: ClassVar[type[ConditionSortConfig]] = ConditionSortConfig

    def __init__(self, name: str, config: ConditionSortConfig, resources: Resources) -> None:
        self.name = name
        confs = config.condition_sort_confs
        self.branches = [
            (Conditions(branch.conditions), branch.sort_name)
            for branch in confs.sort_confs
            if branch.conditions
        ]
        self.default = confs.default_sort_name
        self.sorts = resources.sorts

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        """Raises NotFound when the chosen sort is not configured, InvalidInput when sorts of this kind choose
        each other in a circle."""
        chosen = self._chosen(context)
        return items if chosen is None else chosen.apply(items, context)

    def _chosen(self, context: RequestContext) -> Sort | None:
        """The sort at the end of the choice, which may lead over others of this kind."""
        trail: list[str] = []
        step: Sort = self
        while isinstance(step, ConditionSort):
            if step.name in trail:
                raise InvalidInput(f"sorts choose each other in a circle: {' → '.join([*trail, step.name])}")
            trail.append(step.name)
            target = step._target(context)
            if not target:
                return None
            if target not in self.sorts:
                raise NotFound("sort", target, self.sorts)
            step = self.sorts[target]
        return step

    def _target(self, context: RequestContext) -> str:
        for conditions, name in self.branches:
            if conditions.hold(context.user, NO_ITEM):
                return name
        return self.default
