"""What each statement does to the warehouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import AlreadyExists, DataError, NotFound, SqlError, UnsupportedSql
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.commands import CommandContext
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse

Run = Callable[..., list[str]]
Rows = Callable[..., list[tuple[Any, ...]]]
T = TableName("p", "t")


@pytest.fixture(autouse=True)
def tables(run: Run) -> None:
    run(
        "create table t (a bigint, b string) partitioned by (ds string);"
        "create table s (a bigint, b string);"
        "insert into s values (1, 'x'), (2, 'y'), (3, null)"
    )


def test_create_table_keeps_columns_types_and_comments(run: Run, warehouse: Warehouse) -> None:
    run(
        "create table if not exists q.full (a BIGINT comment 'an id', b decimal(10, 2), c array<string>,"
        " d map<string, bigint>, e datetime, f varchar(20), g struct<x:int,y:double>)"
        " comment 'all' partitioned by (dt string comment 'day') stored as aliorc lifecycle 90"
    )
    schema = warehouse.schema(TableName("q", "full"))
    assert [(c.name, c.type, c.comment) for c in schema.columns] == [
        ("a", "BIGINT", "an id"),
        ("b", "DECIMAL(10,2)", ""),
        ("c", "ARRAY<STRING>", ""),
        ("d", "MAP<STRING,BIGINT>", ""),
        ("e", "DATETIME", ""),
        ("f", "VARCHAR(20)", ""),
        ("g", "STRUCT<x:INT,y:DOUBLE>", ""),
    ]
    assert (schema.partition, schema.comment) == ("dt", "all")


def test_create_table_twice(run: Run, warehouse: Warehouse) -> None:
    assert run("create table if not exists t (z string)") == ["p.t exists"]
    assert warehouse.schema(T).column_names == ["a", "b"]
    with pytest.raises(AlreadyExists, match=r"p\.t exists \(line 2\)"):
        run("\ncreate table t (a bigint)")


def test_create_like_and_as(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    run("create table u like t; create table v as select a + 1 as n, null as z, 1.5 d from s where a < 3")
    assert warehouse.schema(TableName("p", "u")).partition == "ds"
    schema = warehouse.schema(TableName("p", "v"))
    assert [(c.name, c.type) for c in schema.columns] == [("n", "BIGINT"), ("z", "STRING"), ("d", "DOUBLE")]
    assert rows("select * from v order by n") == [(2, None, 1.5), (3, None, 1.5)]


def test_insert_into_one_partition(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    log = run(
        "insert overwrite table t partition(ds='${day}') select a, b from s where a < 3", day="20260101"
    )
    assert log == ["wrote 2 rows to p.t ds=20260101"]
    run("insert overwrite table t partition(ds='20260102') select a, b from s")
    run("insert overwrite table t partition(ds='20260101') select a * 10, b from t where ds = '20260101'")
    assert rows("select * from t order by ds, a") == [
        (10, "x", "20260101"),
        (20, "y", "20260101"),
        (1, "x", "20260102"),
        (2, "y", "20260102"),
        (3, None, "20260102"),
    ]
    assert len(list(warehouse.layout.table(T).rglob("*.parquet"))) == 2


def test_an_empty_result_still_makes_the_partition(run: Run, warehouse: Warehouse) -> None:
    run("insert overwrite table t partition(ds='20260101') select a, b from s where a > 9")
    assert warehouse.partitions(T)["20260101"].rows == 0
    assert warehouse.read(T).num_rows == 0


def test_the_rows_decide_the_partition(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    run("insert overwrite table t partition(ds) select 9, 'old', '20260103'")
    run("insert overwrite table t partition(ds) select a, b, concat('2026010', a) from s where a < 3")
    assert rows("select a, ds from t order by ds") == [(1, "20260101"), (2, "20260102"), (9, "20260103")]
    run("insert overwrite table t partition(ds) select a, b, '20260101' from s where a > 9")
    assert rows("select count(*) from t") == [(3,)], "no rows, no partition touched"


@pytest.mark.parametrize(
    ("value", "shown"), [("null", "NULL"), ("'x'", "'x'"), ("'2026-01-01'", "'2026-01-01'")]
)
def test_a_partition_value_that_is_no_day(run: Run, warehouse: Warehouse, value: str, shown: str) -> None:
    with pytest.raises(DataError, match=f"has the partition value {shown}"):
        run(
            "insert overwrite table t partition(ds) "
            f"select 1, 'a', '20260101' union all select 1, 'b', {value}"
        )
    assert warehouse.partitions(T) == {}


def test_insert_into_appends(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    run("insert into t partition(ds='20260101') values (1, 'a')", fingerprint="f")
    run("insert into t partition(ds) select 2, 'b', '20260101'", fingerprint="g")
    assert rows("select a, b from t order by a") == [(1, "a"), (2, "b")]
    (partition,) = warehouse.partitions(T).values()
    assert (partition.rows, len(partition.files)) == (2, 2)
    assert partition.fingerprint not in ("f", "g")
    run(
        "insert overwrite table t partition(ds='20260102') select 1, 'a'; "
        "insert into t partition(ds='20260102') select 2, 'b'",
        fingerprint="f",
    )
    assert warehouse.partitions(T)["20260102"].fingerprint == "f", "one run, one fingerprint"


def test_insert_with_a_column_list(run: Run, rows: Rows) -> None:
    run("insert into table t partition(ds='20260101') (b) select b from s where a = 1")
    assert rows("select a, b from t") == [(None, "x")]
    with pytest.raises(NotFound, match="'c' does not exist"):
        run("insert into table t partition(ds='20260101') (c) select 1")


def test_values_are_cast_by_position(run: Run, rows: Rows) -> None:
    run("insert overwrite table t partition(ds='20260101') select '7.9' as b, 12 as a")
    run("insert overwrite table t partition(ds='20260102') select distinct 'x', a from s where a = 1")
    run("insert overwrite table t partition(ds='20260103') select 1.9, 'u' union all select 2, 'v'")
    assert rows("select a, b from t order by ds, a") == [(7, "12"), (None, "1"), (1, "u"), (2, "v")]


def test_with_before_insert(run: Run, rows: Rows) -> None:
    run(
        "with w as (select a, b from s where a = 2) "
        "insert overwrite table t partition(ds='20260101') select * from w"
    )
    run("insert overwrite table t partition(ds='20260102') with w as (select 5 as a) select a, 'z' from w")
    assert rows("select a, ds from t order by ds") == [(2, "20260101"), (5, "20260102")]


def test_order_is_kept(run: Run, engine: DuckDBEngine) -> None:
    run(
        "create table o as select a from s lateral view explode(split(repeat('x,', 999), ',')) v as n;"
        "create table sorted as select a from o order by a desc"
    )
    found = engine.warehouse.read(TableName("p", "sorted")).column("a").to_pylist()
    assert found == sorted(found, reverse=True)
    assert len(found) == 3 * 999


def test_partitions_by_alter(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    for day in ("20260101", "20260102", "20260103"):
        run(f"insert into t partition(ds='{day}') values (1, 'a')")
    run(
        "alter table t add if not exists partition (ds='20260101');"
        "alter table t add partition (ds='20260104')"
    )
    assert [p.rows for p in warehouse.partitions(T).values()] == [1, 1, 1, 0]
    with pytest.raises(AlreadyExists):
        run("alter table t add partition (ds='20260104')")
    run("alter table t drop if exists partition (ds<'20260102'), partition (ds='20260104')")
    assert list(warehouse.partitions(T)) == ["20260102", "20260103"]
    run("alter table t drop if exists partition (ds='20250101')")
    with pytest.raises(NotFound, match=r"partition 'p.t/20250101' does not exist"):
        run("alter table t drop partition (ds='20250101')")
    run("truncate table t partition (ds='20260102')")
    assert rows("select ds from t") == [("20260103",)]
    run("truncate table t; truncate table s")
    assert rows("select count(*) from t union all select count(*) from s") == [(0,), (0,)]
    assert list(warehouse.partitions(T)) == ["20260102", "20260103"]


def test_drop_table(run: Run, warehouse: Warehouse) -> None:
    run("drop table s; drop table if exists s")
    with pytest.raises(NotFound, match=r"'p\.s'"):
        run("drop table s")
    assert warehouse.schemas("p") == [warehouse.schema(T)]


def test_looking_around(run: Run) -> None:
    run("insert into t partition(ds='20260101') values (1, 'a')")
    assert run("show tables") == ["table", "s", "t"]
    assert run("show partitions t") == ["partition", "ds=20260101"]
    assert run("desc s") == ["column\ttype\tcomment", "a\tBIGINT\t", "b\tSTRING\t"]
    assert run("select * from s order by a desc limit 2") == ["a\tb", "3\tNULL", "2\ty"]
    log = run("select explode(split('1,2,3,4,5,6,7,8,9,10,11', ',')) as n")
    assert len(log) == 12
    assert log[-1] == "… only the first 10 rows are shown"


ERRORS: list[tuple[str, type[Exception], int | None, str]] = [
    ("insert overwrite table t select 1, 'a'", SqlError, 1, "p.t is partitioned by ds"),
    ("insert overwrite table s partition(ds='20260101') select 1, 'a'", SqlError, 1, "p.s has no partitions"),
    ("insert into t partition(dt='20260101') select 1, 'a'", SqlError, 1, "p.t is partitioned by ds"),
    ("insert into t partition(ds='latest') select 1, 'a'", SqlError, 1, "'latest' is not a day"),
    ("insert into t partition(ds='2026-01-01') select 1, 'a'", SqlError, 1, "is not a day"),
    (
        "\ninsert into t partition(ds='20260101')\nselect a from s",
        SqlError,
        3,
        "gives 1 columns, the table takes 2",
    ),
    ("insert into t partition(ds) select 1, 'a'", SqlError, 1, "gives 2 columns, the table takes 3"),
    ("insert into tt partition(ds='20260101') select 1", NotFound, None, "did you mean 'p.t'"),
    (
        "select 1;\ninsert into s select a, b\nfrom s\nwhere wrong = 1",
        SqlError,
        4,
        "column wrong does not exist",
    ),
    ("select 1;\n\nselect a b c d from s", SqlError, 3, "syntax error near 'c'.*\n  select a b c d from s"),
    ("create table x (a number)", SqlError, 1, "number"),
    (
        "create table x (a bigint) partitioned by (ds string, hh string)",
        UnsupportedSql,
        1,
        "one STRING column",
    ),
    ("create table x (a bigint not null)", UnsupportedSql, 1, "a constraint on column a"),
    ("create table x (a bigint) tblproperties ('transactional'='true')", UnsupportedSql, 1, "PROPERTY"),
    ("create view x as select 1", UnsupportedSql, 1, "CREATE VIEW"),
    ("create or replace table x (a bigint)", UnsupportedSql, 1, "REPLACE in CREATE"),
    ("desc t partition(ds='20260101')", UnsupportedSql, 1, "PARTITION in DESCRIBE"),
    ("drop table s cascade", UnsupportedSql, 1, "CASCADE in DROP"),
    ("create table x", SqlError, 1, "needs columns"),
    ("update s set a = 1", UnsupportedSql, 1, "UPDATE is not supported"),
    ("delete from s", UnsupportedSql, 1, "DELETE is not supported"),
    ("alter table s rename to r", UnsupportedSql, 1, "is not supported"),
    ("alter table s add columns (z string)", UnsupportedSql, 1, "is not supported"),
    ("drop view s", UnsupportedSql, 1, "DROP VIEW"),
    ("insert overwrite directory 'x' select 1", SqlError, 1, ""),
    ("grant select on s to u", SqlError, 1, ""),
    ("use p", UnsupportedSql, 1, "USE is not supported"),
    ("set odps.sql.hive.compatible=true; select 1", UnsupportedSql, 1, "odps.sql.hive.compatible=true"),
    ("PAI -name x", SqlError, 1, "PAI commands cannot run here: x"),
]


@pytest.mark.parametrize(("script", "kind", "line", "said"), ERRORS, ids=[case[0][:60] for case in ERRORS])
def test_errors(run: Run, script: str, kind: type[Exception], line: int | None, said: str) -> None:
    with pytest.raises(kind) as caught:
        run(script)
    assert re.search(said, str(caught.value), re.DOTALL)
    assert line is None or (isinstance(caught.value, SqlError) and caught.value.line == line)


def test_statements_before_a_failure_stay_done(run: Run, rows: Rows) -> None:
    with pytest.raises(SqlError):
        run("insert overwrite table s select 7, 'z'; insert overwrite table s select nothing, 'z'")
    assert rows("select * from s") == [(7, "z")]


def test_pai_commands_go_to_the_caller(engine: DuckDBEngine, warehouse: Warehouse) -> None:
    seen: list[tuple[PaiCommand, CommandContext]] = []

    def command(given: PaiCommand, context: CommandContext) -> list[Any]:
        seen.append((given, context))
        return [context.warehouse.write(T, "20260101", pa.table({"a": [1], "b": ["x"]}), fingerprint="c")]

    (result,) = engine.run_script(
        "\nPAI -name etrec -DoutputTableName=t -DoutputTablePartition=ds=${bizdate};",
        parameters={"bizdate": "20260101"},
        project="p",
        fingerprint="f",
        command=command,
        log=print,
    )
    ((given, context),) = seen
    assert given.parameters["outputTablePartition"] == "ds=20260101"
    assert (context.project, context.fingerprint, context.line, context.threads) == ("p", "f", 2, 2)
    assert result.rows == 1
    assert result.written == (warehouse.partitions(T)["20260101"],)


def test_a_query_looks_again_when_a_file_was_replaced(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("insert into t partition(ds='20260101') values (1, 'a')")
    honest = warehouse.dated_files
    gone = [("20260101", warehouse.layout.partition(T, "20260101") / "part-gone.parquet")]
    answers = [gone]
    monkeypatch.setattr(warehouse, "dated_files", lambda *args: answers.pop() if answers else honest(*args))
    assert run("select a from t") == ["a", "1"]


def test_a_damaged_file_is_an_error_with_its_line(run: Run, warehouse: Warehouse) -> None:
    run("insert into t partition(ds='20260101') values (1, 'a')")
    warehouse.files(T)[0].write_bytes(b"broken")
    with pytest.raises(SqlError, match="line 2"):
        run("\nselect a from t")
