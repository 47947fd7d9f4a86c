"""Tables of the warehouse as DuckDB FROM items: exactly the files that the ledger names."""

from __future__ import annotations

from pathlib import Path

from sqlglot import exp

from pairec_cli.domain.tables import TableName, TableSchema
from pairec_cli.warehouse.layout import DS_KEY
from pairec_cli.warehouse.maxcompute.from_clause import Relation
from pairec_cli.warehouse.maxcompute.scope import Columns
from pairec_cli.warehouse.maxcompute.values import STRING, quote, string
from pairec_cli.warehouse.store import Warehouse
from pairec_cli.warehouse.types import parse_type
from pairec_cli.warehouse.windows import OPEN, table_uses


def table_columns(schema: TableSchema) -> Columns:
    """Columns with their types, the partition column last, as `SELECT *` gives them."""
    columns = [(column.name, parse_type(column.type)) for column in schema.columns]
    return [*columns, (schema.partition, STRING)] if schema.partition else columns


class WarehouseCatalog:
    """The tables of one query. `files` collects every file that the query will open."""

    def __init__(self, warehouse: Warehouse, project: str, query: exp.Expr) -> None:
        self.warehouse, self.project = warehouse, project
        self.files: list[Path] = []
        self._schemas: dict[TableName, TableSchema] = {}
        self._windows = {id(use.node): use.window for use in table_uses(query, self._partition_of)}

    def _partition_of(self, node: exp.Table) -> str | None:
        if not isinstance(node.this, exp.Identifier):
            return None  # a table function: the translator refuses it with its name
        return self.schema(node).partition

    def schema(self, node: exp.Table) -> TableSchema:
        """Raises NotFound with the nearest table's name."""
        name = TableName(node.db or self.project, node.name)
        if name not in self._schemas:
            self._schemas[name] = self.warehouse.schema(name)
        return self._schemas[name]

    def relation(self, node: exp.Table) -> Relation:
        """Raises NotFound with the nearest table's name."""
        schema = self.schema(node)
        window = self._windows.get(id(node), OPEN)
        files = [
            path
            for ds, path in self.warehouse.dated_files(schema.name)
            if not schema.partition or ds in window
        ]
        self.files += files
        return Relation(scan(schema, files), table_columns(schema), schema.name.project)


def scan(schema: TableSchema, files: list[Path]) -> str:
    """A FROM item with the declared columns and types; no rows when there are no files."""
    columns = [(column.name, parse_type(column.type).duckdb()) for column in schema.columns]
    if not files:
        if schema.partition:
            columns.append((schema.partition, "VARCHAR"))
        nulls = ", ".join(f"CAST(NULL AS {kind}) AS {quote(name)}" for name, kind in columns)
        return f"(SELECT {nulls} WHERE false)"
    listed = ", ".join(string(str(path)) for path in files)
    items = ", ".join(quote(name) for name, _ in columns)
    if not schema.partition:
        return f"(SELECT {items} FROM read_parquet([{listed}], hive_partitioning = false))"
    day = quote(DS_KEY) if schema.partition == DS_KEY else f"{quote(DS_KEY)} AS {quote(schema.partition)}"
    return (
        f"(SELECT {items}, {day} FROM read_parquet([{listed}], hive_partitioning = true, "
        f"hive_types = {{'{DS_KEY}': VARCHAR}}))"
    )
