"""One filter chain tried on given candidates, with the data sources' content given too.

A case is a JSON object: `filter_conf` and `extra_filter_confs` (FilterConfs entries), `filter_names`
(FilterNames), `scene`, `user` (id, features), `items` (id, retrieve_id, score, features, algo_scores),
`size`, `state` (tables with ddl and rows, redis lists, redis_string), `experiment_params`, and `steps`:
requests that follow one another, each with what it changes, `sql_before` among it. `{"$now": -10}` is the
Unix second ten seconds ago. Other keys are for the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import DEFAULT_SIZE, StageTrace
from pairec_cli.domain.sources import Sources
from pairec_cli.domain.stages import Filter, Resources
from pairec_cli.engine.cases import (
    CaseItem,
    CaseState,
    CaseUser,
    Dropped,
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
from pairec_cli.engine.experiments import chosen_filters
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.steps import finish, run_stage, with_aftermath
from pairec_cli.online.memory import MemorySources, MemoryViews


class CaseStep(Record):
    """A request. What is None is as in the case."""

    scene: str | None = None
    user: CaseUser | None = None
    items: tuple[CaseItem, ...] | None = None
    size: int | None = None
    sql_before: tuple[str, ...] = ()


class FilterCase(Record):
    """A case, read."""

    filter_conf: Any = None
    extra_filter_confs: tuple[Any, ...] = ()
    filter_names: Mapping[str, Any] = {}
    scene: str = "default_scene"
    user: CaseUser = CaseUser()
    items: tuple[CaseItem, ...] = ()
    size: int = DEFAULT_SIZE
    state: CaseState = CaseState()
    steps: tuple[CaseStep, ...] = ()
    experiment_params: Mapping[str, Any] = {}

    @classmethod
    def read(cls, document: Any, *, now: float | None = None) -> FilterCase:
        """Raises InvalidConfig with every value of a wrong type."""
        return read_case(cls, document, _with_features, now)

    def configuration(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The filters of the engine configuration `base`, if any, and the case's on top."""
        given = folded(base)
        own = [conf for conf in (self.filter_conf, *self.extra_filter_confs) if conf is not None]
        names = self.filter_names or given.get("filternames") or {}
        steps = (step.scene for step in self.steps if step.scene is not None)
        return {
            "SceneConfs": {scene: {} for scene in (self.scene, *steps, *names)},
            "FilterConfs": joined(given.get("filterconfs"), own),
            "FilterNames": names,
        }


def _with_features(case: FilterCase) -> Iterator[tuple[str, Any]]:
    """Every user and item of the case, with its path."""
    yield from parts_of(case.user, case.items)
    for index, step in enumerate(case.steps):
        yield from parts_of(step.user, step.items, f"steps[{index}].")


class CaseRun:
    """A case with its filters built and its state in memory.

    Raises InvalidConfig for a configuration that is refused, InvalidInput for a state that cannot be made.
    """

    def __init__(
        self,
        case: FilterCase,
        base: Mapping[str, Any] | None = None,
        *,
        sources: Sources | None = None,
        seed: int | None = None,
    ) -> None:
        self.case = case
        self.config = EngineConfig.read(case.configuration(base))
        self.database, self.lists = memory_of(case.state)
        memory = MemorySources(self.database, self.lists)
        resources = Resources(MemoryViews(self.database), self.config.feature_stores, sources or memory)
        self.resources = resources
        self.planner = Planner(self.config, resources)
        self.random = Random(seed)

    def results(self) -> Iterator[StepResult]:
        """One result per step; the case itself is the only one when it has none."""
        for step in self.case.steps or (CaseStep(),):
            yield self._run(step)

    def _run(self, step: CaseStep) -> StepResult:
        for sql in step.sql_before:
            self.database.execute(sql)
        case = self.case
        user = step.user or case.user
        scene = step.scene if step.scene is not None else case.scene
        size = step.size if step.size is not None else case.size
        context = asked_by(user, scene, size, self.random)
        items = candidates(case.items if step.items is None else step.items)
        trace: list[StageTrace] = []
        dropped: list[Dropped] = []
        for stage in self._filters(scene):
            before = items
            items = run_stage("filter", stage, items, context, trace)
            dropped.append(Dropped(stage.name, _missing(before, items), stage.drops))
        failures = finish(
            with_aftermath(self.planner.filters.values()), items[: context.request.size], context
        )
        return StepResult(items, trace, dropped, failures)

    def _filters(self, scene: str) -> list[Filter]:
        params = self.case.experiment_params
        return chosen_filters(self.config, self.planner.filters, scene, params, self.resources)


def _missing(before: Sequence[Item], after: Sequence[Item]) -> tuple[str, ...]:
    kept = {id(item) for item in after}
    return tuple(item.id for item in before if id(item) not in kept)
