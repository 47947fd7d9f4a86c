"""Sorts tried on given candidates.

A case is a JSON object: `sort_confs` (SortConfs entries), `dpp_conf` (DPPConf entries), `sort_names`
(SortNames), `scene`, `category`, `user` (id, features), `items` (id, retrieve_id, score, features,
algo_scores), `size` and `state` (tables and redis, for sorts that read embeddings). Other keys are for the
reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import DEFAULT_CATEGORY, DEFAULT_SIZE, StageTrace
from pairec_cli.domain.sources import Sources
from pairec_cli.domain.stages import Resources
from pairec_cli.engine.cases import (
    CaseItem,
    CaseState,
    CaseUser,
    StepResult,
    asked_by,
    candidates,
    folded,
    joined,
    memory_of,
    parts_of,
    read_case,
)
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.steps import run_stage
from pairec_cli.online.memory import MemorySources, MemoryViews


class SortCase(Record):
    """A case, read."""

    sort_confs: tuple[Any, ...] = ()
    dpp_conf: tuple[Any, ...] = ()
    sort_names: Mapping[str, Any] = {}
    scene: str = "default_scene"
    category: str = DEFAULT_CATEGORY
    user: CaseUser = CaseUser()
    items: tuple[CaseItem, ...] = ()
    size: int = DEFAULT_SIZE
    state: CaseState = CaseState()

    @classmethod
    def read(cls, document: Any) -> SortCase:
        """Raises InvalidConfig with every value of a wrong type."""
        return read_case(cls, document, lambda case: parts_of(case.user, case.items))

    def configuration(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The sorts of the engine configuration `base`, if any, and the case's on top."""
        given = folded(base)
        return {
            "SortConfs": joined(given.get("sortconfs"), self.sort_confs),
            "DPPConf": joined(given.get("dppconf"), self.dpp_conf),
            "SortNames": self.sort_names or given.get("sortnames") or {},
        }

    def run(
        self,
        base: Mapping[str, Any] | None = None,
        *,
        sources: Sources | None = None,
        seed: int | None = None,
    ) -> StepResult:
        """The items in their order, and the funnel. Raises InvalidConfig for a configuration that is refused,
        InvalidInput for a state that cannot be made."""
        config = EngineConfig.read(self.configuration(base))
        database, lists = memory_of(self.state)
        memory = MemorySources(database, lists)
        planner = Planner(config, Resources(MemoryViews(database), config.feature_stores, sources or memory))
        context = asked_by(self.user, self.scene, self.size, Random(seed))
        items = candidates(self.items)
        trace: list[StageTrace] = []
        for entry in config.sorts_of(self.scene, self.category):
            items = run_stage("sort", planner.sorts[entry.name], items, context, trace)
        return StepResult(items, trace, [], [])
