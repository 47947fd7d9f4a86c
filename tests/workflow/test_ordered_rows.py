"""Rows in one order, whatever the order and number of their files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.workflow.ordered_rows import in_order

ROWS = {"value": [3, 1, 2, 4], "__user_id__": ["b", "a", "b", "a"], "tags": ["x", "y", "z", "x"]}


def written(folder: Path, table: pa.Table, name: str) -> Path:
    path = folder / f"{name}.parquet"
    pq.write_table(table, path)
    return path


def test_rows_stand_by_id_and_then_by_the_rest(tmp_path: Path) -> None:
    table = pa.table(ROWS)
    whole = in_order([written(tmp_path, table, "whole")], tmp_path, "one")
    halves = [written(tmp_path, table.slice(2), "second"), written(tmp_path, table.slice(0, 2), "first")]
    pieces = in_order(halves, tmp_path, "two")
    assert pq.read_table(whole[0]).to_pydict() == {
        "value": [1, 4, 2, 3],
        "__user_id__": ["a", "a", "b", "b"],
        "tags": ["y", "x", "z", "x"],
    }
    assert pq.read_table(pieces[0]).equals(pq.read_table(whole[0]))


def test_no_files_are_no_file(tmp_path: Path) -> None:
    assert in_order([], tmp_path, "train") == []
