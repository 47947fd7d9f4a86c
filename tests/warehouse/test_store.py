"""The store: partitions replaced whole, read back as written, refused when they do not fit."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import AlreadyExists, DataError, InvalidInput, NotFound, WorkspaceError
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.layout import Layout
from pairec_cli.warehouse.store import Warehouse
from pairec_cli.warehouse.types import arrow_type
from tests.warehouse.ledger import MemoryLedger

T = TableName("p", "t")
SCHEMA = TableSchema(T, (Column("id", "BIGINT"), Column("name", "STRING")))


@pytest.fixture
def table(warehouse: Warehouse) -> Warehouse:
    warehouse.create_table(SCHEMA)
    return warehouse


def data(*ids: int) -> pa.Table:
    return pa.table({"id": list(ids), "name": [f"n{i}" for i in ids]})


def ids(warehouse: Warehouse, days: list[str] | None = None) -> list[int]:
    return warehouse.read(T, days).column("id").to_pylist()


def part_files(warehouse: Warehouse) -> set[Path]:
    return set(warehouse.layout.root.rglob("*.parquet"))


def test_a_partition_is_replaced_whole(table: Warehouse) -> None:
    first = table.write(T, "20260101", data(1, 2))
    second = table.write(T, "20260101", data(3))
    assert ids(table) == [3]
    assert (first.rows, second.rows) == (2, 1)
    assert second.files != first.files
    assert part_files(table) == set(table.files(T)), "the replaced file is gone"
    assert second.bytes == table.files(T)[0].stat().st_size
    assert table.files(T)[0].parent == table.layout.root / "p" / "t" / "ds=20260101"


def test_equal_data_has_an_equal_fingerprint(table: Warehouse) -> None:
    one = table.write(T, "20260101", data(1))
    two = table.write(T, "20260102", data(1))
    other = table.write(T, "20260103", data(2))
    given = table.write(T, "20260104", data(2), fingerprint="mine")
    assert one.fingerprint == two.fingerprint != other.fingerprint
    assert given.fingerprint == "mine"


def test_reading_days_and_columns(table: Warehouse) -> None:
    table.write_many([(T, ds, data(int(ds[-1]))) for ds in ("20260102", "20260101", "20260103")])
    assert table.ledger.transactions == 1
    assert ids(table) == [1, 2, 3]
    assert ids(table, ["20260103", "20260101", "20251231"]) == [1, 3]
    assert table.read(T, ["20260102"], ["ds", "id"]).to_pylist() == [{"ds": "20260102", "id": 2}]
    assert table.read(T, []).schema == table.read(T).schema
    assert table.read(T, [], ["ds"]).num_rows == 0


def test_parts_of_one_partition_are_joined(table: Warehouse) -> None:
    (partition,) = table.write_many([(T, "20260101", data(1, 2)), (T, "20260101", data(3))])
    assert partition.rows == 3
    assert len(partition.files) == 2
    assert ids(table) == [1, 2, 3]


def test_batches_are_streamed(table: Warehouse) -> None:
    batches = (batch for i in range(5) for batch in data(i, i).to_batches())
    assert table.write_batches(T, "20260101", batches).rows == 10
    assert ids(table) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert table.write_batches(T, "20260101", []).rows == 0
    assert ids(table) == []


def test_columns_are_cast_and_matched_in_any_case(table: Warehouse) -> None:
    given = pa.table({"NAME": [1, 2], "Id": ["7", "8"], "ds": ["x", "x"]})
    table.write(T, "20260101", given)
    assert table.read(T).to_pylist() == [
        {"id": 7, "name": "1", "ds": "20260101"},
        {"id": 8, "name": "2", "ds": "20260101"},
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"id": [1]}, "lacks name"),
        ({"id": [1], "name": ["a"], "extra": [1]}, "has unknown extra"),
        ({"id": ["1", "2", "x", "y"], "name": list("abcd")}, "column id of p.t: row 3 holds 'x'"),
        ({"id": [1.0, 2.5], "name": ["a", "b"]}, "row 2 holds 2.5, which is not BIGINT"),
        ({"id": [[1]], "name": ["a"]}, r"row 1 holds \[1\]"),
    ],
)
def test_data_that_does_not_fit(table: Warehouse, given: dict[str, list[object]], said: str) -> None:
    table.write(T, "20260101", data(1))
    with pytest.raises(DataError, match=said):
        table.write(T, "20260101", pa.table(given))
    assert ids(table) == [1], "the old partition stays"
    assert len(part_files(table)) == 1


@pytest.mark.parametrize("ds", ["", "2026-01-01", "20261301", "x"])
def test_a_partition_is_a_day(table: Warehouse, ds: str) -> None:
    with pytest.raises((DataError, InvalidInput)):
        table.write(T, ds, data(1))


def test_a_table_without_partitions(warehouse: Warehouse) -> None:
    plain = TableSchema(T, SCHEMA.columns, None)
    warehouse.create_table(plain)
    warehouse.write(T, "", data(1))
    warehouse.write(T, "", data(2))
    assert warehouse.read(T).to_pylist() == [{"id": 2, "name": "n2"}]
    assert warehouse.files(T)[0].parent == warehouse.layout.root / "p" / "t"
    with pytest.raises(DataError, match="has no partitions"):
        warehouse.write(T, "20260101", data(1))


def test_every_type_is_read_as_written(warehouse: Warehouse) -> None:
    kinds = {
        "b": ("BOOLEAN", True),
        "t": ("TINYINT", 1),
        "i": ("INT", -5),
        "f": ("FLOAT", 0.5),
        "d": ("DOUBLE", 0.1),
        "m": ("DECIMAL(10,2)", None),
        "s": ("STRING", "中"),
        "v": ("VARCHAR(10)", "x"),
        "y": ("BINARY", b"\x00"),
        "a": ("DATE", datetime.date(2026, 1, 1)),
        "e": ("DATETIME", datetime.datetime(2026, 1, 1, 1, 2, 3)),
        "l": ("ARRAY<BIGINT>", [1, 2]),
        "p": ("MAP<STRING,DOUBLE>", [("k", 1.0)]),
        "c": ("STRUCT<x:BIGINT,y:ARRAY<STRING>>", {"x": 1, "y": ["z"]}),
    }
    warehouse.create_table(TableSchema(T, tuple(Column(n, kind) for n, (kind, _) in kinds.items())))
    columns = {name: pa.array([value], arrow_type(kind)) for name, (kind, value) in kinds.items()}
    warehouse.write(T, "20260101", pa.table(columns))
    (row,) = warehouse.read(T).to_pylist()
    assert row == {name: value for name, (_, value) in kinds.items()} | {"ds": "20260101"}


def test_unknown_names(table: Warehouse) -> None:
    with pytest.raises(NotFound, match=r"table 'p.tt' does not exist; did you mean 'p.t'"):
        table.read(TableName("p", "tt"))
    with pytest.raises(NotFound, match=r"column of p.t 'nam' does not exist; did you mean 'name'"):
        table.read(T, None, ["nam"])


@pytest.mark.parametrize(
    ("columns", "partition", "said"),
    [
        ((Column("a", "NUMBER"),), "ds", "unknown column type 'NUMBER'"),
        ((Column("a", "BIGINT"), Column("A", "STRING")), "ds", "columns named twice"),
        ((Column("ds", "STRING"),), "ds", "columns named twice"),
        ((Column("ds", "STRING"),), "dt", "ds can only be the partition column"),
        ((), "ds", "no columns"),
    ],
)
def test_bad_tables(warehouse: Warehouse, columns: tuple[Column, ...], partition: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        warehouse.create_table(TableSchema(T, columns, partition))


def test_a_table_exists_once(table: Warehouse) -> None:
    table.create_table(SCHEMA)
    with pytest.raises(AlreadyExists):
        table.create_table(TableSchema(T, (Column("id", "STRING"),)))


def test_dropping(table: Warehouse) -> None:
    table.write_many([(T, ds, data(1)) for ds in ("20260101", "20260102")])
    removed = table.drop_partitions(T, ["20260101", "20250101"])
    assert [partition.ds for partition in removed] == ["20260101"]
    assert list(table.partitions(T)) == ["20260102"]
    assert part_files(table) == set(table.files(T))
    table.drop_table(T)
    table.drop_table(T)
    assert part_files(table) == set()
    with pytest.raises(NotFound):
        table.partitions(T)


def test_sweep_removes_what_the_ledger_does_not_know(table: Warehouse) -> None:
    table.write(T, "20260101", data(1))
    for folder in ("p/t/ds=20260101", "p/t/ds=20260102", "p/gone/ds=20260101"):
        orphan = table.layout.root / folder / "part-dead.parquet"
        orphan.parent.mkdir(parents=True, exist_ok=True)
        orphan.write_bytes(b"x")
    assert table.sweep() == 3
    assert part_files(table) == set(table.files(T))
    assert ids(table) == [1]


def test_a_root_that_looks_like_a_partition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="holds '='"):
        Layout(tmp_path / "a=b")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["20260101", "20260102"]), st.lists(st.integers(-5, 5), max_size=3)),
        max_size=6,
    )
)
def test_the_last_write_wins(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, list[int]]]
) -> None:
    """Against a dict: after any sequence of writes each day holds its last one, and no file is left over."""
    warehouse = Warehouse(tmp_path_factory.mktemp("w") / "warehouse", MemoryLedger())
    warehouse.create_table(SCHEMA)
    model: dict[str, list[int]] = {}
    for ds, values in writes:
        columns = {"id": pa.array(values, pa.int64()), "name": pa.array(map(str, values), pa.string())}
        warehouse.write(T, ds, pa.table(columns))
        model[ds] = values
    assert {ds: ids(warehouse, [ds]) for ds in warehouse.partitions(T)} == model
    assert part_files(warehouse) == set(warehouse.files(T))
