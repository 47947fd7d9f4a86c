"""The warehouse: tables of daily partitions that exist when the ledger says so."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from pairec_cli.domain.ds import parse_ds
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.ledger import Ledger, Partition
from pairec_cli.domain.tables import TableName, TableSchema
from pairec_cli.warehouse.layout import DS_KEY, Layout
from pairec_cli.warehouse.reader import read_files
from pairec_cli.warehouse.staging import (
    Staged,
    commit,
    commit_lock,
    digest,
    remove_unnamed,
    staging_folder,
)
from pairec_cli.warehouse.types import parse_type
from pairec_cli.warehouse.writer import write_file


class Warehouse:
    """Reads and writes partitions under `root`; `ledger` decides which of them exist."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self.layout = Layout(root)
        self.ledger = ledger

    # Tables

    def schema(self, table: TableName) -> TableSchema:
        """Raises NotFound with the nearest table's name."""
        schema = self.ledger.schema(table)
        if schema is None:
            raise NotFound("table", str(table), [str(known.name) for known in self.ledger.schemas()])
        return schema

    def schemas(self, project: str | None = None) -> list[TableSchema]:
        return self.ledger.schemas(project)

    def create_table(self, schema: TableSchema) -> None:
        """Raises AlreadyExists when it exists with other columns, InvalidInput for bad columns."""
        names = [*schema.column_names, *([schema.partition] if schema.partition else [])]
        twins = sorted({name for name in names if [n.lower() for n in names].count(name.lower()) > 1})
        if twins or not schema.columns:
            told = f"columns named twice: {', '.join(twins)}" if twins else "no columns"
            raise InvalidInput(f"table {schema.name} has {told}")
        if schema.partition not in (None, DS_KEY) and DS_KEY in [name.lower() for name in names]:
            raise InvalidInput(f"table {schema.name}: {DS_KEY} can only be the partition column")
        for column in schema.columns:
            parse_type(column.type)
        self.ledger.create_table(schema)

    def drop_table(self, table: TableName) -> None:
        """Forget the table, then delete its files. A table that does not exist is no change."""
        if self.ledger.schema(table) is not None:
            self.ledger.drop_table(table)
        with commit_lock(self.layout):
            if self.ledger.schema(table) is None:
                shutil.rmtree(self.layout.table(table), ignore_errors=True)

    # Partitions

    def partitions(self, table: TableName) -> dict[str, Partition]:
        """ds → partition, ascending. Raises NotFound for an unknown table."""
        self.schema(table)
        return self.ledger.partitions(table)

    def drop_partitions(self, table: TableName, days: Sequence[str]) -> list[Partition]:
        """Forget these partitions, then delete their files; returns those that existed."""
        self.schema(table)
        removed = self.ledger.remove(table, days)
        with commit_lock(self.layout):
            present = self.ledger.partitions(table)
            for partition in removed:
                now = present.get(partition.ds)
                remove_unnamed(self.layout.partition(table, partition.ds), now.files if now else ())
        return removed

    def files(self, table: TableName, days: Sequence[str] | None = None) -> list[Path]:
        """The files of the given partitions (all when None), by ds. Days without a partition give none."""
        return [path for _, path in self.dated_files(table, days)]

    def dated_files(self, table: TableName, days: Sequence[str] | None = None) -> list[tuple[str, Path]]:
        """(ds, file) of the given partitions (all when None), by ds."""
        wanted = None if days is None else set(days)
        return [
            (ds, self.layout.partition(table, ds) / name)
            for ds, partition in self.partitions(table).items()
            if wanted is None or ds in wanted
            for name in partition.files
        ]

    # Rows

    def read(
        self, table: TableName, days: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Rows of the given partitions (all when None), by ds, the partition column last.

        Raises NotFound for an unknown table or column. A day without a partition gives no rows.
        """
        schema = self.schema(table)
        names = [*schema.column_names, *([schema.partition] if schema.partition else [])]
        for name in columns or ():
            if name not in names:
                raise NotFound(f"column of {table}", name, names)
        try:
            return read_files(schema, self.dated_files(table, days), columns)
        except FileNotFoundError:
            # A writer replaced the partition between our look at the ledger and the read; look again.
            return read_files(schema, self.dated_files(table, days), columns)

    def write(
        self, table: TableName, ds: str, data: pa.Table, *, fingerprint: str | None = None
    ) -> Partition:
        """Replace one partition by `data`. Raises DataError when the data does not fit the table."""
        return self.write_batches(table, ds, [data], fingerprint=fingerprint)

    def write_batches(
        self,
        table: TableName,
        ds: str,
        batches: Iterable[pa.Table | pa.RecordBatch],
        *,
        fingerprint: str | None = None,
    ) -> Partition:
        """Replace one partition by a stream of batches, holding one of them in memory at a time."""
        schema = self.check_ds(table, ds)
        with staging_folder(self.layout) as folder:
            path = folder / self.layout.fresh_name()
            rows = write_file(path, schema, batches)
            staged = Staged(table, ds, (path,), rows, fingerprint or digest([path]))
            return self.commit([staged])[0]

    def write_many(
        self,
        parts: Iterable[tuple[TableName, str, pa.Table]],
        *,
        fingerprint: str | None = None,
        append: bool = False,
    ) -> list[Partition]:
        """Replace several partitions, or add to them, visible all at once. Parts of one partition are joined,
        in order; each is one file, and only one is held in memory at a time."""
        with staging_folder(self.layout) as folder:
            found: dict[tuple[TableName, str], list[tuple[Path, int]]] = {}
            for table, ds, data in parts:
                schema = self.check_ds(table, ds)
                path = folder / self.layout.fresh_name()
                found.setdefault((table, ds), []).append((path, write_file(path, schema, [data])))
            staged = [
                Staged(
                    table,
                    ds,
                    tuple(path for path, _ in files),
                    sum(rows for _, rows in files),
                    fingerprint or digest([path for path, _ in files]),
                    append,
                )
                for (table, ds), files in found.items()
            ]
            return self.commit(staged)

    def commit(self, staged: Sequence[Staged]) -> list[Partition]:
        """Put staged files in place, all partitions in one ledger transaction."""
        return commit(self.layout, self.ledger, staged, time.time())

    def check_ds(self, table: TableName, ds: str) -> TableSchema:
        """The table's schema when `ds` fits it; raises DataError otherwise."""
        schema = self.schema(table)
        if schema.partition is None and ds:
            raise DataError(f"table {table} has no partitions, so {ds} cannot be written to it")
        if schema.partition is not None and (not ds or parse_ds(ds) != ds):
            raise DataError(
                f"{ds!r} is no partition of {table}", hint=f"{schema.partition} is a day, YYYYMMDD"
            )
        return schema

    def sweep(self) -> int:
        """Delete what the ledger does not know: orphans of crashed writers, leftovers of dropped tables."""
        removed = 0
        with commit_lock(self.layout):
            for table in self.layout.tables():
                if self.ledger.schema(table) is None:
                    removed += sum(1 for _ in self.layout.table(table).rglob("*.parquet"))
                    shutil.rmtree(self.layout.table(table))
                    continue
                known = self.ledger.partitions(table)
                for ds, folder in self.layout.partition_folders(table).items():
                    before = sum(1 for _ in folder.glob("part-*.parquet"))
                    remove_unnamed(folder, known[ds].files if ds in known else ())
                    removed += before - sum(1 for _ in folder.glob("part-*.parquet"))
        return removed
