"""The local engine: the tutorial's SQL unchanged, writes through the ledger, errors with lines."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.tables import DEMO_COLUMNS, DEMO_TABLES, PUBLIC_PROJECT, TableName, TableSchema
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

DATA = Path(__file__).parent / "data"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """The public project with three days of two rows each."""
    warehouse = Warehouse(tmp_path / "warehouse", MemoryLedger())
    for role, columns in DEMO_COLUMNS.items():
        table = TableName(PUBLIC_PROJECT, DEMO_TABLES[role])
        warehouse.create_table(TableSchema(table, columns))
        for ds in ("20260101", "20260102", "20260103"):
            rows = {c.name: [f"{ds}a", f"{ds}b"] if c.type == "STRING" else [1, 2] for c in columns}
            warehouse.write(table, ds, pa.table(rows))
    return warehouse


def test_the_tutorials_clone_runs_unchanged(warehouse: Warehouse) -> None:
    script = (DATA / "tutorial" / "clone.sql").read_text()
    parameters = {"bizdate": "20260102", "bizdate_100": "20250924"}
    with DuckDBEngine(warehouse) as engine:
        results = engine.run_script(
            script, parameters=parameters, project="me", fingerprint="f", command=None, log=lambda line: None
        )
    assert [result.rows for result in results] == [None, 4, None, 4, None, 4]
    for name in DEMO_TABLES.values():
        source, copy = TableName(PUBLIC_PROJECT, name), TableName("me", f"{name}_v1")
        assert list(warehouse.partitions(copy)) == ["20260101", "20260102"]
        assert warehouse.read(copy) == warehouse.read(source, ["20260101", "20260102"])
        assert {partition.fingerprint for partition in warehouse.partitions(copy).values()} == {"f"}
