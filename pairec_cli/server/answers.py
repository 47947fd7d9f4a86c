"""Answers in PAI-Rec's field names, as JSON bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.requests import MESSAGES, NOT_ENOUGH, OK, ItemResult, RecommendResponse, StageTrace

BAD_REQUEST = 400


def to_bytes(document: Any) -> bytes:
    """JSON; what has no form in it is its text."""
    return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)


def plain_answer(response: RecommendResponse) -> dict[str, Any]:
    """/api/recommend."""
    return {
        "code": response.code,
        "msg": response.msg,
        "request_id": response.request_id,
        "size": response.size,
        "items": [
            {"item_id": item.item_id, "item_type": item.item_type, "retrieve_id": item.retrieve_id}
            for item in response.items
        ],
    }


def feed_answer(response: RecommendResponse, *, debug: bool) -> dict[str, Any]:
    """/api/rec/feed: scores, output fields, and with `debug` the funnel as log lines."""
    document: dict[str, Any] = {
        "code": response.code,
        "msg": response.msg,
        "request_id": response.request_id,
        "size": response.size,
        "experiment_id": "",
        "items": [_feed_item(place, item, debug=debug) for place, item in enumerate(response.items, 1)],
    }
    if debug:
        document["logs"] = [*map(_log_line, response.trace), *(f"[INFO] {note}" for note in response.notes)]
    return document


def recall_answer(items: Sequence[Item], request_id: str, errors: Sequence[str], size: int) -> dict[str, Any]:
    """/api/recall."""
    chosen = items[:size]
    code = OK if len(chosen) == size else NOT_ENOUGH
    return {
        "code": code,
        "msg": MESSAGES[code],
        "request_id": request_id,
        "size": len(chosen),
        "items": [{"item_id": item.id, "retrieve_id": item.retrieve_id} for item in chosen],
        "errors": list(errors),
    }


def failure(code: int, message: str, request_id: str = "") -> dict[str, Any]:
    return {"code": code, "msg": message, "request_id": request_id, "size": 0, "items": []}


def _feed_item(place: int, item: ItemResult, *, debug: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "item_id": item.item_id,
        "score": item.score,
        "retrieve_id": item.retrieve_id,
    }
    if item.item_type:
        document["item_type"] = item.item_type
    if item.extra:
        document["extra"] = dict(item.extra)
    if debug:
        document.update(origin_position=place, new_position=place, traffic_control_id="")
    return document


def _log_line(row: StageTrace) -> str:
    level = "WARN" if row.note else "INFO"
    note = f" note={row.note}" if row.note else ""
    return f"[{level}] {row.stage} {row.name} in={row.entered} out={row.left} cost={row.ms:.1f}ms{note}"
