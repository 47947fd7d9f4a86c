"""The online half: one request through recall, filters, sorts and the cut.

Nothing here, nor below, imports more than the standard library: `pairec recommend` must start at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pairec_cli.domain.errors import Problem
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
from pairec_cli.domain.stages import Aftermath, RequestContext, Resources
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.explaining import explain, hits
from pairec_cli.engine.features import Loaded, request_properties
from pairec_cli.engine.plan import Plan, Planner
from pairec_cli.engine.recalling import Answer, merged, run_recalls
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.engine.steps import finish, run_stage
from pairec_cli.online.featuredb import FeatureDB


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
        resources = Resources(featuredb, config.feature_stores, sources or NoSources(), models=models)
        self._planner = Planner(config, resources)
        self._aftermaths = [one for one in self._planner.filters.values() if isinstance(one, Aftermath)]
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

    def close(self) -> None:
        """After the last request. The FeatureDB stays open: it was given."""
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
            plan = self._plans[scene, category] = self._planner.plan(scene, category)
        return plan

    def recommend(self, request: RecommendRequest, *, remember: bool = True) -> RecommendResponse:
        """The best `size` items with the funnel they came through. Raises NotFound for an unknown scene or
        category; a source that fails only gives nothing, and the notes say so. Filters that log what was
        shown do so, in every scene, unless `remember` is false."""
        plan = self.plan(request.scene_id, request.category)
        context = RequestContext(request, request_properties(request.uid, request.features))
        trace: list[StageTrace] = []
        loaded = self._load_user(plan, context, trace)
        answers = run_recalls(plan.recalls, context)
        trace += [_recall_row(answer) for answer in answers]
        wanted = request.debug or request.explain
        given = hits(answers) if wanted else {}
        items = merged(answers)
        notes = _user_notes(request.uid, loaded, answers) + _recall_notes(answers)
        for step in plan.steps:
            items = run_stage(step.kind, step.stage, items, context, trace)
        start = time.perf_counter()
        chosen = items[: request.size]
        trace.append(StageTrace("cut", "size", len(items), len(chosen), _ms(start)))
        if wanted:
            notes += explain(chosen, given, request.uid, plan.explains, self.featuredb, context.scores)
        if len(chosen) < request.size:
            notes.append(_short_note(request.size, len(chosen), trace, plan))
        if remember:
            notes += finish(self._aftermaths, chosen, context)
        code = OK if len(chosen) == request.size else NOT_ENOUGH
        results = [
            ItemResult(item.id, item.score, item.retrieve_id, item.item_type, explanation=item.explanation)
            for item in chosen
        ]
        return RecommendResponse(
            code, MESSAGES[code], request.request_id, len(results), results, trace, notes
        )

    def _load_user(self, plan: Plan, context: RequestContext, trace: list[StageTrace]) -> list[Loaded]:
        loaded = []
        for view in plan.user_views:
            start = time.perf_counter()
            found = view.load(context.user, self.featuredb)
            trace.append(StageTrace("user", view.view, 0, found.columns, _ms(start), found.reason))
            loaded.append(found)
        return loaded


def _recall_row(answer: Answer) -> StageTrace:
    return StageTrace(
        "recall", answer.recall.name, 0, len(answer.recalled.items), answer.ms, answer.recalled.reason
    )


def _user_notes(uid: str, loaded: Sequence[Loaded], answers: Sequence[Answer]) -> list[str]:
    """Which user features are missing, and who answers a user that no view knows."""
    notes = [
        f"user features are missing: {found.reason}" for found in loaded if found.reason and not found.unknown
    ]
    if loaded and all(found.unknown for found in loaded):
        given = [answer.recall for answer in answers if answer.recalled.items]
        who = " and ".join(f"{recall.title} ({recall.name})" for recall in given)
        verb = "answers" if len(given) == 1 else "answer"
        notes.append(f"user {uid} is unknown: " + (f"{who} {verb}" if given else "no recall answers"))
    return notes


def _recall_notes(answers: Sequence[Answer]) -> list[str]:
    return [
        f"recall {answer.recall.name} gave nothing: {answer.recalled.reason or 'no candidates'}"
        for answer in answers
        if not answer.recalled.items
    ]


def _short_note(size: int, count: int, trace: Sequence[StageTrace], plan: Plan) -> str:
    """Where the candidates went when there are fewer than asked for."""
    if not plan.recalls:
        return f"{count} of {size} items: the scene has no recall"
    recalled = sum(row.left for row in trace if row.stage == "recall")
    losses = [
        f"{row.stage} {row.name} dropped {row.entered - row.left}"
        for row in trace
        if row.stage != "cut" and row.left < row.entered
    ]
    lost = f", {', '.join(losses)}" if losses else ""
    return f"{count} of {size} items: the recalls gave {recalled}{lost}"


def _ms(start: float) -> float:
    return (time.perf_counter() - start) * 1000
