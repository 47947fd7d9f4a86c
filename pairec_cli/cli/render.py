"""What commands print. Standard output is data, standard error is talk.

Tables are drawn for a person's terminal and are aligned text in a pipe; `json`, `csv` and `md` do not differ.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

Row = Mapping[str, Any]

GAP, ROOM = 2, 9
"""Cells between two columns of a drawn table, and the cells a column that may be folded needs at least."""

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
_answered: ContextVar[bool] = ContextVar("answered", default=False)


class Format(StrEnum):
    """How a listing is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


def set_quiet(quiet: bool) -> None:
    """Say nothing on standard error but errors, for the rest of this run."""
    _quiet.set(quiet)


def is_quiet() -> bool:
    return _quiet.get()


def begin(*, quiet: bool = False) -> None:
    """Start of a run: nothing is written yet."""
    _quiet.set(quiet)
    _answered.set(False)


def has_answered() -> bool:
    """Whether this run's document is on standard output already; a failure then adds no second one."""
    return _answered.get()


def is_terminal(stream: IO[str]) -> bool:
    """Whether `stream` ends at a person who can see boxes and bars."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: IO[str]) -> str:
    """`text` in an ANSI style (`1;31` is bold red), or as it is where colour is not wanted (no-color.org)."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def emit(
    rows: Sequence[Row],
    *,
    columns: Sequence[str],
    format: Format = Format.TABLE,
    title: str | None = None,
    brief: Sequence[str] | None = None,
) -> None:
    """Write a listing to standard output.

    `columns` are the keys shown, in order; JSON carries every key of a row. `brief` are those of them that a
    terminal of 80 columns has room for. A listing without rows is `[]`, a
    header, or one line on standard error.
    """
    if format is Format.JSON:
        _write(to_json([dict(row) for row in rows]))
    elif format is Format.CSV:
        _write(_csv(rows, columns))
    elif format is Format.MD:
        _write(_tabulate(rows, columns, "pipe"))
    elif not rows:
        notice(f"{title or 'result'}: nothing to show")
    elif is_terminal(sys.stdout):
        _draw(rows, columns, brief, title)
    else:
        _write(_tabulate(rows, columns, "simple"))


def show(values: Row, *, format: Format = Format.TABLE, title: str | None = None) -> None:
    """Write one thing to standard output: name and value on each line, or one JSON object."""
    if format is Format.JSON:
        _write(to_json(dict(values)))
    elif format is Format.TABLE:
        width = max((len(name) for name in values), default=0)
        lines = [f"{name:<{width}}  {_cell(value)}".rstrip() for name, value in values.items()]
        _write("\n".join([*([paint(title, "1", sys.stdout)] if title else []), *lines]))
    else:
        emit([{"name": k, "value": v} for k, v in values.items()], columns=("name", "value"), format=format)


def lines(documents: Sequence[object]) -> None:
    """Write one JSON document per line to standard output."""
    for document in documents:
        _write(json.dumps(document, ensure_ascii=False, default=_json_value))


def to_json(value: object) -> str:
    """`value` as the one JSON document of a command; what JSON does not know is written as text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_json_value)


def notice(text: str) -> None:
    """Tell the person something; silent under `--quiet`."""
    if not is_quiet():
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the place that prints


def print_file(path: Path, *, last: int | None = None) -> None:
    """A log on standard output; its `last` lines on standard error, beside a failure."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        notice(f"the log {path} is gone")
        return
    if last is None:
        _write("\n".join(lines))
    else:
        notice("\n".join(f"  {line}" for line in lines[-last:]))


def timestamp(seconds: float) -> str:
    """A moment as people and machines read it: ISO 8601 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def warn(text: str, *, level: str = "warning") -> None:
    """A notice that begins with its level, `warning` or `error`."""
    notice(f"{paint(f'{level}:', '1;31' if level == 'error' else '33', sys.stderr)} {text}")


def next_step(command: str) -> None:
    """The last line of a command that changed something: what one does next."""
    notice(f"Next: {paint(command, '1', sys.stderr)}")


def _write(text: str) -> None:
    _answered.set(True)
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case list() | tuple() | set() | frozenset():
            return ", ".join(_cell(item) for item in value) or "-"
        case _:
            return str(value)


def _json_value(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return value.as_posix() if isinstance(value, Path) else str(value)


def _csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    cells = [[_field(row.get(name)) for name in columns] for row in rows]
    # The csv module quotes its own line end only; a lone carriage return would end the line for most readers.
    returns = any(isinstance(cell, str) and "\r" in cell for row in cells for cell in row)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL)
    writer.writerows([columns, *cells])
    return buffer.getvalue()


def _field(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _cell(value) if isinstance(value, (list, tuple, set, frozenset)) else value


def _tabulate(rows: Sequence[Row], columns: Sequence[str], style: str) -> str:
    import tabulate

    tabulate.MIN_PADDING = 0  # headers get no room beyond their own width
    cells = [[_cell(row.get(name)).replace("\n", " ") for name in columns] for row in rows]
    if style == "pipe":
        cells = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    aligned = ["right" if _is_numeric(rows, name) else "left" for name in columns]
    return tabulate.tabulate(
        cells,
        headers=list(columns),
        tablefmt=style,
        disable_numparse=True,
        colalign=aligned if cells else None,
    )


def _width(text: str) -> int:
    """Cells that `text` takes on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    values = [row[name] for row in rows if row.get(name) is not None]
    return bool(values) and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)


def _draw(
    rows: Sequence[Row], columns: Sequence[str], brief: Sequence[str] | None, title: str | None
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    natural = {name: max(_width(name), *(_width(_cell(row.get(name))) for row in rows)) for name in columns}
    if brief and sum(natural.values()) + GAP * len(columns) > console.width:
        columns = brief
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0)
    )
    # A name that is folded cannot be copied: the first column stays whole where the others can live with it.
    least = sum(min(natural[name], ROOM) + GAP for name in columns[1:])
    whole = natural[columns[0]] + GAP + least <= console.width
    for name in columns:
        justify: Any = "right" if _is_numeric(rows, name) else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=whole and name == columns[0])
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in columns))
    console.print(table)
