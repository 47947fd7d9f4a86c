"""What OpenAPI says of the routes: bodies and answers in PAI-Rec's field names."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _record(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {"type": "object", "additionalProperties": True}

_TYPED = _list(_record({"name": TEXT, "values": {}, "type": {**TEXT, "examples": ["list<string>"]}}))
_ASKED = {
    "uid": {**TEXT, "minLength": 1, "description": "The user."},
    "scene_id": {**TEXT, "default": "default_scene"},
    "category": {**TEXT, "default": "default"},
    "size": {**WHOLE, "default": 10, "description": "How many items; 0 or less is 10."},
    "debug": {**FLAG, "default": False},
    "features": {**ANY, "description": "Properties of the user; empty texts are left out."},
}
_CONTEXT = {
    "request_id": {**TEXT, "description": "Answered as it was given; made when empty."},
    "item_id": {**TEXT, "description": "The item that the request is about."},
    "item_list": {**_list(ANY), "description": "Items with item_id and score; other keys are properties."},
    "complex_type_features": {**_TYPED, "description": "Features of named types, over `features`."},
}
_HEAD = {
    "code": {**WHOLE, "description": "200; 299 for fewer items than size; 400 for a body that is refused."},
    "msg": TEXT,
    "request_id": TEXT,
    "size": WHOLE,
}
_PLAIN_ITEM = _record({"item_id": TEXT, "item_type": TEXT, "retrieve_id": TEXT})
_FEED_ITEM = _record({"item_id": TEXT, "score": NUMBER, "retrieve_id": TEXT, "item_type": TEXT, "extra": ANY})
_FEED = {**_HEAD, "experiment_id": TEXT, "items": _list(_FEED_ITEM), "logs": _list(TEXT)}
_RECALLED = {
    **_HEAD,
    "items": _list(_record({"item_id": TEXT, "retrieve_id": TEXT})),
    "errors": _list(TEXT),
}
_CALLBACK = {
    "scene_id": TEXT,
    "request_id": TEXT,
    "uid": TEXT,
    "item_list": {**_list(ANY), "minItems": 1},
    "features": ANY,
    "complex_type_features": _TYPED,
    "request_info": {},
    "debug": FLAG,
}


def operation(body: Schema, answer: Schema) -> dict[str, Any]:
    """What FastAPI is told of a route that reads and writes JSON by itself."""

    def told(text: str, schema: Schema | None = None) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}} if schema else {}
        return {"description": text, **({"content": content} if content else {})}

    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": told("The answer; its `code` says how it went.", answer),
            "401": told("The token is missing or wrong."),
            "413": told("The body is too large."),
            "415": told("The body is packed in a way that is not read."),
            "504": told("There was no answer in time."),
        },
    }


RECOMMEND = operation(_record(_ASKED, "uid"), _record({**_HEAD, "items": _list(_PLAIN_ITEM)}, "code", "msg"))
FEED = operation(_record({**_ASKED, **_CONTEXT}, "uid"), _record(_FEED, "code", "msg"))
RECALL = operation(_record(_ASKED, "uid"), _record(_RECALLED, "code", "msg"))
CALLBACK = operation(
    _record(_CALLBACK, "scene_id", "request_id", "uid", "item_list"), _record(_HEAD, "code", "msg")
)
