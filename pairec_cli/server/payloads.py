"""Request bodies as PAI-Rec reads them: keys without regard to case, null as absent, wrong types refused.

Source: the open engine's web controllers and the feed controller of its generated projects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from pairec_cli.domain.coercion import to_float, to_int, to_text
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import DEFAULT_CATEGORY, RecommendRequest

DEFAULT_SCENE = "default_scene"
_KINDS = {str: "a string", int: "an integer", bool: "true or false", dict: "an object", list: "a list"}


class Asked(NamedTuple):
    """A body: its keys in lower case."""

    values: dict[str, Any]

    def get(self, key: str, kind: type, default: Any) -> Any:
        """Raises InvalidInput for a value of another type."""
        value = self.values.get(key)
        if value is None:
            return default
        if type(value) is not kind:
            raise InvalidInput(f"{key} must be {_KINDS[kind]}")
        return value


class Callback(Record):
    """What a caller reports as shown."""

    scene_id: str
    request_id: str
    uid: str
    item_list: list[Mapping[str, Any]]
    features: Mapping[str, Any]
    request_info: object = None


def read_body(body: bytes) -> Asked:
    """Raises InvalidInput for what is no JSON object."""
    if not body.strip():
        raise InvalidInput("request body empty")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput("the body must be a JSON object")
    return Asked({key.lower(): value for key, value in document.items()})


def plain_request(asked: Asked, category: str = DEFAULT_CATEGORY) -> RecommendRequest:
    """/api/recommend; /api/recall with another `category` for those who name none. Raises InvalidInput."""
    return RecommendRequest(
        asked.get("uid", str, ""),
        asked.get("scene_id", str, "") or DEFAULT_SCENE,
        asked.get("size", int, 0),
        asked.get("category", str, "") or category,
        asked.get("features", dict, {}),
        "",
        asked.get("debug", bool, False),
    )


def feed_request(asked: Asked) -> RecommendRequest:
    """/api/rec/feed: as /api/recommend, with the caller's request id, an item and items of context, and
    features of named types. Raises InvalidInput."""
    plain = plain_request(asked)
    return plain.replace(
        features=_features(asked),
        request_id=asked.get("request_id", str, "") or plain.request_id,
        item_id=to_text(asked.values.get("item_id"), ""),
        item_list=_objects(asked, "item_list"),
    )


def callback_request(asked: Asked) -> Callback:
    """/api/callback. Raises InvalidInput for one of the required keys that is missing."""
    scene, request, uid = (asked.get(key, str, "") for key in ("scene_id", "request_id", "uid"))
    items = _objects(asked, "item_list")
    given = {"scene_id": scene, "request_id": request, "uid": uid, "item_list": items}
    for key, value in given.items():
        if not value:
            raise InvalidInput(f"{key} not empty")
    return Callback(scene, request, uid, items, _features(asked), asked.values.get("request_info"))


def _objects(asked: Asked, key: str) -> list[Mapping[str, Any]]:
    found: list[Any] = asked.get(key, list, [])
    for place, one in enumerate(found):
        if not isinstance(one, dict):
            raise InvalidInput(f"{key}[{place}] must be an object")
    return found


def _features(asked: Asked) -> dict[str, Any]:
    """`features`, and over them `complex_type_features` in their own types."""
    return {**asked.get("features", dict, {}), **dict(_typed(_objects(asked, "complex_type_features")))}


def _typed(given: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Name and value of each; a typed list or map whose value is none is left out."""
    for one in given:
        name, kind, values = one.get("name"), one.get("type"), one.get("values")
        if not isinstance(name, str) or not isinstance(kind, str):
            continue
        outer, _, inner = kind.replace(" ", "").removesuffix(">").partition("<")
        if outer == "list":
            if isinstance(values, list):
                yield name, [_scalar(inner, value) for value in values]
        elif outer == "map":
            if isinstance(values, dict):
                yield name, {key: _scalar(inner.partition(",")[2], value) for key, value in values.items()}
        else:
            yield name, _scalar(kind, values)


def _scalar(kind: str, value: Any) -> Any:
    """The value in its type; as it is for a type that nobody knows and a value that has no such form."""
    if kind in ("int", "int64"):
        return to_int(value, value)
    if kind in ("float", "double"):
        return to_float(value, value)
    return to_text(value, value) if kind == "string" else value
