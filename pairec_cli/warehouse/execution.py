"""One run of a script: each kind of statement and what it does to the warehouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
from sqlglot import exp

from pairec_cli.domain.ds import parse_ds
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound, SqlError, UnsupportedSql
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.commands import CommandContext, CommandRunner, Log, StatementResult
from pairec_cli.warehouse.copying import copy_dynamic, copy_static
from pairec_cli.warehouse.inserting import insert_text
from pairec_cli.warehouse.maxcompute.from_clause import Query
from pairec_cli.warehouse.maxcompute.queries import QueryTranslator
from pairec_cli.warehouse.maxcompute.scope import Columns
from pairec_cli.warehouse.maxcompute.statements import (
    AddPartition,
    CreateTable,
    Describe,
    DropPartition,
    DropTable,
    Insert,
    Select,
    ShowPartitions,
    ShowTables,
    Truncate,
)
from pairec_cli.warehouse.maxcompute.values import STRING, VOID, show
from pairec_cli.warehouse.reuse import ReadyInsert, Reuse
from pairec_cli.warehouse.scans import WarehouseCatalog
from pairec_cli.warehouse.script import Statement, StatementKind, substitute
from pairec_cli.warehouse.staging import Staged, staging_folder
from pairec_cli.warehouse.store import Warehouse

_SHOWN_ROWS = 10
_COMPATIBILITY = ("odps.sql.hive.compatible", "odps.sql.bigquery.compatible")
_POSITIONS = "odps.sql.groupby.position.alias"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Translated:
    """A query ready to run, and the files that it will open."""

    query: Query
    catalog: WarehouseCatalog


def translated(
    warehouse: Warehouse,
    project: str,
    query: exp.Expr,
    line: int,
    hints: Mapping[str, str],
    targets: Columns | None = None,
) -> Translated:
    """Raises SqlError with the script's line, NotFound for an unknown table."""
    catalog = WarehouseCatalog(warehouse, project, query)
    translator = QueryTranslator(catalog, line, positions=by_position(hints))
    return Translated(translator.query(query, targets), catalog)


def by_position(hints: Mapping[str, str]) -> bool:
    """Whether GROUP BY 1 and ORDER BY 1 mean columns."""
    return hints.get(_POSITIONS, "false").lower() == "true"


def again_if_replaced(run: Callable[[], Answer], line: int | None) -> Answer:
    """Run `run`, and once more when a file vanished: another writer replaced a partition after we asked the
    ledger for its files. What DuckDB refuses becomes an SqlError of that line.
    """
    try:
        try:
            return run()
        except duckdb.IOException as error:
            if "No such file" not in str(error) and "No files found" not in str(error):
                raise
        return run()
    except duckdb.OutOfMemoryException as error:
        raise SqlError(
            f"out of memory: {_told(error)}",
            line=line,
            hint="raise the memory limit, or process fewer days at once",
        ) from error
    except duckdb.Error as error:
        raise SqlError(_told(error), line=line) from error


def _told(error: duckdb.Error) -> str:
    """DuckDB's message without its excerpt of the translated text."""
    return str(error).split("\n\nLINE ")[0]


