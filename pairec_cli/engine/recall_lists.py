"""What each recall of a scene gives one user, before anything is merged, filtered or ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pairec_cli.domain.candidates import RecallHit
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.explaining import explain, hits
from pairec_cli.engine.pipeline import load_user, new_context
from pairec_cli.engine.recalling import run_recalls

FALLBACK = "fallback"
"""The name under which the scene's FallbackConfig stands among the recalls."""


class RecallList(Record):
    """One recall's answer. `items` are (item id, what the recall says of it), in the recall's own order;
    `note` says why there are none, or why their triggers are missing."""

    recall: str
    title: str
    items: tuple[tuple[str, RecallHit], ...]
    note: str = ""


def recall_lists(engine: Engine, request: RecommendRequest, *, size: int | None = None) -> list[RecallList]:
    """Every recall of the request's scene, in merge order, and its fallback at last; of each the first `size`
    items. Their triggers where the request asks to `explain`. Raises NotFound for an unknown scene."""
    plan = engine.plan(request.scene_id, request.category)
    context = new_context(request)
    load_user(plan, context, [], engine.featuredb)
    found = []
    for answer in run_recalls(plan.recalls, context):
        recall, given = answer.recall, hits([answer])
        items = list(answer.recalled.items)[:size]
        notes = [answer.recalled.reason] if answer.recalled.reason else []
        if request.explain:
            confs = {name: conf for name, conf in plan.explains.items() if name == recall.name}
            notes += explain(items, given, request.uid, confs, engine.featuredb)
        told = tuple(
            (item.id, item.explanation.recalls[0] if item.explanation else given[item.id][0])
            for item in items
        )
        found.append(RecallList(recall.name, recall.title, told, "; ".join(notes)))
    if plan.fallback is not None:
        items, reason = plan.fallback.items(request.item_list)
        told = tuple((item.id, RecallHit(FALLBACK, item.retrieve_id, item.score)) for item in items[:size])
        found.append(RecallList(FALLBACK, "the scene's fallback", told, reason))
    return found


def scored_lists(
    engine: Engine, scene: str, users: Sequence[str]
) -> list[Mapping[str, Sequence[tuple[str, float]]]]:
    """For each user, recall → (item id, score), in the recall's order. Raises NotFound for the scene."""
    return [
        {
            one.recall: [(item, hit.score) for item, hit in one.items]
            for one in recall_lists(engine, RecommendRequest(user, scene))
        }
        for user in users
    ]
