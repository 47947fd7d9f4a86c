"""The engine: the tutorial's SQL unchanged, queries in batches, its time zone, its walls."""

from __future__ import annotations

import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.tables import DEMO_COLUMNS, DEMO_TABLES, PUBLIC_PROJECT, Column, TableName, TableSchema
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse

DATA = Path(__file__).parent / "data"
T = TableName("p", "t")


@pytest.fixture
def public(warehouse: Warehouse) -> Warehouse:
    """The public project with three days of two rows each."""
    for role, columns in DEMO_COLUMNS.items():
        table = TableName(PUBLIC_PROJECT, DEMO_TABLES[role])
        warehouse.create_table(TableSchema(table, columns))
        for ds in ("20260101", "20260102", "20260103"):
            rows = {c.name: [f"{ds}a", f"{ds}b"] if c.type == "STRING" else [1, 2] for c in columns}
            warehouse.write(table, ds, pa.table(rows))
    return warehouse


def test_the_tutorials_clone_runs_unchanged(public: Warehouse, engine: DuckDBEngine) -> None:
    script = (DATA / "tutorial" / "clone.sql").read_text()
    parameters = {"bizdate": "20260102", "bizdate_100": "20250924"}
    for _ in range(2):  # run again, it says and changes nothing else
        results = engine.run_script(
            script, parameters=parameters, project="me", fingerprint="f", command=None, log=lambda line: None
        )
        assert [result.rows for result in results] == [None, 4, None, 4, None, 4]
    for name in DEMO_TABLES.values():
        source, copy = TableName(PUBLIC_PROJECT, name), TableName("me", f"{name}_v1")
        assert list(public.partitions(copy)) == ["20260101", "20260102"]
        assert public.read(copy) == public.read(source, ["20260101", "20260102"])
        assert public.schema(copy).columns == public.schema(source).columns
        assert {partition.fingerprint for partition in public.partitions(copy).values()} == {"f"}


def test_the_tutorials_recall_target_and_virtual_node(public: Warehouse, engine: DuckDBEngine) -> None:
    query = (DATA / "tutorial" / "recall_target.sql").read_text()
    parameters = {
        "behavior_table": "pai_online_project.rec_sln_demo_behavior_table",
        "bizdate_start": "20260101",
        "bizdate_end": "20260102",
    }
    found = engine.query(query, parameters=parameters, project="me")
    assert found.num_rows == 4
    assert set(found.column("is_click").to_pylist()) == {0}
    log: list[str] = []
    node = (DATA / "tutorial" / "virtual_node.sql").read_text()
    engine.run_script(node, parameters={}, project="me", fingerprint=None, command=None, log=log.append)
    assert log == ["_c0", "1"]


def test_batches_give_the_same_rows(warehouse: Warehouse, engine: DuckDBEngine) -> None:
    warehouse.create_table(TableSchema(T, (Column("x", "BIGINT"),)))
    warehouse.write(T, "20260101", pa.table({"x": list(range(1000))}))
    batches = list(engine.query_batches("select x + 1 as y from t order by y", project="p", rows=300))
    assert max(batch.num_rows for batch in batches) <= 300 or len(batches) > 1
    assert pa.Table.from_batches(batches).column("y").to_pylist() == list(range(1, 1001))


def test_the_instances_time_zone_places_unix_time(warehouse: Warehouse) -> None:
    query = (
        "select from_unixtime(0) a, unix_timestamp('1970-01-01 08:00:01') b, "
        "from_unixtime(57600, 'yyyyMMdd') c, to_char(from_unixtime(57599), 'yyyymmdd') d"
    )
    with DuckDBEngine(warehouse, timezone="Asia/Shanghai") as engine:
        assert engine.query(query, project="p").to_pylist() == [
            {"a": datetime.datetime(1970, 1, 1, 8), "b": 1, "c": "19700102", "d": "19700101"}
        ]


def test_it_opens_again_after_close(warehouse: Warehouse) -> None:
    engine = DuckDBEngine(warehouse)
    for _ in range(2):
        assert engine.query("select 1 as x", project="p").to_pylist() == [{"x": 1}]
        engine.close()
    assert list(warehouse.layout.staging.iterdir()) == []


def test_settings_reach_duckdb(warehouse: Warehouse, tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with DuckDBEngine(warehouse, threads=1, memory_limit="300MB", temp_directory=spill) as engine:
        found = engine.connection.execute(
            "select current_setting('threads'), current_setting('memory_limit'), "
            "current_setting('temp_directory')"
        ).fetchone()
        assert found is not None
        assert found[:2] == (1, "286.1 MiB")
        assert Path(found[2]).parent == spill
    assert list(spill.iterdir()) == []


def test_it_spills_when_memory_is_short(warehouse: Warehouse, tmp_path: Path) -> None:
    with DuckDBEngine(warehouse, threads=1, memory_limit="32MB", temp_directory=tmp_path / "s") as engine:
        rows = engine.connection.execute(
            "select count(*) from (select md5(x::varchar) h, x from range(400000) r(x) order by h)"
        ).fetchone()
    assert rows == (400000,)


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_csv('{path}')",
        "select * from '{path}'",
        "copy (select 1) to '{path}'",
        "install httpfs",
        "set enable_external_access = true",
        "attach '{path}'",
    ],
)
def test_nothing_outside_the_warehouse_is_touched(engine: DuckDBEngine, tmp_path: Path, text: str) -> None:
    """Even DuckDB text, which no script can reach, is held by DuckDB's own walls."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.Error):
        engine.connection.execute(text.format(path=secret)).fetchall()
    assert secret.read_text() == "a\n1\n"


def test_python_variables_are_no_tables(engine: DuckDBEngine) -> None:
    secret = pa.table({"x": [1]})
    with pytest.raises(duckdb.Error):
        engine.connection.execute("select * from secret").fetchall()
    assert secret.num_rows == 1


def test_an_error_of_duckdb_becomes_ours(engine: DuckDBEngine) -> None:
    with pytest.raises(SqlError, match="Overflow"):
        engine.query("select 9223372036854775807 + 1", project="p")
