"""How batch rows are written: the formats, and the file that appears whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

COLUMNS = ("user_id", "rank", "item_id", "score", "recall")
FORMATS = ("csv", "tsv", "jsonl", "parquet")

Row = tuple[str, int, str, float, str]
"""(user id, rank from 1, item id, score, recall)"""

Write = Callable[[bytes], object]


def _csv(rows: list[Row]) -> bytes:
    return _delimited(rows, ",")


def _tsv(rows: list[Row]) -> bytes:
    return _delimited(rows, "\t")


def _delimited(rows: Iterable[tuple[object, ...]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _jsonl(rows: list[Row]) -> bytes:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    return "".join(encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows).encode()


def _arrow(rows: list[Row]) -> bytes:
    import pyarrow as pa  # for Parquet alone

    schema = _arrow_schema(pa)
    columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    batch = pa.record_batch([list(column) for column in columns], schema=schema)
    return bytes(batch.serialize())


FORMATTERS: dict[str, Callable[[list[Row]], bytes]] = {
    "csv": _csv,
    "tsv": _tsv,
    "jsonl": _jsonl,
    "parquet": _arrow,
}


def _arrow_schema(pa: Any) -> Any:
    kinds = (pa.string(), pa.int32(), pa.string(), pa.float64(), pa.string())
    return pa.schema(list(zip(COLUMNS, kinds, strict=True)))


@contextmanager
def sink(output: Path | None, format: str) -> Iterator[Write]:
    """Where formatted parts go. A file is written beside its place and renamed into it at the end."""
    header = {"csv": _delimited([COLUMNS], ","), "tsv": _delimited([COLUMNS], "\t")}.get(format, b"")
    if output is None:
        with _text(sys.stdout.buffer, header) as write:
            yield write
        sys.stdout.buffer.flush()
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with (
            beside.open("wb") as file,
            _parquet(file) if format == "parquet" else _text(file, header) as write,
        ):
            yield write
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _text(file: IO[bytes], header: bytes) -> Iterator[Write]:
    file.write(header)
    yield file.write


@contextmanager
def _parquet(file: IO[bytes]) -> Iterator[Write]:
    import pyarrow as pa  # for Parquet alone
    from pyarrow import parquet

    schema = _arrow_schema(pa)
    with parquet.ParquetWriter(file, schema) as writer:
        yield lambda data: writer.write_batch(pa.ipc.read_record_batch(pa.py_buffer(data), schema))
