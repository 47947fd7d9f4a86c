"""Backfills: one at a time per workflow, continued with their original days and tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pairec_cli.control.database import Control
from pairec_cli.control.processes import moment, this_process
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange
from pairec_cli.domain.errors import AlreadyExists, Busy, InvalidInput, NotFound
from pairec_cli.domain.runs import Backfill, BackfillTask, RunState

if TYPE_CHECKING:
    from tests.control.conftest import Other

FLOW = WorkflowName("dw", "rec")
DAYS = DsRange("20260101", "20260103")
TASKS = (
    BackfillTask("wide", tuple(DAYS), reason="missing"),
    BackfillTask("all_feat", ("20260103",), reason="script changed"),
    BackfillTask("hot", ("20260103",), RunState.FROZEN, "frozen"),
)
WORK = """
backfill = control.backfills.start(
    flow,
    "s",
    DsRange("20260101", "20260103"),
    [BackfillTask("wide", ("20260101", "20260102", "20260103")), BackfillTask("hot", ("20260103",))],
)
control.backfills.set_task(backfill.id, "wide", RunState.RUNNING)
control.runs.start(flow, "wide", "20260102", backfill=backfill.id)
"""


def states(backfill: Backfill) -> list[tuple[str, str, str]]:
    return [(task.node, task.state.value, task.reason) for task in backfill.tasks]


def test_a_plan_is_kept_in_order(control: Control) -> None:
    made = control.backfills.start(FLOW, "s", DAYS, TASKS)
    assert (made.workflow, made.solution, made.days, made.tasks) == (FLOW, "s", DAYS, TASKS)
    assert (made.state, made.process) == (RunState.RUNNING, this_process())
    assert control.backfills.get(made.id) == made
    assert control.backfills.active(FLOW) == made
    assert made.task("hot") == TASKS[2]
    assert made.task("nothing") is None


def test_tasks_change_state(control: Control) -> None:
    made = control.backfills.start(FLOW, "s", DAYS, TASKS)
    control.backfills.set_task(made.id, "wide", RunState.OK)
    control.backfills.set_task(made.id, "all_feat", RunState.FAILED, "no such column")
    assert states(control.backfills.get(made.id)) == [
        ("wide", "ok", ""),
        ("all_feat", "failed", "no such column"),
        ("hot", "frozen", "frozen"),
    ]
    with pytest.raises(NotFound, match="task 'wied' does not exist; did you mean 'wide'"):
        control.backfills.set_task(made.id, "wied", RunState.OK)
    with pytest.raises(NotFound, match="backfill '9'"):
        control.backfills.set_task(9, "wide", RunState.OK)


def test_finish(control: Control) -> None:
    made = control.backfills.start(FLOW, "s", DAYS, TASKS)
    with pytest.raises(InvalidInput, match="cannot finish as pending"):
        control.backfills.finish(made.id, RunState.PENDING)
    ended = control.backfills.finish(made.id, RunState.FAILED, reason="all_feat failed")
    assert (ended.state, ended.reason) == (RunState.FAILED, "all_feat failed")
    assert ended.finished_at is not None
    with pytest.raises(InvalidInput, match="is failed, not running"):
        control.backfills.finish(made.id, RunState.OK)
    assert control.backfills.active(FLOW) is None


def test_resume_keeps_days_and_tasks(control: Control) -> None:
    made = control.backfills.start(FLOW, "s", DAYS, TASKS)
    control.backfills.set_task(made.id, "wide", RunState.OK)
    control.backfills.finish(made.id, RunState.FAILED, reason="x")
    resumed = control.backfills.resume(made.id)
    assert (resumed.days, resumed.created_at) == (DAYS, made.created_at)
    assert [task.days for task in resumed.tasks] == [task.days for task in TASKS]
    assert states(resumed)[0] == ("wide", "ok", "")
    assert (resumed.state, resumed.reason, resumed.finished_at) == (RunState.RUNNING, "", None)
    assert resumed.carried_at >= made.carried_at
    control.backfills.finish(made.id, RunState.OK)
    with pytest.raises(AlreadyExists, match="is done"):
        control.backfills.resume(made.id)
    with pytest.raises(NotFound):
        control.backfills.resume(9)


def test_lists_are_newest_first(control: Control) -> None:
    ids = []
    for _ in range(3):
        ids.append(control.backfills.start(FLOW, "s", DAYS, TASKS).id)
        control.backfills.finish(ids[-1], RunState.OK)
    assert [backfill.id for backfill in control.backfills.all(FLOW)] == ids[::-1]
    assert all(backfill.tasks == TASKS for backfill in control.backfills.all(FLOW))
    latest = control.backfills.latest(FLOW)
    assert latest is not None and latest.id == ids[-1]
    assert control.backfills.latest(WorkflowName("dw", "other")) is None


def test_a_node_comes_once(control: Control) -> None:
    with pytest.raises(InvalidInput, match="names a node twice: wide, wide"):
        control.backfills.start(FLOW, "s", DAYS, [TASKS[0], TASKS[0]])
    assert control.backfills.all(FLOW) == []
    assert control.backfills.start(FLOW, "s", DAYS, []).tasks == ()


def test_two_backfills_at_once(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin(WORK)
    other.wait_for_work()
    theirs = control.backfills.latest(FLOW)
    assert theirs is not None and theirs == control.backfills.active(FLOW)
    for attempt in (
        lambda: control.backfills.start(FLOW, "s", DAYS, TASKS),
        lambda: control.backfills.resume(theirs.id),
    ):
        with pytest.raises(Busy) as refused:
            attempt()
        assert refused.value.message == (
            f"backfill {theirs.id} of dw/rec is being carried by process {other.pid}"
            f" since {moment(theirs.carried_at)}"
        )
    elsewhere = control.backfills.start(WorkflowName("dw", "other"), "s", DAYS, TASKS)
    assert control.backfills.reap() == []
    assert elsewhere.state is RunState.RUNNING


def test_a_killed_backfill_is_continued(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin(WORK)
    other.wait_for_work()
    other.kill()
    assert control.backfills.active(FLOW) is None
    (dead,) = control.backfills.reap()
    assert (dead.state, dead.reason) == (RunState.FAILED, "process ended")
    assert states(dead) == [("wide", "failed", "process ended"), ("hot", "pending", "")]
    (run,) = control.runs.all(FLOW, backfill=dead.id)
    assert (run.state, run.reason) == (RunState.FAILED, "process ended")
    resumed = control.backfills.resume(dead.id)
    assert resumed.days == DAYS
    assert resumed.process == this_process()


def test_a_killed_backfill_does_not_block_a_new_one(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin(WORK)
    other.wait_for_work()
    other.kill()
    mine = control.backfills.start(FLOW, "s", DAYS, TASKS)
    newest, dead = control.backfills.all(FLOW)
    assert newest == mine
    assert (dead.state, dead.reason) == (RunState.FAILED, "process ended")
