"""The online half: answers to requests, by one configuration.

Nothing here, nor below, imports more than the standard library: `pairec recommend` must start at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import PairecError, Problem
from pairec_cli.domain.requests import (
    MESSAGES,
    NOT_ENOUGH,
    OK,
    ItemResult,
    RecommendRequest,
    RecommendResponse,
    StageTrace,
)
from pairec_cli.domain.sources import NoSources, Sources
from pairec_cli.domain.stages import Loading, RequestContext, Resources
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.features import request_properties
from pairec_cli.engine.pipeline import Served, candidates, new_context, serve
from pairec_cli.engine.plan import Plan, Planner
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.engine.steps import finish, with_aftermath
from pairec_cli.online.featuredb import FeatureDB

VECTORS = "vectors"
"""The folder of the vector indexes, beside the FeatureDB."""


class Engine:
    """Serves requests by one configuration from one FeatureDB and the data sources that it names. Safe to
    share between threads. Closing it writes the exposures that wait, and ends the connections."""

    def __init__(
        self, config: EngineConfig, featuredb: FeatureDB, sources: Sources | None = None, models: str = ""
    ) -> None:
        """`sources` are what filters read and write; without them a filter that names one is refused.
        `models` is the folder of the ranking models."""
        self.config = config
        self.featuredb = featuredb
        self.warnings: tuple[Problem, ...] = config.warnings
        resources = Resources(
            featuredb,
            config.feature_stores,
            sources or NoSources(),
            vectors=str(featuredb.path.with_name(VECTORS)),
            models=models,
        )
        self._planner = Planner(config, resources)
        self._aftermaths = with_aftermath(self._planner.filters.values())
        self._plans: dict[tuple[str, str], Plan] = {}
        self._sources: ConfiguredSources | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any], featuredb: FeatureDB, *, models: str = "") -> Engine:
        """The engine of `config` (engine.json as a dict), with its data sources. Raises InvalidConfig; what
        only has no effect is in `warnings`. A source that does not answer is no reason to refuse."""
        read = EngineConfig.read(config)
        sources = ConfiguredSources(read.connections, featuredb)
        try:
            made = cls(read, featuredb, sources, models)
        except BaseException:
            sources.close()
            raise
        made._sources = sources
        return made

    @property
    def waits(self) -> bool:
        """Whether a request may take long, or wait for what is outside of this process: a data source, a
        model, a time limit, a stage of somebody else's."""
        planner, config = self._planner, self.config
        stages = [*config.recalls.values(), *config.filters.values(), *config.sorts.values()]
        return bool(
            (self._sources is not None and self._sources.remote)
            or planner.algorithms
            or planner.fallbacks
            or any(recall.remote or getattr(recall, "waits", False) for recall in planner.recalls.values())
            or any(":" in entry.type for entry in stages)
        )

    def close(self) -> None:
        """After the last request. The FeatureDB stays open: it was given."""
        for fallback in self._planner.fallbacks.values():
            fallback.close()
        if self._sources is not None:
            self._sources.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, scene: str, category: str) -> Plan:
        """The stages of a scene and category. Raises NotFound."""
        plan = self._plans.get((scene, category))
        if plan is None:
            plan = self._planner.plan(scene, category)
            if plan.fallback is not None and plan.fallback.seconds > 0:
                _load(plan)
            self._plans[scene, category] = plan
        return plan

    def recommend(self, request: RecommendRequest, *, remember: bool = True) -> RecommendResponse:
        """The best `size` items with the funnel they came through. Raises NotFound for an unknown scene or
        category; a source that fails only gives nothing, and the notes say so. Filters that log what was
        shown do so, in every scene, unless `remember` is false."""
        plan = self.plan(request.scene_id, request.category)
        with self.featuredb.snapshot():
            served = self._served(plan, request)
        chosen, notes = served.chosen, served.notes
        if remember:
            notes = notes + finish(self._aftermaths, chosen, served.context)
        code = OK if len(chosen) == request.size else NOT_ENOUGH
        results = [_result(item, plan.output_fields) for item in chosen]
        return RecommendResponse(
            code, MESSAGES[code], request.request_id, len(results), results, served.trace, notes
        )

    def candidates(self, request: RecommendRequest) -> tuple[list[Item], list[str]]:
        """What the scene's recalls give and its filters leave, and a sentence for each recall that gave
        nothing. The first `size` count as shown when there are so many, as in PAI-Rec. Raises NotFound for an
        unknown scene or category."""
        plan = self.plan(request.scene_id, request.category)
        with self.featuredb.snapshot():
            items, notes, context = candidates(plan, request)
        if len(items) >= request.size:
            notes = notes + finish(self._aftermaths, items[: request.size], context)
        return items, notes

    def user_properties(self, scene: str, uid: str, features: Mapping[str, object]) -> dict[str, object]:
        """The user as the stages of a scene see it: the request's features and what the user views hold."""
        context = RequestContext(RecommendRequest(uid, scene), request_properties(uid, features))
        for view in self._planner.user_views.get(scene, ()):
            view.load(context.user, self.featuredb)
            view.transform(context)
        return context.user

    def _served(self, plan: Plan, request: RecommendRequest) -> Served:
        """The pipeline's answer, or that of the scene's fallback when it is late; a short one is completed
        where the fallback says so."""
        fallback = plan.fallback
        if fallback is None:
            return serve(plan, request, self.featuredb)
        start = time.perf_counter()
        served = fallback.in_time(lambda: serve(plan, request, self.featuredb))
        if served is None:
            items, reason = fallback.items(request.item_list)
            chosen, ms = items[: request.size], (time.perf_counter() - start) * 1000
            notes = [f"no answer within {fallback.seconds * 1000:.0f} ms: the fallback list answers"]
            row = StageTrace("fallback", fallback.view, 0, len(chosen), ms, reason)
            return Served(chosen, new_context(request), [row], notes)
        if fallback.completes and len(served.chosen) < request.size:
            entered = len(served.chosen)
            added = fallback.complete(served.chosen, request.size, request.item_list)
            ms = (time.perf_counter() - start) * 1000
            served.trace.append(StageTrace("fallback", fallback.view, entered, entered + added, ms))
        return served


def _load(plan: Plan) -> None:
    """Loads models and indexes before the first request is timed: a new process would be late each time. One
    that cannot be loaded is left to the request, which tells why."""
    for stage in (*plan.recalls, *(step.stage for step in plan.steps)):
        if isinstance(stage, Loading):
            with suppress(PairecError):
                stage.load()


def _result(item: Item, output_fields: Sequence[str]) -> ItemResult:
    extra = {}
    for field in output_fields:
        kind, _, name = field.partition(":")
        if kind == "item" and name in item.properties:
            extra[name] = item.properties[name]
        elif field == "score:*":
            extra["algo_scores"] = dict(item.algo_scores)
        elif kind == "score" and name in item.algo_scores:
            extra[name] = item.algo_scores[name]
    return ItemResult(item.id, item.score, item.retrieve_id, item.item_type, extra, item.explanation)
