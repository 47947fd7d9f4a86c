"""Parquet files of the warehouse as Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.domain.tables import TableSchema
from pairec_cli.warehouse.writer import arrow_schema


def read_files(
    schema: TableSchema, files: Sequence[tuple[str, Path]], columns: Sequence[str] | None
) -> pa.Table:
    """Rows of `files` (ds, path), in that order, with the partition column last (when it is wanted)."""
    wanted = [*schema.column_names, *([schema.partition] if schema.partition else [])]
    wanted = list(columns) if columns is not None else wanted
    stored = [name for name in wanted if name != schema.partition]
    fields = arrow_schema(schema)
    parts = [_read(schema, fields, ds, path, wanted, stored) for ds, path in files]
    if parts:
        return pa.concat_tables(parts)
    empty = pa.schema(
        [(name, pa.string() if name == schema.partition else fields.field(name).type) for name in wanted]
    )
    return empty.empty_table()


def _read(
    schema: TableSchema, fields: pa.Schema, ds: str, path: Path, wanted: list[str], stored: list[str]
) -> pa.Table:
    # ParquetFile, not read_table: the latter would guess a partition column from the folder's name.
    with pq.ParquetFile(path) as file:
        rows = file.metadata.num_rows
        data = file.read(columns=stored)
    columns = [
        pa.repeat(pa.scalar(ds, pa.string()), rows)
        if name == schema.partition
        else data.column(name).cast(fields.field(name).type)
        for name in wanted
    ]
    names = list(wanted)
    return pa.Table.from_arrays(columns, names=names)
