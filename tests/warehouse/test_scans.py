"""Pruning: fewer files are opened, and never another row comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse import scans
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.maxcompute.dialect import parse
from pairec_cli.warehouse.maxcompute.queries import QueryTranslator
from pairec_cli.warehouse.scans import WarehouseCatalog
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

A, B, C = TableName("p", "a"), TableName("p", "b"), TableName("p", "c")
DAYS = ("20260101", "20260102", "20260103")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """`a` and `b` by ds, `c` by dt; x runs over the days so that joins across days match."""
    warehouse = Warehouse(tmp_path_factory.mktemp("scans") / "warehouse", MemoryLedger())
    for table, partition in ((A, "ds"), (B, "ds"), (C, "dt")):
        warehouse.create_table(TableSchema(table, (Column("x", "BIGINT"), Column("d", "STRING")), partition))
        for index, ds in enumerate(DAYS):
            warehouse.write(table, ds, pa.table({"x": [index, 1, None], "d": [ds, DAYS[0], None]}))
    with DuckDBEngine(warehouse, threads=1) as engine:
        yield engine


def opened(engine: DuckDBEngine, query: str) -> list[str]:
    """Which files a query would open, as `table/day`, repeats included."""
    tree = parse(query)
    catalog = WarehouseCatalog(engine.warehouse, "p", tree)
    QueryTranslator(catalog).query(tree)
    return sorted(f"{path.parts[-3]}/{path.parent.name[-1]}" for path in catalog.files)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select * from a where ds = '20260102'", ["a/2"]),
        ("select * from a where ds > '20260101'", ["a/2", "a/3"]),
        ("select * from c where dt = '20260103'", ["c/3"]),
        ("select * from c where d = '20260103'", ["c/1", "c/2", "c/3"]),
        ("select * from a where ds = '20250101'", []),
        (
            "select 1 from a join b on a.x = b.x where a.ds = '20260101' and b.ds < '20260103'",
            ["a/1", "b/1", "b/2"],
        ),
        ("with w as (select * from a) select * from w where ds = '20260102'", ["a/2"]),
    ],
)
def test_only_the_needed_files_are_opened(engine: DuckDBEngine, query: str, expected: list[str]) -> None:
    assert opened(engine, query) == expected


JOINS = ["join", "left join", "right join", "full join", "left semi join", "left anti join"]
CONDITIONS = [
    "a.x = b.x and b.ds = '20260102'",
    "a.x = b.x and a.ds = '20260102'",
    "a.x = b.x and a.ds = '20260101' and b.ds >= '20260102'",
    "a.ds = b.ds and (b.ds = '20260101' or b.ds = '20260103')",
]
FILTERS = ["1 = 1", "a.ds > '20260101'", "a.ds in ('20260101', '20260103')", "not a.ds = '20260102'"]
NESTED = [
    "select * from (select ds, x from a union all select ds, x from b) t where t.ds = '20260102'",
    "select * from (select ds, row_number() over (order by ds, x) r from a) t where ds = '20260103'",
    "select * from (select ds, x from a order by ds, x limit 4) t where ds = '20260102'",
    "select * from (select max(ds) ds, x from a group by x) t where ds = '20260101'",
    "select * from (select distinct ds from a) t where ds < '20260103'",
    "select * from (select d as ds, x from a) t where ds = '20260101'",
    "select * from (select ds, x from a minus select ds, x from b where x = 1) t where ds = '20260102'",
    "with w as (select ds, x from a) select v.ds, w.ds from w join w v on w.x = v.x "
    "where w.ds = '20260101' and v.ds = '20260102'",
    "select * from a where x in (select x from b where ds = '20260103') and ds < '20260103'",
    "select * from a where exists (select 1 from b where b.ds = a.ds and b.ds = '20260102')",
    "select a.ds, c.dt from a join c on a.ds = c.dt where dt = '20260102' and ds >= '20260102'",
    "select a.x from a left join b on a.x = b.x and b.ds = '20260101' "
    "left join c on c.dt = b.ds where c.dt is null",
    "select * from (select * from a) t where ds between 20260102 and 20260103",
]
QUERIES = [
    *(f"select a.* from a {join} b on {on} where {FILTERS[0]}" for join in JOINS for on in CONDITIONS),
    *(
        f"select a.* from a {join} b on {CONDITIONS[2]} where {where}"
        for join in JOINS
        for where in FILTERS[1:]
    ),
    *NESTED,
]


def test_pruning_changes_no_result(engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of join, condition and nesting, with and without pruning."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        table = engine.query(query, project="p")
        found = zip(*(column.to_pylist() for column in table.columns), strict=True)
        return sorted(found, key=repr)

    pruned = {query: rows(query) for query in QUERIES}
    monkeypatch.setattr(scans, "table_uses", lambda query, partition_of: [])
    assert {query: rows(query) for query in QUERIES} == pruned
    assert sum(map(bool, pruned.values())) > len(QUERIES) / 2, "most of them return rows"
