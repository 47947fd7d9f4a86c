"""Arrow data as Parquet files of a table's declared types."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.tables import TableSchema
from pairec_cli.warehouse.types import arrow_type

COMPRESSION = "snappy"
"""Against zstd: a quarter less time to write and a fifth less to read, for files 1.4 times as large."""
ROW_GROUP = 122_880
"""Rows in one row group: DuckDB's own size, so that both readers split work the same way."""


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """The Arrow schema of the table's files (the partition column is the folder's, not the file's)."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in schema.columns])


def conform(schema: TableSchema, data: pa.Table) -> pa.Table:
    """`data` with the table's columns, order and types. Column names match in any case.

    Raises DataError for a missing or unknown column, and for a value that its type cannot hold.
    """
    given = {name.lower(): index for index, name in enumerate(data.column_names)}
    if schema.partition:
        given.pop(schema.partition.lower(), None)
    wanted = {column.name.lower() for column in schema.columns}
    missing = [column.name for column in schema.columns if column.name.lower() not in given]
    extra = [data.column_names[index] for name, index in given.items() if name not in wanted]
    if missing or extra:
        told = [f"lacks {', '.join(missing)}"] if missing else []
        told += [f"has unknown {', '.join(extra)}"] if extra else []
        raise DataError(
            f"data for {schema.name} {' and '.join(told)}",
            hint=f"its columns are {', '.join(schema.column_names)}",
        )
    target = arrow_schema(schema)
    columns = [_cast(schema, field, data.column(given[field.name.lower()])) for field in target]
    return pa.Table.from_arrays(columns, schema=target)


def _cast(schema: TableSchema, field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        row = _first_bad(column, field.type)
        value = column[row].as_py()
        raise DataError(
            f"column {field.name} of {schema.name}: row {row + 1} holds {value!r}, "
            f"which is not {schema.column(field.name).type}",  # type: ignore[union-attr]  # the field came from it
        ) from error


def _first_bad(column: pa.ChunkedArray, kind: pa.DataType) -> int:
    """The first row that cannot be cast, found by halving."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            column.slice(low, middle - low).cast(kind)
            low = middle
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            high = middle
    return low


def write_file(path: Path, schema: TableSchema, batches: Iterable[pa.Table | pa.RecordBatch]) -> int:
    """Write all batches into one file and return the number of rows. Raises DataError as `conform` does."""
    rows = 0
    with pq.ParquetWriter(path, arrow_schema(schema), compression=COMPRESSION) as writer:
        for batch in batches:
            table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            writer.write_table(conform(schema, table), row_group_size=ROW_GROUP)
            rows += table.num_rows
    return rows
