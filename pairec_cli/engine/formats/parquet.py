"""Parquet through pyarrow. Loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from pairec_cli.engine.formats.rows import COLUMNS, Row, Write

_KINDS = (pa.string(), pa.int32(), pa.string(), pa.float64(), pa.string())
SCHEMA = pa.schema(list(zip(COLUMNS, _KINDS, strict=True)))


class Parquet:
    """Parts travel as Arrow record batches; the file holds one row group for every hundred thousand rows or
    so."""

    binary = True

    def encode(self, rows: list[Row]) -> bytes:
        columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
        batch = pa.record_batch([list(column) for column in columns], schema=SCHEMA)
        return bytes(batch.serialize())

    @contextmanager
    def writer(self, file: IO[bytes]) -> Iterator[Write]:
        with parquet.ParquetWriter(file, SCHEMA) as written:
            group = _Group(written)
            yield group.add
            group.flush()


class _Group:
    """Batches until there are enough for a row group."""

    ROWS = 100_000

    def __init__(self, writer: parquet.ParquetWriter) -> None:
        self.writer = writer
        self.batches: list[pa.RecordBatch] = []
        self.rows = 0

    def add(self, data: bytes) -> None:
        batch = pa.ipc.read_record_batch(pa.py_buffer(data), SCHEMA)
        self.batches.append(batch)
        self.rows += batch.num_rows
        if self.rows >= self.ROWS:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.writer.write_table(pa.Table.from_batches(self.batches, SCHEMA))
        self.batches, self.rows = [], 0


PARQUET = Parquet()
