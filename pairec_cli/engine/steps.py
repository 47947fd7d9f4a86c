"""One stage between recall and cut, and what happens once the answer is fixed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.requests import StageTrace
from pairec_cli.domain.stages import Aftermath, Filter, RequestContext, Sort


def run_stage(
    kind: str, stage: Filter | Sort, items: list[Item], context: RequestContext, trace: list[StageTrace]
) -> list[Item]:
    """The stage's list, with a row of the funnel in `trace`. A data source that fails leaves the list as it
    was, as in PAI-Rec; the row says why, and what the stage had to note."""
    start = time.perf_counter()
    entered = len(items)
    context.notes.clear()
    try:
        items = stage.apply(items, context)
    except PairecError as error:
        context.notes.append(f"skipped: {error.message}")
    ms = (time.perf_counter() - start) * 1000
    trace.append(StageTrace(kind, stage.name, entered, len(items), ms, "; ".join(context.notes)))
    return items


def with_aftermath(stages: Iterable[object]) -> list[Aftermath]:
    """Those stages that have something to do once the answer is fixed. Asking costs more than most of what
    they do: once for an engine, not once for a request."""
    return [stage for stage in stages if isinstance(stage, Aftermath)]


def finish(stages: Iterable[Aftermath], items: Sequence[Item], context: RequestContext) -> list[str]:
    """Lets every stage do its work; returns what failed, one sentence each."""
    failures = []
    for stage in stages:
        try:
            stage.after_answer(items, context)
        except PairecError as error:
            failures.append(error.message)
    return failures
