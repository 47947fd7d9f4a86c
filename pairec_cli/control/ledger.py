"""The ledger of tables and partitions, kept in the control plane (`pairec_cli.domain.ledger.Ledger`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_

from pairec_cli.control.connections import Database
from pairec_cli.control.schema import partitions as p
from pairec_cli.control.schema import table_schemas as t
from pairec_cli.domain.errors import AlreadyExists, NotFound
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.tables import Column, TableName, TableSchema

_CHUNK = 300
"""Keys per statement: three values each, below SQLite's oldest limit of 999."""


class ControlLedger:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def schema(self, table: TableName) -> TableSchema | None:
        with self._database.read() as connection:
            return _find(connection, table)

    def schemas(self, project: str | None = None) -> list[TableSchema]:
        """By project and table."""
        query = select(t).order_by(t.c.project, t.c.table_name)
        if project is not None:
            query = query.where(t.c.project == project)
        with self._database.read() as connection:
            return [_schema(row) for row in connection.execute(query)]

    def create_table(self, schema: TableSchema) -> None:
        """Raises AlreadyExists when the table exists with other columns; equal columns are no change."""
        with self._database.write() as connection:
            found = _find(connection, schema.name)
            if found is None:
                connection.execute(insert(t).values(_values(schema)))
            elif _shape(found) != _shape(schema):
                raise AlreadyExists(
                    f"table {schema.name} exists with other columns: {_difference(found, schema)}",
                    hint=f"DROP TABLE {schema.name}; then create it again",
                )

    def drop_table(self, table: TableName) -> None:
        """The table and its partitions; nothing when there is no such table."""
        with self._database.write() as connection:
            connection.execute(delete(t).where(t.c.project == table.project, t.c.table_name == table.table))

    def partitions(self, table: TableName) -> dict[str, Partition]:
        """ds → partition, ascending."""
        query = select(p).where(*_of(table)).order_by(p.c.ds)
        with self._database.read() as connection:
            return {row.ds: _partition(row) for row in connection.execute(query)}

    def record(self, partitions: Sequence[Partition]) -> list[Partition]:
        """Put all of them in place at once (of two with one key, the later); returns those they replaced.

        Raises NotFound for a table that was never created.
        """
        rows = {(part.table.project, part.table.table, part.ds): _row(part) for part in partitions}
        with self._database.write() as connection:
            for table in dict.fromkeys(part.table for part in partitions):
                if _find(connection, table) is None:
                    raise NotFound("table", str(table), hint="CREATE TABLE comes first")
            replaced = _take(connection, list(rows))
            if rows:
                connection.execute(insert(p), list(rows.values()))
        return replaced

    def remove(self, table: TableName, days: Sequence[str]) -> list[Partition]:
        """Forget partitions; returns what was removed."""
        with self._database.write() as connection:
            return _take(connection, [(table.project, table.table, ds) for ds in dict.fromkeys(days)])


def _of(table: TableName) -> tuple[Any, Any]:
    return p.c.project == table.project, p.c.table_name == table.table


def _find(connection: Connection, table: TableName) -> TableSchema | None:
    row = connection.execute(
        select(t).where(t.c.project == table.project, t.c.table_name == table.table)
    ).one_or_none()
    return _schema(row) if row is not None else None


def _take(connection: Connection, keys: list[tuple[str, str, str]]) -> list[Partition]:
    """Delete the partitions with these keys; returns those that were there."""
    taken: list[Partition] = []
    for chunk in _chunks(keys):
        where = tuple_(p.c.project, p.c.table_name, p.c.ds).in_(chunk)
        taken += [_partition(row) for row in connection.execute(select(p).where(where))]
        connection.execute(delete(p).where(where))
    return taken


def _chunks(keys: list[tuple[str, str, str]]) -> Iterable[list[tuple[str, str, str]]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))


def _shape(schema: TableSchema) -> tuple[list[tuple[str, str]], str | None]:
    return [(column.name, column.type) for column in schema.columns], schema.partition


def _difference(old: TableSchema, new: TableSchema) -> str:
    """The first thing in which two schemas differ, in words."""
    (had, had_partition), (wants, wants_partition) = _shape(old), _shape(new)
    for name, kind in had:
        if name not in dict(wants):
            return f"it has {name} {kind}"
        if dict(wants)[name] != kind:
            return f"its {name} is {kind}, not {dict(wants)[name]}"
    for name, kind in wants:
        if name not in dict(had):
            return f"it lacks {name} {kind}"
    if had_partition != wants_partition:
        return f"it is partitioned by {had_partition or 'nothing'}, not {wants_partition or 'nothing'}"
    return "their order differs"


def _values(schema: TableSchema) -> dict[str, Any]:
    return {
        "project": schema.name.project,
        "table_name": schema.name.table,
        "columns": [[column.name, column.type, column.comment] for column in schema.columns],
        "partition_column": schema.partition,
        "comment": schema.comment,
    }


def _schema(row: Row[Any]) -> TableSchema:
    columns = tuple(Column(*column) for column in row.columns)
    return TableSchema(TableName(row.project, row.table_name), columns, row.partition_column, row.comment)


def _row(part: Partition) -> dict[str, Any]:
    return {
        "project": part.table.project,
        "table_name": part.table.table,
        "ds": part.ds,
        "files": list(part.files),
        "rows": part.rows,
        "bytes": part.bytes,
        "fingerprint": part.fingerprint,
        "written_at": part.written_at,
    }


def _partition(row: Row[Any]) -> Partition:
    return Partition(
        table=TableName(row.project, row.table_name),
        ds=row.ds,
        files=tuple(row.files),
        rows=row.rows,
        bytes=row.bytes,
        fingerprint=row.fingerprint,
        written_at=row.written_at,
    )
