"""What the cases that are tried before they are shipped have in common: user, items, and the state of the
data sources, held in memory.

`state` has `tables` (name → ddl, rows), `redis` (key → elements of a list) and `redis_string` (key → text).
A table is also the feature view of its name, its first column the key. `{"$now": -10}` anywhere is the Unix
second ten seconds ago.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any, TypeVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest, StageTrace
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.features import request_properties
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemoryTable

WHAT = "the case"
C = TypeVar("C", bound=Record)


class CaseUser(Record):
    """`features` is an object; its nulls count, so it is not decoded further."""

    id: str = "user"
    features: Any = {}


class CaseItem(Record):
    id: str = ""
    retrieve_id: str = ""
    score: float = 0.0
    item_type: str = ""
    features: Any = {}
    algo_scores: Mapping[str, float] = {}


class CaseTable(Record):
    ddl: str = ""
    rows: tuple[Any, ...] = ()


class CaseState(Record):
    tables: Mapping[str, CaseTable] = {}
    redis: Mapping[str, tuple[Any, ...]] = {}
    redis_string: Mapping[str, str] = {}


class Dropped(Record):
    """The ids that one filter took away, in order, and why it does."""

    filter: str
    ids: tuple[str, ...]
    why: str


class StepResult(Record):
    """The items that came out, the funnel, and what each filter dropped. `failures` are aftermaths that went
    wrong."""

    items: list[Item]
    trace: list[StageTrace]
    dropped: list[Dropped]
    failures: list[str]


def read_case(
    cls: type[C], document: Any, parts: Callable[[C], Iterable[tuple[str, Any]]], now: float | None = None
) -> C:
    """The document as a case. `parts` are its users and items, each with its path. Raises InvalidConfig with
    every value of a wrong type."""
    findings = Findings()
    found = decode(cls, _dated(document, int(now or time.time())), "", findings)
    for path, part in parts(found):
        if not isinstance(part.features, Mapping):
            findings.problem(f"{path}.features", "must be an object", part.features)
    if findings.problems:
        raise InvalidConfig(WHAT, findings.problems)
    return found


def parts_of(
    user: CaseUser | None, items: Iterable[CaseItem] | None, path: str = ""
) -> Iterator[tuple[str, Any]]:
    """A user and items, each with its path."""
    if user is not None:
        yield f"{path}user", user
    yield from ((f"{path}items[{i}]", item) for i, item in enumerate(items or ()))


def joined(base: Any, own: Iterable[Any]) -> Any:
    """The list of a configuration with the case's entries behind; what is no list stays, to be refused."""
    return [*base, *own] if isinstance(base, list) else base or list(own)


def folded(base: Mapping[str, Any] | None) -> dict[str, Any]:
    """A configuration's sections by lower-case key."""
    return {key.lower(): value for key, value in (base or {}).items()}


def memory_of(state: CaseState) -> tuple[MemoryDatabase, MemoryLists]:
    """Raises InvalidInput for tables that cannot be made."""
    tables = {name: MemoryTable(table.ddl, table.rows) for name, table in state.tables.items()}
    lists = {
        name: [element if isinstance(element, str) else json.dumps(element) for element in elements]
        for name, elements in state.redis.items()
    }
    return MemoryDatabase(tables), MemoryLists(lists, state.redis_string)


def item_document(item: Item) -> dict[str, Any]:
    """An item as the answer shows it, with the keys that a case's items have."""
    document: dict[str, Any] = {"id": item.id, "retrieve_id": item.retrieve_id, "score": item.score}
    if item.item_type:
        document["item_type"] = item.item_type
    return {
        **document,
        "recall_scores": item.recall_scores,
        "algo_scores": item.algo_scores,
        "features": item.properties,
    }


def candidates(given: Iterable[CaseItem]) -> list[Item]:
    """The items that a case gives."""
    return [
        Item(one.id, one.score, one.retrieve_id, one.item_type, dict(one.features), dict(one.algo_scores))
        for one in given
    ]


def asked_by(user: CaseUser, scene: str, size: int, chance: Random) -> RequestContext:
    """A request of the case's user, on its way."""
    request = RecommendRequest(user.id, scene, size, features=user.features, request_id="case")
    return RequestContext(request, request_properties(user.id, user.features), chance)


def _dated(value: Any, now: int) -> Any:
    if isinstance(value, Mapping):
        if list(value) == ["$now"] and isinstance(value["$now"], int):
            return now + value["$now"]
        return {key: _dated(inner, now) for key, inner in value.items()}
    return [_dated(inner, now) for inner in value] if isinstance(value, list) else value
