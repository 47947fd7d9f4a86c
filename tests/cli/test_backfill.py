"""`pairec backfill`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import LAST_DAY, Pairec

HOT = "home_global_hot_v1"
TRIGGER = "home_etrec_u2i_trigger_v1"


def script_of(deployed: Path, node: str) -> Path:
    return next((deployed / "dataworks").rglob(f"{node}.sql"))


@pytest.fixture
def broken(deployed: Path) -> Path:
    """The script of the trigger node, with a syntax error in its last line."""
    script = script_of(deployed, TRIGGER)
    script.write_text(script.read_text() + "\nSELEC 1;\n")
    return script


def test_a_finished_plan_does_nothing_and_says_so(pairec: Pairec, deployed: Path) -> None:
    plan = pairec("backfill", "plan")
    assert (plan.code, plan.out) == (0, "")
    assert "0 runs to do" in plan.err
    again = pairec("backfill", "run")
    assert again.code == 0
    assert "nothing to do" in again.err
    assert "ended well; nothing to continue" in pairec("backfill", "continue").err
    assert len(pairec("backfill", "list", "--all", "-f", "json").json) == 1


def test_the_plan_names_tasks_days_and_reasons(pairec: Pairec, deployed: Path) -> None:
    script = script_of(deployed, HOT)
    script.write_text(script.read_text() + "-- changed\n")
    plan = pairec("backfill", "plan", "-f", "json").json
    assert plan["days"] == LAST_DAY
    assert "training window" in plan["required"]["text"]
    reasons = {task["task"]: task["reason"] for task in plan["tasks"]}
    assert reasons[HOT] == "script changed"
    assert set(reasons.values()) <= {"script changed", "input changed"}
    shown = pairec("backfill", "plan")
    assert shown.err.endswith("Next: pairec backfill run\n")
    assert HOT in shown.out


def test_run_does_the_plan_and_dry_run_does_not(pairec: Pairec, deployed: Path) -> None:
    dry = pairec("backfill", "run", "--force", "--task", HOT, "--dry-run")
    assert HOT in dry.out
    assert len(pairec("backfill", "list", "--all", "-f", "json").json) == 1
    done = pairec("backfill", "run", "--force", "--task", HOT)
    assert done.code == 0
    assert f"ok      {HOT}" in done.err
    assert [row["state"] for row in pairec("backfill", "list", "-f", "json").json] == ["ok"]
    assert pairec("backfill", "rerun", HOT).code == 0
    assert "ok:" in pairec("backfill", "log", HOT).out


def test_missing_days_come_with_the_command_that_makes_them(pairec: Pairec, deployed: Path) -> None:
    plan = pairec("backfill", "plan", "--start", "20250120", "--end", "20250125")
    assert plan.code == 0
    assert "lacks" in plan.err
    assert "Next: pairec data generate --days" in plan.err
    refused = pairec("backfill", "run", "--start", "20250120", "--end", "20250125")
    assert refused.code == 1
    assert "--allow-missing" in refused.err


def test_a_failed_task_shows_its_log_and_continue_goes_on(
    pairec: Pairec, deployed: Path, broken: Path
) -> None:
    planned = pairec("backfill", "plan")
    assert f"node {TRIGGER}" in planned.err
    failed = pairec("backfill", "run")
    assert failed.code == 1
    line = len(broken.read_text().splitlines())
    assert f"line {line}" in failed.err
    assert f"log of {TRIGGER} ds={LAST_DAY}" in failed.err
    assert "did not end well" in failed.err
    states = {row["task"]: row["state"] for row in pairec("backfill", "list", "-f", "json").json}
    assert states[TRIGGER] == "failed"
    assert "pending" in states.values()
    assert "error:" in pairec("backfill", "log", TRIGGER).out

    text = broken.read_text()
    broken.write_text(text.replace("\nSELEC 1;\n", "\n-- mended\n"))
    done = pairec("backfill", "continue")
    assert done.code == 0, done.err
    assert {row["state"] for row in pairec("backfill", "list", "-f", "json").json} == {"ok"}
    assert pairec("backfill", "plan", "-f", "json").json["tasks"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("plan", "--end", "20990101"), 1, "is not over yet"),
        (("plan", "--start", "20250131", "--end", "20250130"), 1, "20250131 is after 20250130"),
        (("plan", "--end", "yesterday"), 2, "'yesterday' is not a day"),
        (("plan", "--task", "home_global_ht_v1"), 1, f"did you mean '{HOT}'?"),
        (("rerun", "home_global_ht_v1"), 1, f"did you mean '{HOT}'?"),
        (("log", "home_global_ht_v1"), 1, f"did you mean '{HOT}'?"),
        (("plan", "--solution", "other"), 1, "solution 'other' is not deployed"),
    ],
)
def test_bad_input(pairec: Pairec, deployed: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("backfill", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err


def test_before_a_deployment(pairec: Pairec, workspace: Path) -> None:
    for command in ("plan", "run", "list", "continue"):
        result = pairec("backfill", command)
        assert (result.code, "hint: pairec deploy run" in result.err) == (1, True), command


def test_dry_runs_of_rerun_and_continue_list_tasks_and_run_none(pairec: Pairec, deployed: Path) -> None:
    before = pairec("backfill", "list", "--all", "-f", "json").out
    again = pairec("backfill", "rerun", "home_global_hot_v1", "--dry-run")
    assert again.code == 0
    assert "home_global_hot_v1" in again.out and "1 runs would be made" in again.err
    assert pairec("backfill", "continue", "--dry-run").err.splitlines()[-1] == "0 runs would be made"
    told = pairec("node", "run", "home_global_hot_v1", "--dry-run")
    assert told.code == 0 and "would run home_global_hot_v1" in told.err
    assert pairec("backfill", "list", "--all", "-f", "json").out == before
