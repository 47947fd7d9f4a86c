"""The coarse rank where a scene has two: one chain for the items of cold-start recalls, one for the others
(GeneralRankConfs, ColdStartGeneralRankConfs; the open engine's service/general_rank)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.requests import StageTrace
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.steps import run_stage

KIND = "general_rank"


class Stage(Protocol):
    """A filter, a sort, a rank or a feature stage."""

    name: str

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]: ...


class SplitRank:
    """Items whose recall is one of `recalls` go through `cold`, the others through `general`; the answer is
    the latter, then the former."""

    name = "GeneralRank"

    def __init__(self, general: Sequence[Stage], cold: Sequence[Stage], recalls: Collection[str]) -> None:
        self.general, self.cold, self.recalls = general, cold, frozenset(recalls)

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        general = [item for item in items if item.retrieve_id not in self.recalls]
        cold = [item for item in items if item.retrieve_id in self.recalls]
        trace: list[StageTrace] = []
        for stage in self.general if general else ():
            general = run_stage(KIND, stage, general, context, trace)
        for stage in self.cold if cold else ():
            cold = run_stage(KIND, stage, cold, context, trace)
        context.notes[:] = [f"{row.name}: {row.note}" for row in trace if row.note]
        return [*general, *cold]
