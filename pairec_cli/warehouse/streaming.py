"""A partition written batch by batch by whoever makes the batches, without holding them."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.staging import Staged, digest, staging_folder
from pairec_cli.warehouse.store import Warehouse
from pairec_cli.warehouse.writer import COMPRESSION, ROW_GROUP, arrow_schema, conform


class PartitionStream:
    """Used as a context manager: the partition appears whole, replacing what was there, when the block ends
    without an error. Otherwise nothing changes.

    >>> with PartitionStream(warehouse, table, "20260101") as stream:
    ...     for batch in batches:
    ...         stream.write(batch)
    >>> stream.partition.rows
    """

    partition: Partition
    """What was written; set when the block has ended."""

    def __init__(self, warehouse: Warehouse, table: TableName, ds: str) -> None:
        """Raises DataError when `ds` is no partition of the table, NotFound for an unknown table."""
        self._warehouse, self._table, self._ds = warehouse, table, ds
        self._schema = warehouse.check_ds(table, ds)
        self._resources = ExitStack()
        self._rows = 0

    def write(self, data: pa.Table | pa.RecordBatch) -> None:
        """Add rows. Raises DataError when they do not fit the table."""
        whole = pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
        self._file.write_table(conform(self._schema, whole), row_group_size=ROW_GROUP)
        self._rows += whole.num_rows

    def __enter__(self) -> PartitionStream:
        layout = self._warehouse.layout
        folder = self._resources.enter_context(staging_folder(layout))
        self._path = folder / layout.fresh_name()
        self._file = pq.ParquetWriter(self._path, arrow_schema(self._schema), compression=COMPRESSION)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._resources:
            self._file.close()
            if kind is None:
                files = (self._path,)
                staged = Staged(self._table, self._ds, files, self._rows, digest(files))
                self.partition = self._warehouse.commit([staged])[0]
