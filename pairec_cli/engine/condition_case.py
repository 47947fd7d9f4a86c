"""Conditions tried on values.

The document is a list of rows, or an object with them under `rows`; `user` and `item_base` are then the
properties that both sides may refer to. A row is `[operator, type, left, value]` (more is for the reader), or
an object with the keys of a condition and `left`. The condition is on the property `f`, which is `left`;
`{"$missing": true}` is one that is not there, `{"$float": 5}` a float without a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.domain.records import Record
from pairec_cli.engine.decode import Findings, decode

WHAT = "the file of conditions"
ERROR = "error"
FIELD = "f"
_MISSING = {"$missing": True}


class _File(Record):
    user: Any = {}
    item_base: Any = {}
    rows: tuple[Any, ...] = ()


class _Row(Record):
    """A condition and what it is tried on."""

    param: FilterParam
    left: Any


def conditions(document: Any) -> list[bool | str]:
    """What each condition comes to, in order: true, false, or "error" where it cannot be told. Raises
    InvalidConfig for a document of another form."""
    findings = Findings()
    file = decode(_File, {"rows": document} if isinstance(document, list) else document, "", findings)
    for key, value in (("user", file.user), ("item_base", file.item_base)):
        if not isinstance(value, Mapping):
            findings.problem(key, "must be an object", value)
    rows = list(_rows(file, findings))
    if findings.problems:
        raise InvalidConfig(WHAT, findings.problems)
    return [_result(row, file.user, file.item_base) for row in rows]


def _rows(file: _File, findings: Findings) -> Iterator[_Row]:
    for index, row in enumerate(file.rows):
        path = f"rows[{index}]"
        if isinstance(row, list) and len(row) >= 4:
            row = dict(zip(("Operator", "Type", "left", "Value"), row, strict=False))
        if not isinstance(row, Mapping):
            findings.problem(path, "must be an object, or a list of operator, type, left and value", row)
            continue
        given = {"Name": FIELD, **{key: _number(value) for key, value in row.items() if key != "left"}}
        yield _Row(decode(FilterParam, given, path, findings), row.get("left", _MISSING))


def _number(value: Any) -> Any:
    if isinstance(value, Mapping) and list(value) == ["$float"]:
        return float(value["$float"])
    return value


def _result(row: _Row, user: Mapping[str, object], base: Mapping[str, object]) -> bool | str:
    item = base if row.left == _MISSING else {**base, row.param.name: _number(row.left)}
    try:
        return Conditions([row.param]).evaluate(user, item)
    except InvalidInput:
        return ERROR
