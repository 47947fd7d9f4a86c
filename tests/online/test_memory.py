"""Sources in memory behave as the servers they stand for."""

from __future__ import annotations

from datetime import datetime

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig, InvalidInput
from pairec_cli.domain.sources import DaoConf
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemorySources, MemoryTable
from pairec_cli.online.sql_tables import AlreadyThere

DDL = "create table t(id int8, ok bool, price numeric(10,2), tags text[], at timestamp, name text)"


def test_values_come_as_the_columns_declare_them() -> None:
    row = (7, True, 10, ["red", "x"], "2024-01-02 08:00:00", None)
    database = MemoryDatabase({"t": MemoryTable(DDL, [row])})
    names, ((key, ok, price, tags, at, name),) = database.query("SELECT * FROM t WHERE id = ?", ["7"])
    assert names == ["id", "ok", "price", "tags", "at", "name"]
    assert (key, ok, tags, at, name) == (7, True, ["red", "x"], datetime(2024, 1, 2, 8), None)
    assert isinstance(price, float)


HOLOGRES = """BEGIN;
CREATE TABLE "shown" ("uid" text NOT NULL, "item" text DEFAULT 'a;b', PRIMARY KEY ("uid"));
CALL SET_TABLE_PROPERTY('"shown"', 'orientation', 'column');
call set_table_property('"shown"', 'time_to_live_in_seconds', '172800');
comment on table "shown" is 'what users saw; the owner''s';
COMMIT;
"""


def test_a_hologres_tables_properties_and_comments_are_passed_over() -> None:
    database = MemoryDatabase({"shown": MemoryTable(HOLOGRES)})
    database.execute("insert into shown(uid) values ('u')")
    assert database.rows("shown") == [("u", "a;b")]


def test_like_tells_cases_apart() -> None:
    database = MemoryDatabase({"t": MemoryTable("create table t(name text)", [["Tea"], ["tea"]])})
    assert database.query("SELECT name FROM t WHERE name LIKE 'T%'", [])[1] == [("Tea",)]


def test_errors_of_the_database_are_ours() -> None:
    database = MemoryDatabase({"t": MemoryTable("create table t(id int primary key)", [[1]])})
    with pytest.raises(DataError, match="no such table"):
        database.query("SELECT * FROM gone", [])
    with pytest.raises(AlreadyThere):
        database.execute("insert into t values (1)")


@pytest.mark.parametrize(
    "table", [MemoryTable("create tabel t(id int)"), MemoryTable("create table t(i int)", [[1, 2]])]
)
def test_a_state_that_cannot_be_made_is_the_users(table: MemoryTable) -> None:
    with pytest.raises(InvalidInput, match="table 't' of the state cannot be made"):
        MemoryDatabase({"t": table})


def test_lists_are_read_by_position_and_strings_are_none() -> None:
    lists = MemoryLists({"l": ["a", "b", "c"]}, {"s": "text"})
    assert lists.lrange("l", 0, 1) == ["a", "b"]
    assert lists.lrange("absent", 0, 9) == []
    for use in (lambda: lists.lrange("s", 0, 1), lambda: lists.push("s", "x", 1, 0)):
        with pytest.raises(DataError, match="does not hold a list"):
            use()
    lists.delete("s")
    assert lists.lrange("s", 0, 1) == []


def test_every_source_is_the_same_state() -> None:
    sources = MemorySources(MemoryDatabase({}), MemoryLists({}))
    kinds = ("hologres", "mysql", "redis", "tablestore", "featurestore")
    assert tuple(sources.open(DaoConf(kind)).adapter for kind in kinds) == kinds
    with pytest.raises(InvalidConfig, match="'lindorm' is not served here"):
        sources.open(DaoConf("lindorm"))
