"""A little warehouse with the demo's three tables, and a way to run nodes in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pairec_cli.domain.ds import resolve_parameters, unix_start
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import (
    BEHAVIOR_COLUMNS,
    ITEM_COLUMNS,
    USER_COLUMNS,
    Column,
    TableName,
    TableSchema,
)
from pairec_cli.warehouse.commands import CommandRunner
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "STRING": pa.string()}
Row = Mapping[str, Any]


class World:
    """Tables of one project; `solution` may be replaced before the first node runs."""

    def __init__(self, root: Path, solution: Solution, command: CommandRunner | None = None) -> None:
        self.solution, self.command = solution, command
        self.warehouse = Warehouse(root / "warehouse", MemoryLedger())
        self.engine = DuckDBEngine(self.warehouse, threads=2)
        tables = solution.data_tables
        self.sources = {
            tables.user.table: USER_COLUMNS,
            tables.item.table: ITEM_COLUMNS,
            tables.behavior.table: BEHAVIOR_COLUMNS,
        }

    def close(self) -> None:
        self.engine.close()

    def put(self, table: str, ds: str, rows: Iterable[Row], columns: Sequence[Column] | None = None) -> None:
        """Write one partition; columns that a row does not name are NULL."""
        columns = columns or self.sources[table]
        name = TableName(TableNames(self.solution).project, table)
        self.warehouse.create_table(TableSchema(name, tuple(columns)))
        rows = list(rows)
        schema = pa.schema([(column.name, ARROW[column.type]) for column in columns])
        data = {column.name: [row.get(column.name) for row in rows] for column in columns}
        self.warehouse.write(name, ds, pa.table(data, schema=schema))

    def put_users(self, ds: str, rows: Iterable[Row]) -> None:
        self.put(self.solution.data_tables.user.table, ds, rows)

    def put_items(self, ds: str, rows: Iterable[Row]) -> None:
        self.put(self.solution.data_tables.item.table, ds, rows)

    def put_behavior(self, ds: str, rows: Iterable[Row]) -> None:
        self.put(self.solution.data_tables.behavior.table, ds, rows)

    def run(self, nodes: Node | Iterable[Node], ds: str) -> None:
        for node in [nodes] if isinstance(nodes, Node) else nodes:
            self.engine.run_script(
                node.script,
                parameters=resolve_parameters(dict(node.parameters), ds),
                project=TableNames(self.solution).project,
                fingerprint="f",
                command=self.command,
                log=lambda line: None,
            )

    def rows(self, table: str, ds: str) -> list[dict[str, Any]]:
        """The partition's rows, ordered by the first column."""
        name = TableName(TableNames(self.solution).project, table)
        found = self.warehouse.read(name, [ds]).to_pylist()
        return sorted(found, key=lambda row: str(next(iter(row.values()))))


def at(ds: str, hour: int = 0) -> int:
    return unix_start(ds) + hour * 3600


def event(user: str, item: str, what: str = "click", **more: Any) -> dict[str, Any]:
    return {"request_id": "r", "user_id": user, "item_id": item, "event": what, "page": "home"} | more
