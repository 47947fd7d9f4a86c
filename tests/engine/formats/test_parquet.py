"""Parquet."""

from __future__ import annotations

import io

import pytest
from pyarrow import parquet

from pairec_cli.engine.formats.parquet import PARQUET, SCHEMA, _Group
from pairec_cli.engine.formats.rows import COLUMNS, Row


def rows(count: int) -> list[Row]:
    return [(f"u{place}", place, f"i{place}", place / 8, "hot") for place in range(count)]


def test_parts_become_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Group, "ROWS", 5)
    file = io.BytesIO()
    with PARQUET.writer(file) as write:
        for start in range(0, 12, 3):
            write(PARQUET.encode(rows(12)[start : start + 3]))
        write(PARQUET.encode([]))
    read = parquet.ParquetFile(file)
    assert read.schema_arrow.equals(SCHEMA)
    assert [read.metadata.row_group(group).num_rows for group in range(read.num_row_groups)] == [6, 6]
    assert [tuple(row.values()) for row in read.read().to_pylist()] == rows(12)
    assert read.read().column_names == list(COLUMNS)
