"""INSERT through DuckDB's COPY: rows go straight to staged Parquet files, never through Python."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pairec_cli.domain.ds import parse_ds
from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.layout import DS_KEY
from pairec_cli.warehouse.maxcompute.values import quote, string
from pairec_cli.warehouse.staging import Staged, digest
from pairec_cli.warehouse.writer import COMPRESSION


def copy_static(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    query: str,
    target: tuple[TableName, str],
    fingerprint: str | None,
    *,
    append: bool,
) -> Staged:
    """Run `query` into the file `path` for one partition."""
    connection.execute(
        f"COPY ({query}) TO {string(str(path))} (FORMAT parquet, COMPRESSION {COMPRESSION}, RETURN_STATS)"
    )
    rows = sum(int(row[1]) for row in connection.fetchall())
    return Staged(*target, (path,), rows, fingerprint or digest([path]), append)


def copy_dynamic(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    query: str,
    table: TableName,
    fingerprint: str | None,
    *,
    append: bool,
) -> list[Staged]:
    """Run `query`, whose last column is `ds`, into one or more files per partition.

    Raises DataError when a row's partition value is NULL or no day.
    """
    target = folder / "parts"
    connection.execute(
        f"COPY ({query}) TO {string(str(target))} (FORMAT parquet, COMPRESSION {COMPRESSION}, "
        f"PARTITION_BY ({quote(DS_KEY)}), RETURN_STATS)"
    )
    files: dict[str, list[tuple[Path, int]]] = {}
    for row in connection.fetchall():
        ds = _checked(table, row[5][DS_KEY])
        files.setdefault(ds, []).append((Path(row[0]), int(row[1])))
    return [
        Staged(
            table,
            ds,
            tuple(path for path, _ in found),
            sum(rows for _, rows in found),
            fingerprint or digest([path for path, _ in found]),
            append,
        )
        for ds, found in sorted(files.items())
    ]


def _checked(table: TableName, ds: str | None) -> str:
    try:
        if ds is not None and parse_ds(ds) == ds:
            return ds
    except InvalidInput:
        pass
    shown = "NULL" if ds in (None, "__HIVE_DEFAULT_PARTITION__") else repr(ds)
    raise DataError(
        f"a row for {table} has the partition value {shown}",
        hint="the last column of the query is the partition, a day YYYYMMDD",
    )
