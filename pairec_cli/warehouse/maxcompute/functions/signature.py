"""How a function of the allow-list is declared: `NAME(TYPES) RESULT` and the DuckDB text it becomes.

Parameter words: a MaxCompute type; `NUMBER` any number (text is read as DOUBLE); `ANY`; `ARRAY`, `MAP`;
`TIME` a DATETIME or DATE (text is read as DATETIME); `SAME` arguments that are brought to one type; `TEXT` a
string literal, placed raw; `WHOLE` a whole-number literal, placed raw. A trailing `...` repeats the last one.
Result words: a type; `=N` the type of argument N; `=SAME`; `=ITEM0` the element type of array argument 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.maxcompute.values import (
    BIGINT,
    DATETIME,
    DOUBLE,
    VOID,
    Value,
    common,
    implicit,
    named,
    show,
)
from pairec_cli.warehouse.types import MaxComputeType

_DECLARATION = re.compile(r"(\w+)\((.*)\)\s+(.+)")

Builder = Callable[[list[Value]], Value]
"""Makes the call from its arguments; raises UnsupportedSql when they do not fit."""


@dataclass(frozen=True)
class Signature:
    """One way to call a function."""

    name: str
    params: tuple[str, ...]
    variadic: bool
    result: str
    template: str

    def fits(self, count: int) -> bool:
        return count >= len(self.params) if self.variadic else count == len(self.params)

    def build(self, arguments: list[Value]) -> Value:
        params = list(self.params)
        params += [params[-1]] * (len(arguments) - len(params)) if params else []
        values = [_fit(self.name, param, value) for param, value in zip(params, arguments, strict=True)]
        same = [index for index, param in enumerate(params) if param == "SAME"]
        joined = common(values[index].type for index in same) if same else VOID
        for index in same:
            values[index] = implicit(values[index], joined)
        texts = [value.text for value in values]
        text = self.template.format(*texts, all=", ".join(texts), rest=", ".join(texts[1:]))
        return Value(text, self._result(values, joined))

    def _result(self, values: list[Value], same: MaxComputeType) -> MaxComputeType:
        if self.result == "=SAME":
            return same
        if self.result.startswith("=ITEM"):
            return values[int(self.result[5:])].type.inner[0]
        if self.result.startswith("="):
            return values[int(self.result[1:])].type
        return named(self.result)


def _fit(function: str, param: str, value: Value) -> Value:
    if param in ("ANY", "SAME"):
        return value
    if param == "NUMBER":
        return value if value.is_number else implicit(value, DOUBLE if value.type != VOID else BIGINT)
    if param == "TIME":
        return value if value.is_time else implicit(value, DATETIME)
    if param in ("ARRAY", "MAP"):
        if value.type.name != param:
            raise UnsupportedSql(f"{function} of {show(value.type)}, which is no {param}")
        return value
    if param == "TEXT":
        if value.literal is None or not value.is_text:
            raise UnsupportedSql(f"{function} with an argument that is not a string literal")
        return Value(value.literal.replace("'", "''"), value.type)
    if param == "WHOLE":
        if value.literal is None or not re.fullmatch(r"-?\d+", value.literal):
            raise UnsupportedSql(f"{function} with an argument that is not a whole-number literal")
        return Value(value.literal, value.type)
    return implicit(value, named(param))


def declare(rows: Mapping[str, str]) -> dict[str, list[Signature]]:
    """Declarations by function name; several arities of one name are separate rows."""
    found: dict[str, list[Signature]] = {}
    for row, template in rows.items():
        match = _DECLARATION.fullmatch(row)
        if match is None:
            raise ValueError(f"not a declaration: {row}")
        name, params, result = match.groups()
        words = tuple(word.strip() for word in params.split(",") if word.strip())
        variadic = bool(words) and words[-1].endswith("...")
        plain = tuple(word.removesuffix("...") for word in words)
        found.setdefault(name, []).append(Signature(name, plain, variadic, result, template))
    return found
