"""Why an item is in the answer: the recalls that gave it, and the items of the user's history behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pairec_cli.domain.candidates import Explanation, Item, RecallHit, Trigger
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.stages import FeatureReader, Value
from pairec_cli.engine.recalling import Answer
from pairec_cli.engine.recalls.conf import ExplainConf
from pairec_cli.engine.recalls.entries import parse_weights

Hits = dict[str, list[RecallHit]]


def hits(answers: Sequence[Answer]) -> Hits:
    """Item id → the recalls that gave it, with their scores, before any stage changes them."""
    found: Hits = {}
    for answer in answers:
        for item in answer.recalled.items:
            found.setdefault(item.id, []).append(RecallHit(answer.recall.name, item.retrieve_id, item.score))
    return found


def explain(
    items: Sequence[Item],
    given: Hits,
    uid: str,
    confs: Mapping[str, ExplainConf],
    features: FeatureReader,
    scores: Sequence[str] = (),
) -> list[str]:
    """Set each item's explanation, with those of its algorithm scores that `scores` names; returns why
    triggers are missing, one sentence per recall."""
    notes: list[str] = []
    triggers: dict[str, dict[str, list[Trigger]]] = {}
    for name, conf in confs.items():
        if conf.trigger_view and conf.similar_view:
            try:
                triggers[name] = _triggers(uid, {item.id for item in items}, conf, features)
            except NotFound as error:
                notes.append(f"recall {name} cannot name its triggers: {error.message}")
    for item in items:
        item.explanation = Explanation(
            tuple(
                RecallHit(
                    hit.recall,
                    hit.retrieve_id,
                    hit.score,
                    tuple(triggers.get(hit.recall, {}).get(item.id, ())),
                )
                for hit in given.get(item.id, ())
            ),
            {name: item.algo_scores[name] for name in scores if name in item.algo_scores},
        )
    return notes


def _triggers(
    uid: str, wanted: set[str], conf: ExplainConf, features: FeatureReader
) -> dict[str, list[Trigger]]:
    """Candidate → the user's triggers that are similar to it, strongest contribution first."""
    weights = parse_weights(_list(features.get(conf.trigger_view, uid), conf.trigger_field))
    similar = features.get_many(conf.similar_view, (item for item, _ in weights))
    found: dict[str, list[Trigger]] = {}
    for trigger, weight in weights:
        for candidate, similarity in parse_weights(_list(similar.get(trigger), conf.similar_field)):
            if candidate in wanted:
                found.setdefault(candidate, []).append(Trigger(trigger, weight, similarity))
    for contributions in found.values():
        contributions.sort(key=lambda trigger: trigger.contribution, reverse=True)
    return found


def _list(row: Mapping[str, Value] | None, column: str) -> str:
    """The published list of a row: the named column, else the only one."""
    if not row:
        return ""
    values: Iterable[Value] = (row.get(column),) if column else row.values()
    return str(next(iter(values)) or "")
