"""Column types: parsed, and what they are elsewhere."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.warehouse.maxcompute.values import show
from pairec_cli.warehouse.types import arrow_type, duckdb_type, parse_type


@pytest.mark.parametrize(
    ("text", "arrow", "duckdb"),
    [
        ("BIGINT", pa.int64(), "BIGINT"),
        ("string", pa.string(), "VARCHAR"),
        ("varchar(20)", pa.string(), "VARCHAR"),
        ("DECIMAL", pa.decimal128(38, 18), "DECIMAL(38, 18)"),
        ("DECIMAL(10)", pa.decimal128(10, 0), "DECIMAL(10, 0)"),
        ("DECIMAL(10, 2)", pa.decimal128(10, 2), "DECIMAL(10, 2)"),
        ("DATETIME", pa.timestamp("us"), "TIMESTAMP"),
        ("ARRAY< ARRAY<INT> >", pa.list_(pa.list_(pa.int32())), "INTEGER[][]"),
        ("MAP<STRING,ARRAY<DOUBLE>>", pa.map_(pa.string(), pa.list_(pa.float64())), "MAP(VARCHAR, DOUBLE[])"),
        (
            "STRUCT<a:BIGINT,b:MAP<STRING,DATE>>",
            pa.struct([("a", pa.int64()), ("b", pa.map_(pa.string(), pa.date32()))]),
            'STRUCT("a" BIGINT, "b" MAP(VARCHAR, DATE))',
        ),
    ],
)
def test_types(text: str, arrow: pa.DataType, duckdb: str) -> None:
    assert arrow_type(text) == arrow
    assert duckdb_type(text) == duckdb
    assert parse_type(show(parse_type(text))) == parse_type(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NUMBER",
        "BIGINT BIGINT",
        "ARRAY",
        "ARRAY<",
        "ARRAY<INT,INT>",
        "MAP<INT>",
        "STRUCT<a>",
        "DECIMAL(",
        "INT;",
    ],
)
def test_unknown_types(text: str) -> None:
    with pytest.raises(InvalidInput, match="unknown column type"):
        parse_type(text)
