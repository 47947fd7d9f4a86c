"""Long work, made visible: bars on a terminal, else a line per finished task, nothing under `--quiet`."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pairec_cli.cli.render import is_quiet, is_terminal, notice, paint

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

STYLES = {"ok": "32", "failed": "1;31", "skipped": "2", "frozen": "36"}


def state_label(state: str) -> str:
    """The state in its colour, as wide as every other."""
    return paint(f"{state:<7}", STYLES.get(state, "0"), sys.stderr)


class Task:
    """One piece of the work. `total` counts whatever `advance` is called with."""

    def __init__(self, name: str, total: float | None, bars: Bars | None) -> None:
        self.name, self._bars, self._start = name, bars, time.monotonic()
        self._id: TaskID | None = bars.add_task(name, total=total, detail="") if bars else None

    def advance(self, amount: float = 1, *, detail: str | None = None) -> None:
        if self._bars and self._id is not None:
            self._bars.update(self._id, advance=amount, detail=detail or "")

    def done(self, state: str = "ok", detail: str = "") -> None:
        """Take the bar away and leave one line: state, name, seconds, detail."""
        if self._bars and self._id is not None:
            self._bars.remove_task(self._id)
            self._id = None
        seconds = time.monotonic() - self._start
        line = f"{state_label(state)} {self.name}  {seconds:.1f}s  {detail}".rstrip()
        if self._bars:
            from rich.text import Text

            self._bars.refresh()
            self._bars.console.print(Text.from_ansi(line), soft_wrap=True)
        else:
            notice(line)


class Progress:
    """Tasks under way, used as a context manager.

    >>> with Progress() as progress:
    ...     task = progress.task("etrec_i2i", total=3)
    ...     task.advance()
    ...     task.done("ok", "12,000 rows")
    """

    def __init__(self) -> None:
        self._bars: Bars | None = None

    def __enter__(self) -> Self:
        if not is_quiet() and is_terminal(sys.stderr):
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
            from rich.table import Column

            self._bars = Progress(
                TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
                TextColumn("{task.fields[detail]}", markup=False),
                BarColumn(bar_width=16),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
                expand=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def task(self, name: str, total: float | None = None) -> Task:
        return Task(name, total, self._bars)
