"""Runs: one live process per node and day; what a dead one left is taken over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from pairec_cli.control.database import Control
from pairec_cli.control.processes import moment, this_process
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import Busy, InvalidInput, NotFound
from pairec_cli.domain.runs import FINISHED, RunState

if TYPE_CHECKING:
    from tests.control.conftest import Other

FLOW = WorkflowName("dw", "rec")
DAY = "20260101"
_numbers = count()


def test_a_run_from_start_to_end(control: Control) -> None:
    run = control.runs.start(FLOW, "n", DAY, script_fingerprint="s1", input_fingerprint="i1", log="n.log")
    assert (run.workflow, run.node, run.ds, run.state) == (FLOW, "n", DAY, RunState.RUNNING)
    assert (run.script_fingerprint, run.input_fingerprint, run.log) == ("s1", "i1", "n.log")
    assert run.process == this_process()
    assert control.runs.get(run.id) == run
    ended = control.runs.finish(run.id, RunState.OK, rows=7)
    assert ended.finished_at is not None and ended.finished_at >= run.started_at
    assert ended == replace(run, state=RunState.OK, rows=7, finished_at=ended.finished_at)
    assert control.runs.get(run.id) == ended


def test_failures_keep_their_reason_and_log(control: Control) -> None:
    run = control.runs.start(FLOW, "n", DAY)
    control.runs.finish(run.id, RunState.FAILED, reason="no such column", log="n.log")
    failed = control.runs.get(run.id)
    assert (failed.state, failed.reason, failed.log) == (RunState.FAILED, "no such column", "n.log")


def test_a_run_ends_once(control: Control) -> None:
    run = control.runs.start(FLOW, "n", DAY)
    with pytest.raises(InvalidInput, match="cannot finish as running"):
        control.runs.finish(run.id, RunState.RUNNING)
    control.runs.finish(run.id, RunState.OK)
    with pytest.raises(InvalidInput, match=f"run {run.id} of n for {DAY} is ok, not running"):
        control.runs.finish(run.id, RunState.FAILED)
    with pytest.raises(NotFound):
        control.runs.finish(99, RunState.OK)
    assert control.runs.get(run.id).state is RunState.OK


def test_several_days_at_once(control: Control) -> None:
    inputs = {"20260103": "c", "20260101": "a", "20260102": "b"}
    runs = control.runs.start_days(FLOW, "n", inputs, script_fingerprint="s")
    assert [(run.ds, run.input_fingerprint) for run in runs] == list(inputs.items())
    assert {run.script_fingerprint for run in runs} == {"s"}
    ids = [run.id for run in runs]
    ended = control.runs.finish_all(ids, RunState.OK, rows={run: run for run in ids})
    assert ended == [control.runs.get(run) for run in ids]
    assert [run.rows for run in ended] == ids
    assert control.runs.start_days(FLOW, "n", {}) == []


def test_all_days_are_claimed_or_none(control: Control) -> None:
    control.runs.start(FLOW, "n", "20260102")
    with pytest.raises(Busy, match="n for 20260102"):
        control.runs.start_days(FLOW, "n", {"20260101": "", "20260102": ""})
    assert [run.ds for run in control.runs.all(FLOW)] == ["20260102"]


def test_all_are_finished_or_none(control: Control) -> None:
    first, second = control.runs.start_days(FLOW, "n", {"20260101": "", "20260102": ""})
    control.runs.finish(second.id, RunState.OK)
    with pytest.raises(InvalidInput, match="is ok, not running"):
        control.runs.finish_all([first.id, second.id], RunState.OK)
    assert control.runs.get(first.id).state is RunState.RUNNING


def test_other_nodes_days_and_workflows_are_free(control: Control) -> None:
    control.runs.start(FLOW, "n", DAY)
    control.runs.start(FLOW, "m", DAY)
    control.runs.start(FLOW, "n", "20260102")
    control.runs.start(WorkflowName("dw", "other"), "n", DAY)
    control.runs.start(WorkflowName("other", "rec"), "n", DAY)
    with pytest.raises(Busy):
        control.runs.start(FLOW, "n", DAY)


def test_ends_without_a_run(control: Control) -> None:
    skipped = control.runs.record(FLOW, "n", DAY, RunState.SKIPPED, "up to date", script_fingerprint="s")
    assert (skipped.process, skipped.reason, skipped.rows) == (None, "up to date", None)
    assert skipped.finished_at == skipped.started_at
    with pytest.raises(InvalidInput, match="cannot be pending"):
        control.runs.record(FLOW, "n", DAY, RunState.PENDING, "")
    assert control.runs.all(FLOW) == [skipped]


def test_lists_are_newest_first_and_narrow(control: Control) -> None:
    for node, ds in (("a", "20260101"), ("b", "20260101"), ("a", "20260102")):
        control.runs.finish(control.runs.start(FLOW, node, ds).id, RunState.OK)
    names = [(run.node, run.ds) for run in control.runs.all(FLOW)]
    assert names == [("a", "20260102"), ("b", "20260101"), ("a", "20260101")]
    assert [run.ds for run in control.runs.all(FLOW, node="a")] == ["20260102", "20260101"]
    assert [run.node for run in control.runs.all(FLOW, ds="20260101")] == ["b", "a"]
    assert [run.ds for run in control.runs.all(FLOW, limit=1)] == ["20260102"]
    assert control.runs.all(FLOW, backfill=1) == []
    with pytest.raises(NotFound):
        control.runs.get(99)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["20260101", "20260102"]), st.sampled_from(sorted(FINISHED))
    ),
    max_size=10,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sets(st.sampled_from(sorted(FINISHED)), min_size=1))
def test_latest_against_a_dict(
    control: Control, steps: list[tuple[str, str, RunState]], states: set[RunState]
) -> None:
    flow = WorkflowName("dw", f"rec{next(_numbers)}")
    twin: dict[tuple[str, str], int] = {}
    for node, ds, state in steps:
        run = control.runs.start(flow, node, ds).id
        control.runs.finish(run, state)
        if state in states:
            twin[node, ds] = run
    if ("a", "20260101") not in twin:
        control.runs.start(flow, "a", "20260101")  # one that is running counts for nothing
    assert {key: run.id for key, run in control.runs.latest(flow, states).items()} == twin
    assert list(control.runs.latest(flow, states)) == sorted(twin)


def test_latest_is_one_statement_however_many_runs(control: Control) -> None:
    days = {f"{day:08}": "" for day in range(500)}
    for node in range(4):
        runs = control.runs.start_days(FLOW, f"n{node}", days)
        control.runs.finish_all([run.id for run in runs], RunState.OK)
    said: list[str] = []
    event.listen(control._database.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    assert len(control.runs.latest(FLOW)) == 2000
    assert [words.split()[0] for words in said] == ["BEGIN", "SELECT"]


def test_busy_names_the_process_and_its_start(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin(f'control.runs.start(flow, "n", "{DAY}")')
    other.wait_for_work()
    (run,) = control.runs.all(FLOW)
    with pytest.raises(Busy) as refused:
        control.runs.start(FLOW, "n", DAY)
    since = moment(run.started_at)
    assert refused.value.message == f"n for {DAY} is being run by process {other.pid} since {since}"
    assert refused.value.hint == f"wait for it, or stop it: kill {other.pid}"
    assert control.runs.reap() == []


def test_a_killed_run_is_taken_over(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin(f'control.runs.start(flow, "n", "{DAY}")')
    other.wait_for_work()
    other.kill()
    mine = control.runs.start(FLOW, "n", DAY)
    newest, oldest = control.runs.all(FLOW)
    assert newest == mine
    assert (oldest.state, oldest.reason) == (RunState.FAILED, "process ended")
    assert oldest.process is not None and oldest.process.pid == other.pid
    assert control.runs.latest(FLOW)["n", DAY] == oldest


def test_reap_marks_only_the_dead(control: Control, begin: Callable[[str], Other]) -> None:
    other = begin('control.runs.start_days(flow, "n", {"20260101": "", "20260102": ""})')
    other.wait_for_work()
    other.kill()
    mine = control.runs.start(FLOW, "m", DAY)
    assert [(run.ds, run.reason) for run in control.runs.reap()] == [
        ("20260101", "process ended"),
        ("20260102", "process ended"),
    ]
    assert control.runs.get(mine.id).state is RunState.RUNNING


def test_of_two_processes_one_gets_the_node(control: Control, begin: Callable[[str], Other]) -> None:
    race = f"""
try:
    control.runs.start(flow, "n", "{DAY}")
    print("mine")
except Busy as busy:
    print(busy.message)
"""
    others = {other.pid: other for other in (begin(race), begin(race))}
    said = {pid: other.wait_for_work()[0].strip() for pid, other in others.items()}
    (winner,) = [pid for pid, words in said.items() if words == "mine"]
    (loser,) = said.keys() - {winner}
    assert re.match(rf"n for {DAY} is being run by process {winner} since", said[loser])
    assert len(control.runs.all(FLOW)) == 1


def test_no_write_of_two_processes_is_lost(control: Control, begin: Callable[[str], Other]) -> None:
    control.scenarios.create("main", "HomePage")
    work = """
for number in range(30):
    control.solutions.save("main", "s", "HomePage", f"{sys.executable} {id(control)} {number}")
"""
    for other in [begin(work), begin(work)]:
        other.wait_for_work()
    numbers = [version.number for version in control.solutions.history("main", "s")]
    assert numbers == list(range(1, 61))
