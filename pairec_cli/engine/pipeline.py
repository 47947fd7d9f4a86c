"""The stages of one request in order, from the user's features to the cut; nothing is written here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import groupby

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest, StageTrace
from pairec_cli.domain.stages import FeatureReader, RequestContext
from pairec_cli.engine.debugging import DebugTrace
from pairec_cli.engine.explaining import explain, hits
from pairec_cli.engine.features import Loaded, request_properties
from pairec_cli.engine.plan import Plan
from pairec_cli.engine.recalling import Answer, merged, run_recalls
from pairec_cli.engine.steps import run_stage


class Served(Record):
    """The items of the answer, best first, and the way to them. `notes` are sentences to people."""

    chosen: list[Item]
    context: RequestContext
    trace: list[StageTrace]
    notes: list[str]


def new_context(request: RecommendRequest) -> RequestContext:
    return RequestContext(request, request_properties(request.uid, request.features))


def serve(plan: Plan, request: RecommendRequest, features: FeatureReader) -> Served:
    """The best `size` items. A source that fails only gives nothing, and the notes say so."""
    context = new_context(request)
    trace: list[StageTrace] = []
    loaded = load_user(plan, context, trace, features)
    debug = plan.debug.trace(request) if plan.debug else None
    answers = run_recalls(plan.recalls, context)
    trace += [recall_row(answer) for answer in answers]
    wanted = request.debug or request.explain
    given = hits(answers) if wanted else {}
    items = merged(answers)
    notes = _user_notes(request.uid, loaded, answers) + _recall_notes(answers)
    if debug:
        items = _told(debug, plan, items, context, trace)
    else:
        for step in plan.steps:
            items = run_stage(step.kind, step.stage, items, context, trace)
    notes += [row.note for row in trace if row.stage == "rank" and row.note]
    start = time.perf_counter()
    chosen = items[: request.size]
    trace.append(StageTrace("cut", "size", len(items), len(chosen), _ms(start)))
    if wanted:
        notes += explain(chosen, given, request.uid, plan.explains, features, context.scores)
    if debug:
        debug.add("recommend", chosen)
        notes += [reason] if (reason := debug.end()) else []
    if len(chosen) < request.size:
        notes.append(_short_note(request.size, len(chosen), trace, plan))
    return Served(chosen, context, trace, notes)


def _told(
    debug: DebugTrace, plan: Plan, items: list[Item], context: RequestContext, trace: list[StageTrace]
) -> list[Item]:
    """The stages as always, with what each kind of them left told to `debug`."""
    debug.add("recall", items)
    for kind, steps in groupby(plan.steps, lambda step: step.kind):
        for step in steps:
            items = run_stage(step.kind, step.stage, items, context, trace)
        if kind != "features":
            debug.add(kind, items)
    return items


def candidates(plan: Plan, request: RecommendRequest) -> tuple[list[Item], list[str], RequestContext]:
    """What recalls give and filters leave, without the user's features, and which recalls failed and why."""
    context = new_context(request)
    answers = run_recalls(plan.recalls, context)
    items = merged(answers)
    trace: list[StageTrace] = []
    for step in plan.steps:
        if step.kind == "filter":
            items = run_stage(step.kind, step.stage, items, context, trace)
    return items, _recall_notes(answers), context


def load_user(
    plan: Plan, context: RequestContext, trace: list[StageTrace], features: FeatureReader
) -> list[Loaded]:
    """Adds the user's views to the context's user."""
    loaded = []
    for view in plan.user_views:
        start = time.perf_counter()
        found = view.load(context.user, features)
        if view.transforms:
            view.transform(context)
        trace.append(StageTrace("user", view.view, 0, found.columns, _ms(start), found.reason))
        loaded.append(found)
    return loaded


def recall_row(answer: Answer) -> StageTrace:
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
