"""The seven steps: what is done, and a next command that is the right one at every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.tables import Column, TableName, TableRole, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow import data, deploying, generating, solution_document, solutions, source_nodes
from pairec_cli.workflow.deployed_solutions import deployed as deployed_solution
from pairec_cli.workflow.instances import create_instance, initialise
from pairec_cli.workflow.quickstart import SOLUTION, fit_windows
from pairec_cli.workflow.registration import register
from pairec_cli.workflow.scenarios import create_scenario
from pairec_cli.workflow.status import next_command, steps
from tests.deployed import DAYS, END, deployed, fresh


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)


def state(project: Project) -> tuple[list[int], str]:
    """The numbers of the steps that are done, and the next command."""
    found = steps(project)
    assert [step.step for step in found] == [1, 2, 3, 4, 5, 6, 7]
    return [step.step for step in found if step.done], next_command(found)


def detail(project: Project, step: int) -> str:
    return steps(project)[step - 1].detail


def test_the_way_through_the_steps(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "empty" / ".pairec")
    create_instance(project, "demo", region="local")
    assert state(project) == ([], "pairec instance init")
    initialise(project, "demo")
    assert state(project) == ([1], "pairec data generate --days 60")

    project = fresh(tmp_path)
    tables = source_nodes.demo_tables()
    assert state(project) == ([1, 2], f"pairec table register {tables[TableRole.USER]} --role user")
    assert detail(project, 2) == "20260126..20260131"
    register(project, tables[TableRole.USER], role=TableRole.USER)
    assert state(project)[1] == f"pairec table register {tables[TableRole.ITEM]} --role item"
    for role, table in tables.items():
        register(project, table, role=role)
    assert state(project) == ([1, 2, 3], "pairec scenario create HomePage")
    create_scenario(project, "demo", "HomePage")
    assert state(project) == ([1, 2, 3, 4], f"pairec solution create {SOLUTION}")
    solution = fit_windows(solutions.default_solution(project.instance, SOLUTION, "HomePage"), DAYS)
    solutions.save(project, solution_document.write(solution))
    assert state(project) == ([1, 2, 3, 4], "pairec script generate")
    record = generating.generate(project).record
    assert state(project) == ([1, 2, 3, 4, 5], "pairec deploy run")
    deploying.deploy(project, record)
    assert state(project) == ([1, 2, 3, 4, 5], "pairec backfill run")
    assert "runs to do for 20260131" in detail(project, 6)


def test_everything_is_done_after_the_quick_deployment(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    assert state(project) == ([1, 2, 3, 4, 5, 6, 7], "pairec recommend --user 123")
    assert detail(project, 6) == "Flow: up to date for 20260131"
    assert detail(project, 7) == "3 of 3 virtual nodes frozen"


def test_new_data_makes_the_backfill_due(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    data.generate(project, data.plan_generation(project, days=1, end=shift(END, 1)), lambda *_: None)
    done, command = state(project)
    assert (6 in done, command) == (False, "pairec backfill run")


def test_a_gap_in_the_data_asks_for_the_days(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    data.generate(project, data.plan_generation(project, days=1, end=shift(END, 5)), lambda *_: None)
    assert state(project)[1] == "pairec data generate --days 4 --end 20260204"


def test_a_failed_backfill_is_continued(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    target = deployed_solution(project).target
    backfill = project.control.backfills.latest(target)
    assert backfill is not None
    again = project.control.backfills.start(target, SOLUTION, backfill.days, backfill.tasks)
    project.control.backfills.finish(again.id, again.state.FAILED, reason="test")
    assert state(project)[1] == "pairec backfill continue"
    assert detail(project, 6) == f"Flow: backfill {again.id} failed"


def test_tables_of_ones_own_are_recognised_by_their_columns(project: Project) -> None:
    initialise(project, "demo")
    for name, columns in {"people": ("user_id", "age"), "wares": ("item_id", "price")}.items():
        schema = TableSchema(TableName("project_mc", name), tuple(Column(c, "BIGINT") for c in columns))
        project.warehouse.create_table(schema)
    commands = {role: step for role, step in _register_commands(project).items() if role != "behavior"}
    assert commands == {
        "user": "pairec table register people --role user",
        "item": "pairec table register wares --role item",
    }


def _register_commands(project: Project) -> dict[str, str]:
    """The command of step 3 with nothing registered, and with the user table registered."""
    found = {"user": steps(project)[2].command}
    register(project, "people", role=TableRole.USER, force=True)
    return {**found, "item": steps(project)[2].command}


def test_without_virtual_nodes_there_is_nothing_to_freeze(project: Project) -> None:
    initialise(project, "demo")
    last = steps(project)[6]
    assert (last.done, last.detail) == (False, "0 of 0 virtual nodes frozen")
