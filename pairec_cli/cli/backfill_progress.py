"""A backfill while it runs: one bar or line per task, with rows and the reason of a failure."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from pairec_cli.cli import progress as bars
from pairec_cli.domain.runs import RunState
from pairec_cli.workflow.carrying import Progress


class BackfillProgress:
    """Called with every `Progress` of a backfill; used as a context manager."""

    def __init__(self) -> None:
        self._bars = bars.Progress()
        self._task: bars.Task | None = None
        self._rows = 0
        self._days = 0
        self._within = 0.0

    def __enter__(self) -> Self:
        self._bars.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.__exit__(kind, error, trace)

    def __call__(self, event: Progress) -> None:
        if event.share is not None:
            self._move(event.share, event.reason)
        elif event.run is None and event.state is RunState.RUNNING:
            self._task = self._bars.task(event.task, total=event.days)
            self._rows = self._days = 0
            self._within = 0.0
        elif event.run is not None and not event.reason:
            self._count(event)
        else:
            task = self._task or self._bars.task(event.task)
            task.done(str(event.state), event.reason)
            self._task = None

    def _move(self, share: float, detail: str) -> None:
        """The bar within one day."""
        if self._task is not None:
            self._task.advance(share - self._within, detail=detail)
        self._within = share

    def _count(self, event: Progress) -> None:
        self._rows += (event.run.rows if event.run else None) or 0
        self._days += 1
        if self._task is None:
            return
        self._task.advance(1 - self._within, detail=event.run.ds if event.run else None)
        self._within = 0.0
        if self._days == event.days and event.state is RunState.OK:
            days = "1 day" if self._days == 1 else f"{self._days} days"
            self._task.done("ok", f"{days}, {self._rows:,} rows")
            self._task = None
