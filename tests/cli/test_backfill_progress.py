"""A backfill's events, as lines."""

from __future__ import annotations

import re

import pytest

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.render import begin
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.workflow.carrying import Progress


def run(ds: str, rows: int, state: RunState = RunState.OK) -> NodeRun:
    return NodeRun(1, WorkflowName("dw", "Flow"), "hot", ds, state, 0.0, rows=rows)


@pytest.fixture(autouse=True)
def loud() -> None:
    begin()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [re.sub(r"\d+\.\ds", "0.0s", line) for line in capsys.readouterr().err.splitlines()]


def test_a_task_over_two_days(capsys: pytest.CaptureFixture[str]) -> None:
    with BackfillProgress() as progress:
        progress(Progress("hot", RunState.RUNNING, 0, 2, 2, reason="missing"))
        progress(Progress("hot", RunState.OK, 1, 2, 2, run("20250101", 1000)))
        assert lines(capsys) == []
        progress(Progress("hot", RunState.OK, 2, 2, 2, run("20250102", 234)))
    assert lines(capsys) == ["ok      hot  0.0s  2 days, 1,234 rows"]


def test_failed_and_waiting_tasks_tell_why(capsys: pytest.CaptureFixture[str]) -> None:
    with BackfillProgress() as progress:
        progress(Progress("hot", RunState.RUNNING, 0, 2, 1))
        progress(
            Progress("hot", RunState.FAILED, 1, 2, 1, run("20250101", 0, RunState.FAILED), "ds=20250101: no")
        )
        progress(Progress("sync", RunState.PENDING, 1, 2, 1, reason="waits for hot"))
    assert lines(capsys) == ["failed  hot  0.0s  ds=20250101: no", "pending sync  0.0s  waits for hot"]
