"""CSV, TSV, JSON lines."""

from __future__ import annotations

import csv
import io
import json

from pairec_cli.engine.formats.rows import COLUMNS, Row, RowFormat
from pairec_cli.engine.formats.text import CSV, JSON_LINES, TSV

ROWS: list[Row] = [("u,1", 1, 'i"1', 0.1, "é"), ("u\t2", 2, "i2", 1e-20, "hot")]


def written(format: RowFormat) -> str:
    file = io.BytesIO()
    with format.writer(file) as write:
        for row in ROWS:
            write(format.encode([row]))
    return file.getvalue().decode()


def test_delimited_text_reads_back() -> None:
    for format, delimiter in ((CSV, ","), (TSV, "\t")):
        header, *rows = csv.reader(io.StringIO(written(format)), delimiter=delimiter)
        assert tuple(header) == COLUMNS
        assert [(u, int(rank), item, float(score), recall) for u, rank, item, score, recall in rows] == ROWS


def test_json_lines_read_back() -> None:
    lines = written(JSON_LINES).splitlines()
    assert [tuple(json.loads(line).values()) for line in lines] == ROWS
    assert list(json.loads(lines[0])) == list(COLUMNS)
    assert "é" in lines[0]
