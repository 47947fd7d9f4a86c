"""Deployed solutions, and one carried from its package to its recommendations."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidInput, NotDeployed
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.runs import RunState
from pairec_cli.project import Project
from pairec_cli.workflow import deployed_nodes, deploying, generating, solutions
from pairec_cli.workflow.backfilling import default_day, make_plan, run_backfill
from pairec_cli.workflow.deployed_solutions import all_deployed, deployed
from tests.workflow import tiny

HOT, SYNC = "tiny_global_hot_v1", "tiny_create_sync_onlinestore_v1"


def test_a_solution_is_found_with_the_tables_that_it_means(solved: Project) -> None:
    named = solutions.configure(tiny.document(solved), {"data_tables.user.table": "user table"})
    solutions.save(solved, named)
    deploying.deploy(solved, generating.generate(solved).record)
    what = deployed(solved)
    assert (what.solution.name, str(what.target), what.project) == (
        "tiny",
        "pairec_workspace/Flow",
        "project_mc",
    )
    assert what.solution.data_tables.user.table == "project_mc.rec_sln_demo_user_table_v1"
    assert deployed(solved, "tiny") == what
    assert default_day(solved, what) == tiny.DAY


def test_what_is_not_deployed_or_not_clear_is_told(deployed: Project) -> None:
    from_workspace = all_deployed(deployed)
    assert [one.solution.name for one in from_workspace] == ["tiny"]
    with pytest.raises(NotDeployed, match="solution 'other' is not deployed"):
        find(deployed, "other")
    deployed.control.scenarios.create("demo", "Detail")
    other = tiny.document(deployed).replace("name: tiny", "name: other").replace("HomePage", "Detail")
    other = solutions.configure(
        other.replace("workflow: Flow", "workflow: Second"),
        {"recalls[0].name": "other_u2i", "recalls[1].name": "other_hot"},
    )
    solutions.save(deployed, other)
    deploying.deploy(deployed, generating.generate(deployed, "other").record)
    with pytest.raises(InvalidInput, match="several solutions are deployed: tiny, other"):
        find(deployed, None)
    assert find(deployed, "other") == "other"


def find(project: Project, name: str | None) -> str:
    return deployed(project, name).solution.name


def test_nothing_deployed_is_told(project: Project) -> None:
    assert all_deployed(project) == []
    with pytest.raises(NotDeployed, match="no solution is deployed"):
        find(project, None)


def backfill(project: Project) -> dict[str, str]:
    """Run what must run; task → reason."""
    what = deployed(project)
    plan = make_plan(project, what)
    done = run_backfill(project, what, plan, lambda _: None)
    assert done is None or done.state is RunState.OK, done
    return {task.node: task.reason for task in plan.tasks}


def best(project: Project) -> list[str]:
    stranger = RecommendRequest("nobody", "HomePage", 5)
    return [item.item_id for item in project.engine().recommend(stranger).items]


def test_a_formula_edited_in_its_script_is_what_the_engine_serves(solved: Project) -> None:
    deploying.deploy(solved, generating.generate(solved).record)
    assert len(backfill(solved)) == 13
    assert backfill(solved) == {}
    before = best(solved)
    assert len(before) == 5
    script = deployed_nodes.find_node(solved, HOT)[1].script
    formula = "click_uv * click_uv / (expr + 10) * EXP("
    assert formula in script
    deployed_nodes.edit(solved, HOT, script.replace(formula, f"1 / ({formula}").replace("AS hot", ") AS hot"))
    assert backfill(solved) == {HOT: "script changed", SYNC: "input changed"}
    assert best(solved) != before
    deployed_nodes.edit(solved, HOT, script)
    assert backfill(solved) == {HOT: "script changed", SYNC: "input changed"}
    assert best(solved) == before
