"""A partition from a stream of batches: whole at the end, or not there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.store import Warehouse
from pairec_cli.warehouse.streaming import PartitionStream
from tests.warehouse.ledger import MemoryLedger

TABLE = TableName("p", "t")
DS = "20260131"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path, MemoryLedger())
    made.create_table(TableSchema(TABLE, (Column("id", "BIGINT"), Column("name", "STRING"))))
    return made


def batch(*ids: int) -> pa.RecordBatch:
    names = pa.array([f"n{number}" for number in ids]).dictionary_encode()
    return pa.record_batch({"name": names, "id": pa.array(ids, pa.int32())})


def test_batches_become_one_partition_when_the_block_ends(warehouse: Warehouse) -> None:
    with PartitionStream(warehouse, TABLE, DS) as stream:
        stream.write(batch(1, 2))
        assert warehouse.partitions(TABLE) == {}
        stream.write(pa.Table.from_batches([batch(3)]))
    assert stream.partition.rows == 3
    assert warehouse.partitions(TABLE) == {DS: stream.partition}
    assert warehouse.read(TABLE).to_pylist() == [
        {"id": number, "name": f"n{number}", "ds": DS} for number in (1, 2, 3)
    ]


def test_the_same_batches_are_the_same_data(warehouse: Warehouse) -> None:
    found = []
    for ids in ((1, 2), (1, 2), (1, 3)):
        with PartitionStream(warehouse, TABLE, DS) as stream:
            stream.write(batch(*ids))
        found.append(stream.partition.fingerprint)
    assert found[0] == found[1] != found[2]


def test_an_error_leaves_what_was_there(warehouse: Warehouse) -> None:
    with PartitionStream(warehouse, TABLE, DS) as stream:
        stream.write(batch(1))
    before = warehouse.partitions(TABLE)
    with pytest.raises(ZeroDivisionError), PartitionStream(warehouse, TABLE, DS) as stream:
        stream.write(batch(2))
        raise ZeroDivisionError
    with (
        pytest.raises(DataError, match="lacks name"),
        PartitionStream(warehouse, TABLE, DS) as stream,
    ):
        stream.write(pa.table({"id": [1]}))
    assert warehouse.partitions(TABLE) == before
    assert list(warehouse.layout.staging.iterdir()) == []


def test_no_batch_is_an_empty_partition(warehouse: Warehouse) -> None:
    with PartitionStream(warehouse, TABLE, DS) as stream:
        pass
    assert stream.partition.rows == 0 and warehouse.read(TABLE, [DS]).num_rows == 0


def test_wrong_places_are_refused_before_anything_is_written(warehouse: Warehouse) -> None:
    with pytest.raises(DataError, match="is no partition"):
        PartitionStream(warehouse, TABLE, "")
    with pytest.raises(NotFound):
        PartitionStream(warehouse, TableName("p", "u"), DS)
