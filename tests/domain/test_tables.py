"""Table names and schemas; the demo tables are the tutorial's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.tables import DEMO_COLUMNS, DEMO_TABLES, Column, TableName, TableRole, TableSchema
from pairec_cli.workflow import source_nodes


@pytest.mark.parametrize(
    ("text", "name"), [("t_1", TableName("mc", "t_1")), ("other.T", TableName("other", "T"))]
)
def test_names_with_and_without_a_project(text: str, name: TableName) -> None:
    assert TableName.parse(text, "mc") == name


@pytest.mark.parametrize("text", ["", ".", "a.", "a.b.c", "1a", "a b", "a;drop", "ü"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a table name"):
        TableName.parse(text, "mc")


def test_a_schema_finds_its_columns() -> None:
    schema = TableSchema(TableName("mc", "t"), (Column("id", "BIGINT", "key"), Column("x", "DOUBLE")))
    assert (str(schema.name), schema.column_names, schema.partition) == ("mc.t", ["id", "x"], "ds")
    assert schema.column("id") == Column("id", "BIGINT", "key") and schema.column("ds") is None


@pytest.mark.parametrize("role", TableRole)
def test_the_demo_columns_are_those_that_the_tutorials_sql_creates(role: TableRole) -> None:
    script = Path(source_nodes.__file__).with_name("clone_public_tables.sql").read_text()
    body = re.search(rf"{DEMO_TABLES[role]}_v1\(\n(.*?)\n\) PARTITIONED", script, re.DOTALL)
    assert body is not None
    created = re.findall(r"(\w+) (\w+) COMMENT '([^']*)'", body[1])
    assert created == [(c.name, c.type, c.comment) for c in DEMO_COLUMNS[role]]