class ScriptRun:
    """Executes the statements of one script in order."""

    def __init__(
        self,
        warehouse: Warehouse,
        connection: duckdb.DuckDBPyConnection,
        parameters: Mapping[str, str],
        project: str,
        fingerprint: str | None,
        command: CommandRunner | None,
        log: Log,
        threads: int,
        reuse: Reuse,
    ) -> None:
        self.warehouse, self.connection, self.parameters = warehouse, connection, parameters
        self.project, self.fingerprint, self.command, self.log = project, fingerprint, command, log
        self.threads, self.reuse = threads, reuse
        self.hints: dict[str, str] = {}
        self.line = 1

    def statement(self, raw: Statement) -> StatementResult:
        started = time.perf_counter()
        filled = substitute(raw, self.parameters)
        self.line = filled.line
        if filled.kind is StatementKind.SET:
            self._set(filled)
            result = StatementResult(filled)
        elif filled.kind is StatementKind.PAI:
            result = self._pai(filled)
        else:
            result = self._sql(raw, filled)
        return StatementResult(filled, result.rows, result.written, time.perf_counter() - started)

    def _set(self, statement: Statement) -> None:
        """Remember a hint. Hints tune the product; two of them would change results, and are refused."""
        key, value = statement.hint()
        if key in _COMPATIBILITY and value.lower() == "true":
            raise UnsupportedSql(f"set {key}={value}", line=statement.line)
        self.hints[key] = value

    def _pai(self, statement: Statement) -> StatementResult:
        command = PaiCommand.parse(statement.text, line=statement.line)
        if self.command is None:
            raise SqlError(f"PAI commands cannot run here: {command.name}", line=statement.line)
        context = CommandContext(
            self.warehouse,
            self.project,
            self.parameters,
            self.fingerprint,
            self.log,
            self.threads,
            statement.line,
        )
        written = tuple(self.command(command, context) or ())
        return StatementResult(statement, sum(partition.rows for partition in written), written)

    def _sql(self, raw: Statement, statement: Statement) -> StatementResult:
        found = self.reuse.read(raw, self.parameters, self.warehouse, self.project, by_position(self.hints))
        rows, written = _EFFECTS[type(found)](self, found)
        return StatementResult(statement, rows, tuple(written))

    # Queries

    def _select(self, statement: Select) -> _Effect:
        def run() -> tuple[Columns, list[tuple[Any, ...]]]:
            query = self._translate(statement.query).query
            text = f"SELECT * FROM ({query.text}) LIMIT {_SHOWN_ROWS + 1}"
            return query.columns, self.connection.execute(text).fetchall()

        columns, rows = again_if_replaced(run, self.line)
        self._show([name for name, _ in columns], rows)
        return len(rows[:_SHOWN_ROWS]), ()

    def _show(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.log("\t".join(names))
        for row in rows[:_SHOWN_ROWS]:
            self.log("\t".join("NULL" if value is None else str(value) for value in row))
        if len(rows) > _SHOWN_ROWS:
            self.log(f"… only the first {_SHOWN_ROWS} rows are shown")

    def _translate(self, query: exp.Expr, targets: Columns | None = None) -> Translated:
        return translated(self.warehouse, self.project, query, self.line, self.hints, targets)

    # Tables

    def _create(self, statement: CreateTable) -> _Effect:
        if self.warehouse.ledger.schema(statement.table) is not None:
            if not statement.if_not_exists:
                raise AlreadyExists(
                    f"table {statement.table} exists (line {self.line})",
                    hint="write CREATE TABLE IF NOT EXISTS, or DROP TABLE before it",
                )
            self.log(f"{statement.table} exists")
            return None, ()
        if statement.query is not None:
            return self._create_as(statement.table, statement.query)
        if statement.like is not None:
            like = self.warehouse.schema(statement.like)
            schema = TableSchema(statement.table, like.columns, like.partition, like.comment)
        else:
            assert statement.schema is not None  # the reader gives one of the three
            schema = statement.schema
        self.warehouse.create_table(schema)
        self.log(f"created {statement.table}")
        return None, ()

    def _create_as(self, table: TableName, query: exp.Expr) -> _Effect:
        found = self._translate(query).query
        columns = [(name, STRING if kind == VOID else kind) for name, kind in found.columns]
        schema = TableSchema(table, tuple(Column(name, show(kind)) for name, kind in columns), None)
        self.warehouse.create_table(schema)
        return self._insert(Insert(table, query, overwrite=True))

    def _drop(self, statement: DropTable) -> _Effect:
        if self.warehouse.ledger.schema(statement.table) is None:
            if not statement.if_exists:
                self.warehouse.schema(statement.table)
            return None, ()
        self.warehouse.drop_table(statement.table)
        self.log(f"dropped {statement.table}")
        return None, ()

    # Rows

    def _insert(self, statement: Insert) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        return self._fill(
            statement,
            schema,
            lambda: insert_text(statement, schema, lambda query, to: self._translate(query, to).query),
        )

    def _insert_ready(self, ready: ReadyInsert) -> _Effect:
        return self._fill(ready.insert, self.warehouse.schema(ready.insert.table), ready.text)

    def _fill(self, statement: Insert, schema: TableSchema, text: Callable[[], str]) -> _Effect:
        """Write the rows of the query that `text` gives."""
        self._check_partition(schema, statement.partition, statement.ds)
        if schema.partition and statement.partition is None:
            raise SqlError(
                f"{schema.name} is partitioned by {schema.partition}",
                line=self.line,
                hint=f"write PARTITION({schema.partition}='YYYYMMDD') or PARTITION({schema.partition})",
            )
        written = again_if_replaced(lambda: self._copy(statement, schema, text()), self.line)
        for partition in written:
            where = f" {schema.partition}={partition.ds}" if partition.ds else ""
            self.log(f"wrote {partition.rows} rows to {partition.table}{where}")
        return sum(partition.rows for partition in written), written

    def _copy(self, statement: Insert, schema: TableSchema, text: str) -> list[Partition]:
        append = not statement.overwrite
        with staging_folder(self.warehouse.layout) as folder:
            if statement.dynamic:
                staged = copy_dynamic(
                    self.connection, folder, text, schema.name, self.fingerprint, append=append
                )
            else:
                path = folder / self.warehouse.layout.fresh_name()
                target = (schema.name, statement.ds or "")
                staged = [copy_static(self.connection, path, text, target, self.fingerprint, append=append)]
            return self.warehouse.commit(staged)

    def _check_partition(self, schema: TableSchema, partition: str | None, ds: str | None) -> None:
        """Raises SqlError when a statement's PARTITION(…) does not fit the table."""
        if partition is None:
            return
        if schema.partition is None or schema.partition.lower() != partition.lower():
            has = f"is partitioned by {schema.partition}" if schema.partition else "has no partitions"
            raise SqlError(f"PARTITION({partition}): {schema.name} {has}", line=self.line)
        try:
            if ds is not None and parse_ds(ds) != ds:
                raise InvalidInput(f"{ds!r} is not a day", hint="write YYYYMMDD")
        except InvalidInput as error:
            raise SqlError(
                f"PARTITION({partition}={ds!r}): {error.message}", line=self.line, hint=error.hint
            ) from None

    # Partitions

    def _add_partition(self, statement: AddPartition) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        self._check_partition(schema, statement.partition, statement.ds)
        if statement.ds in self.warehouse.partitions(schema.name):
            if not statement.if_not_exists:
                raise AlreadyExists(f"{schema.name} has {statement.ds} (line {self.line})")
            return None, ()
        empty = Staged(schema.name, statement.ds, (), 0, self.fingerprint or "empty")
        return None, self.warehouse.commit([empty])

    def _drop_partition(self, statement: DropPartition) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        for name, _, _ in statement.tests:
            self._check_partition(schema, name, None)
        days = [ds for ds in self.warehouse.partitions(schema.name) if statement.matches(ds)]
        if not days and not statement.if_exists:
            raise NotFound(
                "partition", f"{schema.name}/{statement.tests[0][2]}", hint="write DROP IF EXISTS PARTITION"
            )
        self.warehouse.drop_partitions(schema.name, days)
        self.log(f"dropped {len(days)} partition(s) of {schema.name}")
        return None, ()

    def _truncate(self, statement: Truncate) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        self._check_partition(schema, statement.partition, statement.ds)
        days = [statement.ds] if statement.ds else list(self.warehouse.partitions(schema.name))
        empty = [Staged(schema.name, ds, (), 0, self.fingerprint or "empty") for ds in days]
        return None, self.warehouse.commit(empty)

    # Catalog

    def _describe(self, statement: Describe) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        rows = [(column.name, column.type, column.comment) for column in schema.columns]
        rows += [(schema.partition, "STRING", "partition")] if schema.partition else []
        self._show(("column", "type", "comment"), rows)
        return len(rows), ()

    def _show_tables(self, statement: ShowTables) -> _Effect:
        names = [(schema.name.table,) for schema in self.warehouse.schemas(statement.project)]
        self._show(("table",), names)
        return len(names), ()

    def _show_partitions(self, statement: ShowPartitions) -> _Effect:
        schema = self.warehouse.schema(statement.table)
        days = [(f"{schema.partition}={ds}",) for ds in self.warehouse.partitions(schema.name)]
        self._show(("partition",), days)
        return len(days), ()


_Effect = tuple[int | None, Sequence[Partition]]
"""Rows shown or written, and the partitions written."""

_EFFECTS: dict[type, Callable[[ScriptRun, Any], _Effect]] = {
    Select: ScriptRun._select,
    CreateTable: ScriptRun._create,
    DropTable: ScriptRun._drop,
    Insert: ScriptRun._insert,
    ReadyInsert: ScriptRun._insert_ready,
    AddPartition: ScriptRun._add_partition,
    DropPartition: ScriptRun._drop_partition,
    Truncate: ScriptRun._truncate,
    Describe: ScriptRun._describe,
    ShowTables: ScriptRun._show_tables,
    ShowPartitions: ScriptRun._show_partitions,
}
