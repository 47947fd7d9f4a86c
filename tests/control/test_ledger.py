"""The ledger against a dict that does the same, and its refusals."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, NotFound
from pairec_cli.domain.ledger import Ledger, Partition
from pairec_cli.domain.tables import USER_COLUMNS, Column, TableName, TableSchema

TABLE = TableName("mc", "users")
SCHEMA = TableSchema(TABLE, USER_COLUMNS, comment="who")


def partition(ds: str, rows: int = 1, table: TableName = TABLE) -> Partition:
    return Partition(table, ds, (f"part-{rows}.parquet",), rows, 8 * rows, f"f{rows}", 1.5)


@pytest.fixture
def ledger(control: Control) -> Ledger:
    control.ledger.create_table(SCHEMA)
    return control.ledger


def test_schemas(ledger: Ledger) -> None:
    plain = TableSchema(TableName("other", "t"), (Column("a", "BIGINT"),), partition=None)
    ledger.create_table(plain)
    assert ledger.schema(TABLE) == SCHEMA
    assert ledger.schema(plain.name) == plain
    assert ledger.schema(TableName("mc", "items")) is None
    assert ledger.schemas() == [SCHEMA, plain]
    assert ledger.schemas("other") == [plain]


def test_creating_again(ledger: Ledger) -> None:
    ledger.create_table(TableSchema(TABLE, USER_COLUMNS, comment="other words"))
    assert ledger.schema(TABLE) == SCHEMA
    first, *rest = USER_COLUMNS
    other = {
        "it has user_id BIGINT": (tuple(rest), "ds"),
        "its user_id is BIGINT, not STRING": ((Column("user_id", "STRING"), *rest), "ds"),
        "it lacks extra DOUBLE": ((*USER_COLUMNS, Column("extra", "DOUBLE")), "ds"),
        "it is partitioned by ds, not nothing": (USER_COLUMNS, None),
        "their order differs": ((*rest, first), "ds"),
    }
    for words, (columns, by) in other.items():
        with pytest.raises(AlreadyExists, match=words):
            ledger.create_table(TableSchema(TABLE, columns, by))
    assert ledger.schema(TABLE) == SCHEMA


def test_partitions_ascend_and_replace(ledger: Ledger) -> None:
    assert ledger.record([partition("20260102"), partition("20260101")]) == []
    assert list(ledger.partitions(TABLE)) == ["20260101", "20260102"]
    assert ledger.record([partition("20260102", 7), partition("20260103")]) == [partition("20260102")]
    assert ledger.partitions(TABLE)["20260102"] == partition("20260102", 7)
    assert ledger.partitions(TableName("mc", "nothing")) == {}


def test_all_or_none_are_recorded(ledger: Ledger) -> None:
    unknown = partition("20260101", table=TableName("mc", "nothing"))
    with pytest.raises(NotFound, match=r"table 'mc\.nothing'"):
        ledger.record([partition("20260101"), unknown])
    assert ledger.partitions(TABLE) == {}


def test_several_tables_at_once(ledger: Ledger) -> None:
    other = TableSchema(TableName("mc", "items"), USER_COLUMNS)
    ledger.create_table(other)
    ledger.record([partition("20260101"), partition("20260101", 3, other.name)])
    assert ledger.partitions(other.name)["20260101"].rows == 3
    ledger.drop_table(TABLE)
    assert ledger.schema(TABLE) is None
    assert ledger.partitions(TABLE) == {}
    assert list(ledger.partitions(other.name)) == ["20260101"]
    ledger.drop_table(TABLE)


def test_more_partitions_than_one_statement_takes(ledger: Ledger) -> None:
    days = [f"{day:08}" for day in range(1000)]
    ledger.record([partition(ds) for ds in days])
    assert ledger.record([partition(ds, 2) for ds in days]) == [partition(ds) for ds in days]
    assert ledger.remove(TABLE, days) == [partition(ds, 2) for ds in days]
    assert ledger.partitions(TABLE) == {}


DAYS = st.lists(st.sampled_from(["20260101", "20260102", "20260103", ""]), max_size=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), DAYS, st.integers(0, 2**40)), max_size=8))
def test_against_a_dict(ledger: Ledger, steps: list[tuple[bool, list[str], int]]) -> None:
    ledger.drop_table(TABLE)
    ledger.create_table(SCHEMA)
    twin: dict[str, Partition] = {}
    for add, days, rows in steps:
        gone = {ds: twin.pop(ds) for ds in days if ds in twin}
        if add:
            returned = ledger.record([partition(ds, rows) for ds in days])
            twin |= {ds: partition(ds, rows) for ds in days}
        else:
            returned = ledger.remove(TABLE, days)
        assert {part.ds: part for part in returned} == gone
        assert ledger.partitions(TABLE) == dict(sorted(twin.items()))
