"""MaxCompute column types, and what they are in Arrow and DuckDB ("Data types", MaxCompute 2.0 edition)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from pairec_cli.domain.errors import InvalidInput

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\d+|[<>(),:])")

_DUCKDB = {
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INT": "INTEGER",
    "BIGINT": "BIGINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "STRING": "VARCHAR",
    "VARCHAR": "VARCHAR",
    "CHAR": "VARCHAR",
    "BINARY": "BLOB",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_NTZ": "TIMESTAMP",
}
_ARROW = {
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "STRING": pa.string(),
    "VARCHAR": pa.string(),
    "CHAR": pa.string(),
    "BINARY": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP_NTZ": pa.timestamp("us"),
}
_ALIASES = {"INTEGER": "INT", "TEXT": "STRING"}


@dataclass(frozen=True)
class MaxComputeType:
    """A parsed type: its name, the numbers in parentheses, and inner types (named ones for a STRUCT)."""

    name: str
    sizes: tuple[int, ...] = ()
    inner: tuple[MaxComputeType, ...] = ()
    fields: tuple[str, ...] = ()

    def arrow(self) -> pa.DataType:
        if self.name == "DECIMAL":
            return pa.decimal128(*self.sizes)
        if self.name == "ARRAY":
            return pa.list_(self.inner[0].arrow())
        if self.name == "MAP":
            return pa.map_(self.inner[0].arrow(), self.inner[1].arrow())
        if self.name == "STRUCT":
            return pa.struct(
                [(name, kind.arrow()) for name, kind in zip(self.fields, self.inner, strict=True)]
            )
        return _ARROW[self.name]

    def duckdb(self) -> str:
        if self.name == "DECIMAL":
            return f"DECIMAL({self.sizes[0]}, {self.sizes[1]})"
        if self.name == "ARRAY":
            return f"{self.inner[0].duckdb()}[]"
        if self.name == "MAP":
            return f"MAP({self.inner[0].duckdb()}, {self.inner[1].duckdb()})"
        if self.name == "STRUCT":
            fields = (f'"{name}" {kind.duckdb()}' for name, kind in zip(self.fields, self.inner, strict=True))
            return f"STRUCT({', '.join(fields)})"
        return _DUCKDB[self.name]


def parse_type(text: str) -> MaxComputeType:
    """`text` as a type; raises InvalidInput for one that MaxCompute does not have."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise _unknown(text)
    try:
        kind, rest = _parse(tokens)
    except (IndexError, ValueError):
        raise _unknown(text) from None
    if rest:
        raise _unknown(text)
    return kind


def arrow_type(text: str) -> pa.DataType:
    return parse_type(text).arrow()


def duckdb_type(text: str) -> str:
    return parse_type(text).duckdb()


def _unknown(text: str) -> InvalidInput:
    known = ", ".join([*_DUCKDB, "DECIMAL(p,s)", "ARRAY<…>", "MAP<…,…>", "STRUCT<…>"])
    return InvalidInput(f"unknown column type {text!r}", hint=f"types are {known}")


def _parse(tokens: list[str]) -> tuple[MaxComputeType, list[str]]:
    name = tokens[0].upper()
    name, rest = _ALIASES.get(name, name), tokens[1:]
    if name in ("ARRAY", "MAP", "STRUCT"):
        return _parse_nested(name, rest)
    if name != "DECIMAL" and name not in _DUCKDB:
        raise ValueError(name)
    sizes: list[int] = []
    if rest[:1] == ["("]:
        end = rest.index(")")
        sizes, rest = [int(token) for token in rest[1:end] if token != ","], rest[end + 1 :]
    if name == "DECIMAL":
        sizes = [*sizes, *(38, 18)[len(sizes) :]] if not sizes else [*sizes, 0][:2]
    return MaxComputeType(name, tuple(sizes)), rest


def _parse_nested(name: str, rest: list[str]) -> tuple[MaxComputeType, list[str]]:
    if rest[0] != "<":
        raise ValueError(name)
    inner: list[MaxComputeType] = []
    fields: list[str] = []
    while rest[0] != ">":
        rest = rest[1:]
        if name == "STRUCT":
            fields.append(rest[0])
            if rest[1] != ":":
                raise ValueError(name)
            rest = rest[2:]
        kind, rest = _parse(rest)
        inner.append(kind)
        if rest[0] not in (",", ">"):
            raise ValueError(name)
    if len(inner) != {"ARRAY": 1, "MAP": 2}.get(name, len(inner)):
        raise ValueError(name)
    return MaxComputeType(name, (), tuple(inner), tuple(fields)), rest[1:]
