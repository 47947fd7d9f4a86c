"""Encoded rows in one order: the warehouse keeps none, and the same rows are to make the same model."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.components.training_run import FOLDER


def in_order(files: list[Path], folder: Path, name: str) -> list[Path]:
    """The rows of the files by their ids, then by the rest, as one file beside the checkpoints of `folder`;
    no file for no files. All rows are held in memory once."""
    if not files:
        return []
    table = pa.concat_tables([pq.read_table(path, partitioning=None) for path in files])
    columns = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    keys = sorted(columns, key=lambda column: not (column.startswith("__") and column.endswith("__")))
    path = folder / FOLDER / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table.sort_by([(column, "ascending") for column in keys]), path)
    return [path]
