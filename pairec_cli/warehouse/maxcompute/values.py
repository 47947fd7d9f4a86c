"""Typed pieces of DuckDB SQL, and MaxCompute's conversions between types ("Data type conversion").

A piece always binds tighter than any operator: composites carry their own parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.types import MaxComputeType, parse_type

VOID = MaxComputeType("VOID")
"""The type of a bare NULL."""
BIGINT, DOUBLE, STRING, BOOLEAN = (
    MaxComputeType("BIGINT"),
    MaxComputeType("DOUBLE"),
    MaxComputeType("STRING"),
    MaxComputeType("BOOLEAN"),
)
DATE, DATETIME = MaxComputeType("DATE"), MaxComputeType("DATETIME")

_INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_LADDER = (*_INTEGERS, "DECIMAL", "FLOAT", "DOUBLE")
_TEXT = ("STRING", "VARCHAR", "CHAR")
_TIMES = ("DATETIME", "TIMESTAMP", "TIMESTAMP_NTZ")
_EXACT = 2**53
"""Whole numbers below this are exact as DOUBLE, so comparing them as BIGINT or as DOUBLE is the same."""


@dataclass(frozen=True)
class Value:
    """An expression: its DuckDB text, its MaxCompute type, and its value when it is a literal."""

    text: str
    type: MaxComputeType
    literal: str | None = None

    @property
    def is_integer(self) -> bool:
        return self.type.name in _INTEGERS

    @property
    def is_number(self) -> bool:
        return self.type.name in _LADDER

    @property
    def is_text(self) -> bool:
        return self.type.name in _TEXT

    @property
    def is_time(self) -> bool:
        return self.type.name in _TIMES or self.type.name == "DATE"


def named(name: str) -> MaxComputeType:
    return parse_type(name)


def show(kind: MaxComputeType) -> str:
    """A type as MaxCompute writes it."""
    if kind.fields:
        pairs = zip(kind.fields, kind.inner, strict=True)
        return f"{kind.name}<{','.join(f'{name}:{show(inner)}' for name, inner in pairs)}>"
    if kind.inner:
        return f"{kind.name}<{','.join(show(inner) for inner in kind.inner)}>"
    return f"{kind.name}({','.join(map(str, kind.sizes))})" if kind.sizes else kind.name


def quote(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def string(text: str) -> str:
    """A DuckDB string literal."""
    if "\0" in text:
        raise UnsupportedSql("a string with a zero byte")
    return "'" + text.replace("'", "''") + "'"


def implicit(value: Value, kind: MaxComputeType) -> Value:
    """`value` where MaxCompute converts by itself. Raises UnsupportedSql where it does not.

    Text that is no number becomes NULL; a number in text is read through DOUBLE, as the product does.
    """
    if value.type == kind or (value.type.name == kind.name and not kind.sizes and not kind.inner):
        return value
    if value.type == VOID:
        return Value(f"CAST(NULL AS {kind.duckdb()})", kind)
    if value.is_text and kind.name in _TEXT:
        return Value(value.text, kind, value.literal)
    allowed = (
        (value.is_number and (kind.name in _LADDER or kind.name in _TEXT))
        or (value.is_text and (kind.name in _LADDER or kind.name in _TIMES or kind.name == "DATE"))
        or (value.is_time and (kind.name in _TEXT or kind.name in _TIMES))
        or (value.type.name in ("ARRAY", "MAP", "STRUCT") and value.type.name == kind.name)
    )
    if not allowed:
        raise UnsupportedSql(
            f"implicit conversion from {show(value.type)} to {show(kind)}", hint="write a CAST"
        )
    return cast(value, kind)


def cast(value: Value, kind: MaxComputeType) -> Value:
    """`CAST(value AS kind)` as MaxCompute does: towards zero, and NULL for text that is no number."""
    source, target = value.type, kind.duckdb()
    name = kind.name
    if source == kind:
        return value
    if source == VOID:
        return Value(f"CAST(NULL AS {target})", kind)
    if name in _TEXT:
        return _to_text(value, kind)
    if name in _INTEGERS and (source.name in ("DOUBLE", "FLOAT", "DECIMAL")):
        return Value(f"TRY_CAST(trunc({value.text}) AS {target})", kind)
    if name in _INTEGERS and value.is_text:
        whole = f"mc_bigint({value.text})"
        return Value(whole if name == "BIGINT" else f"TRY_CAST({whole} AS {target})", kind)
    if name in ("DOUBLE", "FLOAT") and value.is_text:
        real = f"mc_double({value.text})"
        return Value(real if name == "DOUBLE" else f"TRY_CAST({real} AS {target})", kind)
    if name == "BOOLEAN" and value.is_number:
        return Value(f"({value.text} <> 0)", kind)
    if value.is_number and name in _LADDER and _widens(source.name, name):
        literal = (
            f"{value.literal}e0" if name == "DOUBLE" and re.fullmatch(r"\d+", value.literal or "") else ""
        )
        return Value(literal or f"CAST({value.text} AS {target})", kind, value.literal)
    known = (
        (value.is_number and name in _LADDER)
        or (source.name == "BOOLEAN" and name in _LADDER)
        or value.is_text
        or (value.is_time and (name in _TIMES or name == "DATE"))
        or (source.name == name and name in ("ARRAY", "MAP", "STRUCT", "DECIMAL"))
    )
    if not known:
        raise UnsupportedSql(f"CAST from {show(source)} to {show(kind)}")
    return Value(f"TRY_CAST({value.text} AS {target})", kind)


def _widens(source: str, target: str) -> bool:
    """Whether every number of one type fits the other, so that the cast cannot fail."""
    return "DECIMAL" not in (source, target) and _LADDER.index(source) < _LADDER.index(target)


def _to_text(value: Value, kind: MaxComputeType) -> Value:
    if value.type.name in ("ARRAY", "MAP", "STRUCT"):
        raise UnsupportedSql(f"CAST from {show(value.type)} to {show(kind)}", hint="use CONCAT_WS or TO_JSON")
    if value.type.name == "BINARY":
        text = f"decode({value.text})"
    elif value.type.name == "BOOLEAN":
        text = f"upper(CAST({value.text} AS VARCHAR))"
    else:
        text = value.text if value.is_text else f"CAST({value.text} AS VARCHAR)"
    return Value(f"left({text}, {kind.sizes[0]})" if kind.sizes else text, kind)


def common(kinds: Iterable[MaxComputeType]) -> MaxComputeType:
    """The type that branches of CASE, COALESCE, UNION … share. Raises UnsupportedSql when there is none."""
    result = VOID
    for kind in kinds:
        result = _join(result, kind)
    return result


def _join(left: MaxComputeType, right: MaxComputeType) -> MaxComputeType:
    if left == right or right == VOID:
        return left
    if left == VOID:
        return right
    names = {left.name, right.name}
    if names <= set(_LADDER):
        if names == {"DECIMAL"}:
            whole = max(left.sizes[0] - left.sizes[1], right.sizes[0] - right.sizes[1])
            scale = max(left.sizes[1], right.sizes[1])
            return MaxComputeType("DECIMAL", (min(38, whole + scale), scale))
        return max(left, right, key=lambda kind: _LADDER.index(kind.name))
    if names <= {*_TEXT, *_LADDER, *_TIMES, "DATE"} and names & set(_TEXT):
        return STRING
    if names <= {*_TIMES, "DATE"}:
        return DATETIME if "DATETIME" in names or "DATE" in names else left
    if left.name == right.name and left.name in ("ARRAY", "MAP") and len(left.inner) == len(right.inner):
        inner = tuple(_join(a, b) for a, b in zip(left.inner, right.inner, strict=True))
        return MaxComputeType(left.name, (), inner)
    raise UnsupportedSql(f"{show(left)} and {show(right)} in one result", hint="write a CAST")


def comparable(values: list[Value]) -> list[Value]:
    """Operands in the type that MaxCompute compares them in: STRING with a number as DOUBLE."""
    kinds = {value.type.name for value in values if value.type != VOID}
    if len(kinds) <= 1 or kinds <= set(_TEXT) or kinds <= set(_LADDER):
        return values
    if kinds <= {*_TEXT, *_LADDER}:
        if not kinds & {"FLOAT", "DOUBLE", "DECIMAL"} and all(_small_literal(value) for value in values):
            return [
                value
                if not value.is_text
                else Value(f"CAST({value.literal} AS BIGINT)", BIGINT, value.literal)
                for value in values
            ]
        return [implicit(value, DOUBLE) for value in values]
    if kinds <= {*_TEXT, *_TIMES, "DATE"}:
        kind = DATE if not kinds & set(_TIMES) else DATETIME
        return [implicit(value, kind) for value in values]
    told = " and ".join(show(value.type) for value in values)
    raise UnsupportedSql(f"comparison of {told}", hint="write a CAST")


def _small_literal(value: Value) -> bool:
    """Whether a text operand is a whole number small enough to compare as BIGINT (numbers always are)."""
    if not value.is_text:
        return True
    text = value.literal or ""
    return bool(re.fullmatch(r"-?\d{1,15}", text)) and abs(int(text)) < _EXACT


MACROS = (
    # Numbers in text. DuckDB would also take 1_000, 0x1F and 0b1, and round 1.7; MaxCompute would not.
    "CREATE MACRO mc_plain(x) AS CASE WHEN NOT regexp_matches(x, '[_xXbB]') THEN x END",
    "CREATE MACRO mc_odd_bigint(x) AS CASE WHEN regexp_matches(x, '[.eE]') "
    "THEN TRY_CAST(trunc(TRY_CAST(mc_plain(x) AS DOUBLE)) AS BIGINT) "
    "ELSE TRY_CAST(mc_plain(x) AS BIGINT) END",
    # Nearly all such text is written as DuckDB would write the number, and the comparison costs least.
    "CREATE MACRO mc_bigint(x) AS CASE WHEN CAST(TRY_CAST(x AS BIGINT) AS VARCHAR) = x "
    "THEN TRY_CAST(x AS BIGINT) ELSE mc_odd_bigint(x) END",
    "CREATE MACRO mc_double(x) AS CASE WHEN CAST(TRY_CAST(x AS BIGINT) AS VARCHAR) = x "
    "THEN CAST(TRY_CAST(x AS BIGINT) AS DOUBLE) ELSE TRY_CAST(mc_plain(x) AS DOUBLE) END",
)
