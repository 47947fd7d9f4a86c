"""Backfills on the real engine, over a small workflow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pairec_cli.domain.ds import DsRange, today
from pairec_cli.domain.errors import Busy, DataError, InvalidInput, NotFound
from pairec_cli.domain.runs import BackfillTask, RunState
from pairec_cli.project import Project
from pairec_cli.workflow.backfilling import (
    continue_backfill,
    missing_data_command,
    required_text,
    rerun_task,
    run_backfill,
)
from tests.workflow.chain import (
    ALL,
    DAY,
    DAYS,
    FLOW,
    SCRIPTS,
    SOURCE,
    Listener,
    deployed,
    edit,
    fingerprints,
    lay,
    plan,
    rows,
    values,
)

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def chain(project: Project) -> Project:
    lay(project)
    return project


def run(project: Project, listener: Listener | None = None, **options: object) -> RunState | None:
    done = run_backfill(project, deployed(project), plan(project, **options), listener or Listener())
    return done.state if done else None


def stale(project: Project) -> dict[str, str]:
    return {task.node: task.reason for task in plan(project).tasks}


def test_a_backfill_makes_every_day_and_the_next_one_finds_nothing_to_do(chain: Project) -> None:
    listener = Listener()
    assert run(chain, listener) is RunState.OK
    assert values(chain, "a", DAY) == [11]
    assert values(chain, "b", DAY) == [21]
    assert values(chain, "c", DAY) == [10, 210]
    assert listener.ends == dict.fromkeys(ALL, RunState.OK)
    assert [e.task for e in listener.events if e.run is None] == ["a", "alone", "b", "c"]
    assert (listener.events[-1].done, listener.events[-1].total) == (13, 13)
    before = fingerprints(chain)
    assert run(chain) is None
    assert stale(chain) == {}
    assert fingerprints(chain) == before


def test_an_edited_script_runs_again_with_what_reads_it(chain: Project) -> None:
    run(chain)
    edit(chain, "b", SCRIPTS["b"].replace("SUM(x)", "MAX(x)"))
    assert stale(chain) == {"b": "script changed", "c": "input changed"}
    assert run(chain) is RunState.OK
    assert values(chain, "c", DAY) == [10, 110]
    edit(chain, "b", SCRIPTS["b"])
    assert run(chain) is RunState.OK
    assert values(chain, "c", DAY) == [10, 210]


def test_changed_rows_of_a_source_day_run_what_reads_that_day(chain: Project) -> None:
    run(chain)
    chain.warehouse.write(SOURCE, "20260107", rows(100))
    assert {task.node: task.days for task in plan(chain).tasks} == {
        "a": ("20260107",),
        "b": ("20260108",),
        "c": ("20260108",),
    }
    chain.warehouse.write(SOURCE, "20260107", rows(7))
    assert stale(chain) == {}


def test_the_same_backfill_of_another_workspace_has_the_same_fingerprints(
    chain: Project, tmp_path: Path
) -> None:
    other = Project.create(tmp_path / "other")
    from_instance = chain.instance
    other.control.instances.create(from_instance.name, region="x", bindings=from_instance.bindings)
    other.control.instances.use(from_instance.name)
    lay(other)
    run(chain)
    run(other)
    assert fingerprints(chain) == fingerprints(other)


def test_a_failed_task_keeps_its_readers_waiting_and_lets_the_others_run(chain: Project) -> None:
    edit(chain, "a", SCRIPTS["a"].replace("x + 1", "no_such_column"))
    listener = Listener()
    assert run(chain, listener) is RunState.FAILED
    assert listener.ends == {
        "a": RunState.FAILED,
        "alone": RunState.OK,
        "b": RunState.PENDING,
        "c": RunState.PENDING,
    }
    failed = next(event for event in listener.events if event.state is RunState.FAILED)
    assert failed.run is not None and failed.run.log is not None
    assert "no_such_column" in Path(failed.run.log).read_text()
    kept = chain.control.backfills.latest(FLOW)
    assert kept is not None
    assert kept.reason == "a failed; b pending; c pending"
    assert {task.node: task.reason for task in kept.tasks}["c"] == "waits for b"


def test_continuing_goes_on_with_the_original_days(chain: Project) -> None:
    edit(chain, "a", SCRIPTS["a"].replace("x + 1", "no_such_column"))
    run(chain)
    edit(chain, "a", SCRIPTS["a"])
    listener = Listener()
    done = continue_backfill(chain, deployed(chain), listener)
    assert done is not None
    assert (done.state, done.days) == (RunState.OK, DAYS)
    assert listener.ends.keys() == {"a", "b", "c"}
    assert {task.state for task in done.tasks} == {RunState.OK}
    assert stale(chain) == {}
    assert continue_backfill(chain, deployed(chain), Listener()) is None


def test_continuing_brings_what_an_edit_made_stale_before_the_failed_task(chain: Project) -> None:
    run(chain, task="a")
    edit(chain, "b", SCRIPTS["b"].replace("SUM(x)", "SUM(no_such_column)"))
    assert run(chain, task="b") is RunState.FAILED
    edit(chain, "a", SCRIPTS["a"].replace("+ 1", "+ 2"))
    edit(chain, "b", SCRIPTS["b"])
    done = continue_backfill(chain, deployed(chain), Listener())
    assert done is not None
    assert [task.node for task in done.tasks] == ["a", "b"]
    assert values(chain, "b", DAY) == [23]


def test_there_is_nothing_to_continue_or_rerun_before_a_backfill(chain: Project) -> None:
    with pytest.raises(NotFound, match="backfill of"):
        continue_backfill(chain, deployed(chain), Listener())
    with pytest.raises(NotFound, match="backfill of"):
        rerun_task(chain, deployed(chain), "a", Listener())


def test_a_task_runs_again_for_its_original_days(chain: Project) -> None:
    run(chain)
    before = fingerprints(chain)
    listener = Listener()
    done = rerun_task(chain, deployed(chain), "b", listener)
    assert done.state is RunState.OK
    assert [e.run.ds for e in listener.events if e.run] == list(DAYS)
    assert fingerprints(chain) == before
    with pytest.raises(NotFound, match="did you mean 'alone'"):
        rerun_task(chain, deployed(chain), "alon", Listener())


def test_a_task_of_a_failed_backfill_runs_again_and_the_rest_stays_open(chain: Project) -> None:
    edit(chain, "a", SCRIPTS["a"].replace("x + 1", "no_such_column"))
    run(chain)
    edit(chain, "a", SCRIPTS["a"])
    done = rerun_task(chain, deployed(chain), "a", Listener())
    assert (done.state, done.reason) == (RunState.FAILED, "b pending; c pending")
    assert {task.node: task.state for task in done.tasks}["a"] is RunState.OK


def test_a_frozen_task_is_not_run_and_what_needs_it_waits(chain: Project) -> None:
    chain.control.nodes.freeze(FLOW, ["b"])
    listener = Listener()
    assert run(chain, listener) is RunState.FAILED
    assert listener.ends["b"] is RunState.FROZEN
    assert listener.ends["c"] is RunState.PENDING
    assert "b" not in fingerprints(chain)
    chain.control.nodes.unfreeze(FLOW, ["b"])
    done = continue_backfill(chain, deployed(chain), Listener())
    assert done is not None and done.state is RunState.OK


def test_forcing_runs_everything_again(chain: Project) -> None:
    run(chain)
    listener = Listener()
    assert run(chain, listener, force=True) is RunState.OK
    assert sum(event.run is not None for event in listener.events) == 13
    only = plan(chain, force=True, task="b")
    assert {task.node: task.reason for task in only.tasks} == {"b": "forced"}


def test_missing_source_days_are_refused_with_the_command_that_makes_them(chain: Project) -> None:
    chain.warehouse.drop_partitions(SOURCE, ["20260109"])
    made = plan(chain)
    with pytest.raises(DataError, match=r"source lacks 20260109") as caught:
        run_backfill(chain, deployed(chain), made, Listener())
    assert str(caught.value.hint).startswith("pairec data import FILE --table project_mc.source")
    allowed = run_backfill(chain, deployed(chain), made, Listener(), allow_missing=True)
    assert allowed is not None and allowed.state is RunState.OK
    assert values(chain, "alone", "20260109") == []
    chain.warehouse.write(SOURCE, "20260109", rows(9))
    assert stale(chain)["alone"] == "input changed"


def test_nothing_missing_needs_no_command(chain: Project) -> None:
    assert missing_data_command(plan(chain)) is None


def test_the_instruction_says_what_the_days_are_made_of(chain: Project) -> None:
    text = required_text(deployed(chain).solution)
    assert text == "n = training window 1 + largest feature window 2 = 3 days"
    assert plan(chain).required == DsRange("20260106", DAY)


def test_bad_days_and_tasks_are_refused(chain: Project) -> None:
    with pytest.raises(InvalidInput, match="is not over yet"):
        plan(chain, DsRange(DAY, today()))
    with pytest.raises(InvalidInput, match="20260110 is after 20260108"):
        plan(chain, DsRange(DAY, DAYS.first))
    with pytest.raises(NotFound, match="did you mean 'alone'"):
        plan(chain, task="allone")


def test_two_backfills_at_once_are_refused_with_the_first_ones_process(chain: Project) -> None:
    chain.control.backfills.start(FLOW, "chain", DAYS, [BackfillTask("a", (DAY,))])
    for attempt in (
        lambda: run(chain),
        lambda: continue_backfill(chain, deployed(chain), Listener()),
        lambda: rerun_task(chain, deployed(chain), "a", Listener()),
    ):
        with pytest.raises(Busy, match=f"process {os.getpid()} since"):
            attempt()
    assert "a" not in fingerprints(chain)


def test_an_interrupted_backfill_is_not_left_running(chain: Project) -> None:
    class Interrupting(Listener):
        def __call__(self, event: object) -> None:
            if len(self.events) == 3:
                raise KeyboardInterrupt
            super().__call__(event)  # type: ignore[arg-type] # passed through

    with pytest.raises(KeyboardInterrupt):
        run(chain, Interrupting())
    kept = chain.control.backfills.latest(FLOW)
    assert kept is not None
    assert (kept.state, kept.reason) == (RunState.FAILED, "interrupted")
    assert {task.state for task in kept.tasks} <= {RunState.FAILED, RunState.PENDING}
    done = continue_backfill(chain, deployed(chain), Listener())
    assert done is not None and done.state is RunState.OK


KILLS = (4, 5, 6, 7, 8, 9, 15, 22, 30, 41)
"""Transactions around the first runs of the first task, and some later ones."""


def test_a_backfill_killed_at_any_transaction_ends_as_if_nothing_had_happened(
    chain: Project, tmp_path: Path
) -> None:
    chain.control.close()
    counts = [str(count) for count in KILLS]
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.workflow.kills", str(chain.home), *counts],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.split() == [word for count in counts for word in (count, "9")]
    whole = Project(chain.home)
    run(whole)
    for count in KILLS:
        copy = Project(chain.home.with_name(f"{chain.home.name}-{count}"))
        assert run(copy) is not RunState.FAILED
        assert stale(copy) == {}
        assert fingerprints(copy) == fingerprints(whole)
        assert copy.warehouse.sweep() == 0
