"""CSV and TSV with a header, and JSON lines; UTF-8."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from pairec_cli.engine.formats.rows import COLUMNS, Row, Write


class Delimited:
    """Rows under a header, fields parted by `delimiter` and quoted where they must be."""

    binary = False

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter

    def encode(self, rows: Iterable[tuple[object, ...]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    @contextmanager
    def writer(self, file: IO[bytes]) -> Iterator[Write]:
        file.write(self.encode([COLUMNS]))
        yield file.write


class JsonLines:
    """One object per row."""

    binary = False

    def encode(self, rows: list[Row]) -> bytes:
        encode = json.JSONEncoder(ensure_ascii=False).encode
        return "".join(encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows).encode()

    @contextmanager
    def writer(self, file: IO[bytes]) -> Iterator[Write]:
        yield file.write


CSV = Delimited(",")
TSV = Delimited("\t")
JSON_LINES = JsonLines()
