"""Looking at deployed nodes, editing their scripts, running one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pairec_cli.domain.ds import today
from pairec_cli.domain.errors import Busy, InvalidInput, NotFound, SqlError, UnsupportedSql
from pairec_cli.domain.runs import RunState
from pairec_cli.project import Project
from pairec_cli.workflow import deployed_nodes
from pairec_cli.workflow.deployed_nodes import find_node, list_nodes, node_runs, project_of, run_node, view
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from tests.workflow.chain import (
    ALL,
    DAY,
    FLOW,
    SCRIPTS,
    SOURCE,
    edit,
    fingerprints,
    lay,
    plan,
    values,
)


@pytest.fixture
def chain(project: Project) -> Project:
    lay(project)
    return project


def text_of(project: Project, name: str) -> str:
    return find_node(project, name)[1].script


def test_nodes_are_listed_with_their_state_and_last_run(chain: Project) -> None:
    assert {one.name for one in list_nodes(chain)} == set(ALL)
    assert all(one.last is None and not one.edited for one in list_nodes(chain))
    run_node(chain, "alone", "20260109")
    run_node(chain, "alone", DAY)
    edit(chain, "b", SCRIPTS["b"] + "-- mine\n")
    chain.control.nodes.freeze(FLOW, ["c"])
    found = {one.name: one for one in list_nodes(chain)}
    last = found["alone"].last
    assert last is not None and (last.ds, last.state) == (DAY, RunState.OK)
    assert (found["b"].edited, found["a"].edited) == (True, False)
    assert (found["c"].state.frozen, found["a"].state.frozen) == (True, False)
    assert found["a"].path.read_text() == SCRIPTS["a"]


@pytest.mark.parametrize(
    ("search", "names"),
    [("", {*ALL}), ("alo", {"alone"}), ("B", {"b", "c"}), ("mc.source", {"a", "alone", "c"}), ("zzz", set())],
)
def test_a_search_looks_at_names_and_tables(chain: Project, search: str, names: set[str]) -> None:
    assert {one.name for one in list_nodes(chain, search)} >= names
    assert bool(list_nodes(chain, search)) == bool(names)


def test_a_view_tells_what_the_script_really_reads(chain: Project) -> None:
    edit(chain, "alone", SCRIPTS["alone"].replace("FROM source", "FROM c"))
    assert view(chain, "alone").node.inputs == ("project_mc.c",)
    edit(chain, "alone", "selekt\n")
    problem = view(chain, "alone").problem
    assert problem is not None and "node alone: line 1" in problem.message


def test_an_unknown_node_names_the_nearest(chain: Project) -> None:
    with pytest.raises(NotFound, match="did you mean 'alone'"):
        view(chain, "allone")


def test_an_edit_is_in_the_script_and_in_what_the_node_declares(chain: Project) -> None:
    script = SCRIPTS["alone"].replace("FROM source", "FROM c")
    done = deployed_nodes.edit(chain, "alone", script)
    assert (done.changed, done.before.inputs, done.after.inputs) == (
        True,
        ("project_mc.source",),
        ("project_mc.c",),
    )
    standing = DeployedScripts(chain.dataworks(FLOW.workspace)).workflow(FLOW.workflow).node("alone")
    assert standing is not None
    assert (standing.script, standing.inputs) == (script, ("project_mc.c",))
    assert view(chain, "alone").edited


def test_the_same_text_is_no_edit(chain: Project) -> None:
    assert not deployed_nodes.edit(chain, "a", SCRIPTS["a"]).changed
    assert not view(chain, "a").edited


def test_a_dry_run_of_an_edit_checks_and_writes_nothing(chain: Project) -> None:
    assert deployed_nodes.edit(chain, "a", SCRIPTS["alone"].replace("alone", "a"), dry_run=True).changed
    assert text_of(chain, "a") == SCRIPTS["a"]
    with pytest.raises(SqlError):
        deployed_nodes.edit(chain, "a", "selekt", dry_run=True)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (SCRIPTS["a"].replace("SELECT", "SELEKT"), "line 3"),
        (SCRIPTS["a"].replace("x + 1", "x + "), "line 3"),
        (SCRIPTS["a"].replace("ds='${bizdate}'", "ds='${bizdat}'"), "line 2.*did you mean"),
        (SCRIPTS["a"].replace("x + 1", "no_such_function(x)"), "line 3.*(?i:no_such_function)"),
        (SCRIPTS["a"].replace("x + 1", "nothing"), "line 3.*nothing"),
        ("PAI -name pai_etrek -project algo_public;\n", "line 1.*did you mean 'pai_etrec'"),
        ("PAI -name pai_etrec -DinputTableNam=a;\n", "line 1.*did you mean -DinputTableName"),
        (SCRIPTS["a"].replace("TABLE a ", "TABLE alone "), "node a: project_mc.alone is also written by"),
        (SCRIPTS["a"].replace("FROM source", "FROM c"), "wait for each other: a, b, c"),
    ],
)
def test_a_script_that_cannot_run_is_refused_with_its_line(chain: Project, script: str, told: str) -> None:
    with pytest.raises(SqlError) as caught:
        deployed_nodes.edit(chain, "a", script)
    assert re.search(f"(?s){told}", f"{caught.value.message} {caught.value.hint}")
    assert text_of(chain, "a") == SCRIPTS["a"]


def test_what_the_dialect_does_not_know_is_named_with_its_line(chain: Project) -> None:
    script = SCRIPTS["a"].replace("WHERE", "LATERAL VIEW OUTER no_such_udtf(x) t AS y WHERE")
    with pytest.raises(SqlError) as caught:
        deployed_nodes.edit(chain, "a", script)
    assert isinstance(caught.value, UnsupportedSql)
    assert caught.value.line == 3


def test_force_keeps_a_script_that_cannot_run_and_the_plan_tells(chain: Project) -> None:
    done = deployed_nodes.edit(chain, "a", "selekt 1;\n", force=True)
    assert done.problem is not None
    assert text_of(chain, "a") == "selekt 1;\n"
    made = plan(chain)
    assert [problem.line for problem in made.problems] == [1]
    assert "a" in {task.node for task in made.tasks}


def test_a_new_scheduling_parameter_comes_with_the_edit(chain: Project) -> None:
    script = SCRIPTS["a"].replace("ds = '${bizdate}'", "ds >= '${bizdate_5}' AND ds <= '${bizdate}'")
    with pytest.raises(SqlError, match=r"unknown parameter \$\{bizdate_5\}"):
        deployed_nodes.edit(chain, "a", script)
    deployed_nodes.edit(chain, "a", script, parameters={"bizdate_5": "$[yyyymmdd-6]"})
    assert run_node(chain, "a", DAY).rows == 6


def test_a_node_runs_for_a_day_whether_or_not_it_is_up_to_date(chain: Project) -> None:
    first, second = run_node(chain, "a", DAY), run_node(chain, "a", DAY)
    assert (first.state, second.state, second.rows) == (RunState.OK, RunState.OK, 1)
    assert values(chain, "a", DAY) == [11]
    assert [run.id for run in node_runs(chain, "a", DAY)] == [second.id, first.id]
    assert "a" not in {task.node for task in plan(chain).tasks if DAY in task.days}


def test_a_run_without_its_inputs_fails_with_their_names(chain: Project) -> None:
    run_node(chain, "a", DAY)
    failed = run_node(chain, "b", DAY)
    assert (failed.state, failed.reason) == (
        RunState.FAILED,
        "project_mc.a has no partition 20260109",
    )
    assert failed.log is not None
    assert "hint: pairec backfill plan --end 20260110" in Path(failed.log).read_text()
    assert "b" not in fingerprints(chain)
    chain.warehouse.drop_partitions(SOURCE, ["20260105"])
    assert run_node(chain, "alone", "20260105").reason == "project_mc.source has no partition 20260105"


def test_a_failed_run_keeps_what_was_there(chain: Project) -> None:
    run_node(chain, "a", DAY)
    before = fingerprints(chain)
    edit(chain, "a", SCRIPTS["a"].replace("x + 1", "nothing"))
    failed = run_node(chain, "a", DAY)
    assert failed.state is RunState.FAILED
    assert "line 3" in failed.reason
    assert fingerprints(chain) == before


def test_a_frozen_node_or_an_unfinished_day_is_not_run(chain: Project) -> None:
    with pytest.raises(InvalidInput, match="is not over yet"):
        run_node(chain, "a", today())
    chain.control.nodes.freeze(FLOW, ["a"])
    with pytest.raises(InvalidInput, match="node 'a' is frozen"):
        run_node(chain, "a", DAY)


def test_a_node_that_runs_elsewhere_is_busy(chain: Project) -> None:
    chain.control.runs.start(FLOW, "a", DAY)
    with pytest.raises(Busy, match="a for 20260110 is being run by process"):
        run_node(chain, "a", DAY)
    assert run_node(chain, "a", "20260109").state is RunState.OK


def test_an_internal_error_is_recorded_and_raised(chain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(type(chain.sql), "run_script", broken)
    with pytest.raises(ZeroDivisionError):
        run_node(chain, "a", DAY)
    [run] = node_runs(chain, "a")
    assert (run.state, run.reason) == (RunState.FAILED, "ZeroDivisionError: a bug")


def test_the_project_of_a_workflow_is_its_solutions(chain: Project) -> None:
    assert project_of(chain, FLOW) == "project_mc"
    text = "name: x\nenvironment: {offline_store: second_mc}\n"
    DeployedScripts(chain.dataworks(FLOW.workspace)).write(FLOW.workflow, {"PaiRec/solution.yaml": text})
    assert project_of(chain, FLOW) == "second_mc"


def test_a_run_by_hand_leaves_a_backfill_nothing_to_do(chain: Project) -> None:
    for ds in ("20260109", DAY):
        run_node(chain, "a", ds)
    run_node(chain, "b", DAY)
    assert {task.node for task in plan(chain).tasks if DAY in task.days} == {"alone", "c"}
