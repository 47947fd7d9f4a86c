"""The text of an INSERT's query gives every column of its table."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.inserting import insert_text
from pairec_cli.warehouse.maxcompute.from_clause import Query
from pairec_cli.warehouse.maxcompute.scope import Columns
from pairec_cli.warehouse.maxcompute.statements import Insert, read_statement

T = TableName("p", "t")
SCHEMA = TableSchema(T, (Column("a", "BIGINT"), Column("b", "STRING")), "ds")


def text_of(sql: str) -> tuple[str, list[str]]:
    """The text, and the columns that the query was asked for."""
    statement = read_statement(sql, 1, "p")
    assert isinstance(statement, Insert)
    asked: list[str] = []

    def translate(_query: object, targets: Columns) -> Query:
        asked.extend(name for name, _ in targets)
        return Query("SELECT 1", targets)

    return insert_text(statement, SCHEMA, translate), asked


def test_all_columns_in_the_tables_order() -> None:
    assert text_of("insert into t partition(ds='20260101') select 1, 'x'") == ("SELECT 1", ["a", "b"])
    assert text_of("insert into t partition(ds) select 1, 'x', 'd'")[1] == ["a", "b", "ds"]


def test_columns_left_out_are_null() -> None:
    text, asked = text_of("insert into t partition(ds='20260101') (b) select 'x'")
    assert asked == ["b"]
    assert text == 'SELECT CAST(NULL AS BIGINT) AS "a", "b" FROM (SELECT 1)'


def test_unknown_column() -> None:
    with pytest.raises(NotFound, match="'c'"):
        text_of("insert into t partition(ds='20260101') (c) select 'x'")
