"""A stage that runs another of its kind, chosen by conditions on the user.

ConditionFilter and ConditionSort share it (the open engine's condition_filter.go and condition_sort.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.stages import RequestContext, Sort

NO_ITEM: Mapping[str, object] = {}


class ChoosingStage:
    """Runs one other stage, found by name when the request comes. Conditions see the user's properties and no
    item, so those on items hold only where a missing property does. One that cannot be told does not choose
    its branch. Without a branch and a default the items stay. `kind` is the word for its kind of stage."""

    kind: ClassVar[str]

    def __init__(
        self,
        name: str,
        branches: Iterable[tuple[Sequence[FilterParam], str]],
        default: str,
        stages: Mapping[str, Sort],
    ) -> None:
        """`branches`: conditions and the name of the stage that they choose, in order; one without conditions
        is never chosen. `stages`: every configured stage of the kind, filled after this one is made."""
        self.name, self.default, self.stages = name, default, stages
        self.branches = [(Conditions(params), target) for params, target in branches if params]

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        """Raises NotFound when the chosen stage is not configured, InvalidInput when stages of this kind
        choose each other in a circle."""
        chosen = self._chosen(context)
        return items if chosen is None else chosen.apply(items, context)

    def _chosen(self, context: RequestContext) -> Sort | None:
        """The stage at the end of the choice, which may lead over others that choose."""
        trail: list[str] = []
        step: Sort = self
        while isinstance(step, ChoosingStage):
            if step.name in trail:
                way = " → ".join([*trail, step.name])
                raise InvalidInput(f"{self.kind}s choose each other in a circle: {way}")
            trail.append(step.name)
            target = step._target(context)
            if not target:
                return None
            if target not in self.stages:
                raise NotFound(self.kind, target, self.stages)
            step = self.stages[target]
        return step

    def _target(self, context: RequestContext) -> str:
        for conditions, name in self.branches:
            if conditions.hold(context.user, NO_ITEM):
                return name
        return self.default
