"""The local SQL engine: MaxCompute scripts on DuckDB, reading and writing only through the ledger."""

from __future__ import annotations

import weakref
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from pairec_cli.domain.errors import SqlError
from pairec_cli.warehouse.commands import CommandRunner, Log, StatementResult
from pairec_cli.warehouse.connection import cpu_count, open_connection
from pairec_cli.warehouse.execution import ScriptRun, again_if_replaced, translated
from pairec_cli.warehouse.maxcompute.from_clause import Query
from pairec_cli.warehouse.maxcompute.statements import Select, read_statement
from pairec_cli.warehouse.reuse import Reuse
from pairec_cli.warehouse.script import Statement, StatementKind, split, substitute
from pairec_cli.warehouse.store import Warehouse

_BATCH_ROWS = 122_880


class DuckDBEngine:
    """Runs scripts and queries. Opens DuckDB on first use; use as a context manager, or call `close`."""

    def __init__(
        self,
        warehouse: Warehouse,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        temp_directory: Path | None = None,
        timezone: str = "UTC",
    ) -> None:
        """`memory_limit` as DuckDB writes it ("4GB"; about 60 % of memory when None); `timezone` is the
        instance's, in which DATETIME values are written.
        """
        self.warehouse = warehouse
        self.threads = threads or cpu_count()
        self.memory_limit, self.temp_directory, self.timezone = memory_limit, temp_directory, timezone
        self._reuse = Reuse()
        self._resources = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None
        weakref.finalize(self, self._resources.close)

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close DuckDB and remove its spill files. The engine may be used again."""
        self._connection = None
        self._resources.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open DuckDB connection, with our macros and no access to files outside the warehouse."""
        if self._connection is None:
            self._connection = self._resources.enter_context(
                open_connection(
                    self.warehouse.layout,
                    threads=self.threads,
                    memory_limit=self.memory_limit,
                    temp_directory=self.temp_directory,
                    timezone=self.timezone,
                )
            )
        return self._connection

    def run_script(
        self,
        text: str,
        *,
        parameters: Mapping[str, str],
        project: str,
        fingerprint: str | None,
        command: CommandRunner | None,
        log: Log,
    ) -> list[StatementResult]:
        """Run every statement in order. What they write carries `fingerprint` (None: the files' digest).

        Statements are committed one by one. PAI commands go to `command`. Raises SqlError with the script's
        line for what cannot be read, NotFound for unknown tables, DataError for rows that do not fit.
        """
        run = ScriptRun(
            self.warehouse,
            self.connection,
            parameters,
            project,
            fingerprint,
            command,
            log,
            self.threads,
            self._reuse,
        )
        return [run.statement(statement) for statement in split(text)]

    def query(self, text: str, *, parameters: Mapping[str, str] | None = None, project: str) -> pa.Table:
        """The rows of one query. Raises SqlError, NotFound."""

        def run() -> pa.Table:
            query = self.translate(text, parameters=parameters or {}, project=project)
            return self.connection.sql(query.text).to_arrow_table()

        return again_if_replaced(run, line=None)

    def query_batches(
        self,
        text: str,
        *,
        parameters: Mapping[str, str] | None = None,
        project: str,
        rows: int = _BATCH_ROWS,
    ) -> Generator[pa.RecordBatch]:
        """The rows of one query in batches of up to `rows`, without holding all of them."""
        cursor = self.connection.cursor()

        def run() -> pa.RecordBatchReader:
            query = self.translate(text, parameters=parameters or {}, project=project)
            return cursor.sql(query.text).to_arrow_reader(rows)

        try:
            yield from again_if_replaced(run, line=None)
        finally:
            cursor.close()

    def translate(self, text: str, *, parameters: Mapping[str, str], project: str) -> Query:
        """One query as DuckDB text with its columns. Raises SqlError when it is something else."""
        statements = [s for s in split(text) if s.kind is not StatementKind.SET]
        if len(statements) != 1:
            raise SqlError(f"expected one query, found {len(statements)} statements")
        statement: Statement = substitute(statements[0], parameters)
        found = read_statement(statement.text, statement.line, project)
        if not isinstance(found, Select):
            raise SqlError("this is no query", line=statement.line, hint="it must begin with SELECT or WITH")
        hints = dict(s.hint() for s in split(text) if s.kind is StatementKind.SET)
        return translated(self.warehouse, project, found.query, statement.line, hints).query
