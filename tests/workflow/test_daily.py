"""One day's schedule, and what freezing does to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import today
from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound
from pairec_cli.domain.package import Node, NodeKind, Recurrence
from pairec_cli.domain.runs import RunState
from pairec_cli.project import Project
from pairec_cli.workflow.daily import Instance, run_day
from pairec_cli.workflow.deploying import deploy_nodes
from pairec_cli.workflow.freezing import dependants, freeze, unfreeze
from tests.workflow.chain import DAY, FLOW, SCRIPTS, SOURCE, edit, fingerprints, lay, nodes, rows

ANCHORS = WorkflowName("pairec_workspace", "Workflow")


@pytest.fixture
def chain(project: Project) -> Project:
    """The small workflow behind a virtual node that stands for its source, as the tutorial has it."""
    anchor = Node(
        "source",
        NodeKind.VIRTUAL,
        "select 1;\n",
        outputs=(str(SOURCE),),
        upstream=("pairec_workspace_root",),
    )
    deploy_nodes(project, ANCHORS, [anchor])
    lay(project)
    return project


def day(project: Project, ds: str = DAY, **options: bool) -> dict[str, Instance]:
    told: list[Instance] = []
    found = run_day(project, ds, told.append, **options)
    assert told == found
    return {instance.node: instance for instance in found}


def states(instances: dict[str, Instance]) -> dict[str, str]:
    return {name: str(instance.state) for name, instance in instances.items()}


def test_a_day_runs_every_node_in_order_and_once(chain: Project) -> None:
    first = day(chain, "20260108")
    assert list(first) == ["source", "a", "alone", "b", "c"]
    assert states(first) == {
        "source": "ok",
        "a": "ok",
        "alone": "ok",
        "b": "failed",
        "c": "pending",
    }
    assert first["b"].reason == "project_mc.a has no partition 20260107"
    assert day(chain, "20260107")["a"].state is RunState.OK
    assert states(day(chain, "20260108")) == dict.fromkeys(first, "ok")
    again = day(chain, "20260108")
    assert {instance.reason for instance in again.values()} == {"up to date"}


def test_an_edit_or_changed_data_runs_what_they_concern(chain: Project) -> None:
    for ds in ("20260107", "20260108"):
        day(chain, ds)
    edit(chain, "b", SCRIPTS["b"].replace("SUM", "MAX"))
    reasons = {name: one.reason for name, one in day(chain, "20260108").items()}
    assert (reasons["b"], reasons["c"], reasons["a"]) == ("script changed", "input changed", "up to date")
    chain.warehouse.write(SOURCE, "20260108", rows(80))
    reasons = {name: one.reason for name, one in day(chain, "20260108").items()}
    assert reasons == {
        "source": "up to date",
        "a": "input changed",
        "alone": "input changed",
        "b": "input changed",
        "c": "input changed",
    }


def test_a_failed_node_keeps_its_readers_waiting_and_tells_its_log(chain: Project) -> None:
    edit(chain, "a", "selekt 1;\n")
    found = day(chain)
    assert states(found) == {"source": "ok", "a": "failed", "alone": "ok", "b": "pending", "c": "pending"}
    assert found["a"].reason.startswith("line 1: ")
    assert found["a"].log is not None
    assert "error: line 1" in Path(found["a"].log).read_text()
    assert (found["b"].reason, found["c"].waits_for) == ("waits for a", ("b",))


def test_a_frozen_node_fails_without_running_and_its_readers_wait(chain: Project) -> None:
    freeze(chain, ["source"])
    found = day(chain)
    assert found["source"].state is RunState.FROZEN
    assert found["source"].reason == "frozen: its instance fails without running"
    assert {name: one.waits_for for name, one in found.items() if one.state is RunState.PENDING} == {
        "a": ("source",),
        "alone": ("source",),
        "b": ("a",),
        "c": ("b", "source"),
    }
    assert fingerprints(chain).keys() == {"source"}
    [run] = chain.control.runs.all(ANCHORS, node="source", ds=DAY)
    assert run.state is RunState.FROZEN
    unfreeze(chain, ["source"])
    assert day(chain)["a"].state is RunState.OK


def test_a_node_that_is_set_to_skip_succeeds_without_running(chain: Project) -> None:
    skipped = [node for node in nodes() if node.name == "alone"]
    chain.control.nodes.deploy(FLOW, {skipped[0].name: Recurrence.SKIP}, {})
    found = day(chain)
    assert (found["alone"].state, found["alone"].blocks) == (RunState.SKIPPED, False)
    assert "alone" not in fingerprints(chain)


def test_a_dry_run_tells_what_would_run_and_changes_nothing(chain: Project) -> None:
    day(chain, "20260107")
    before = fingerprints(chain)
    told = {name: one.reason for name, one in day(chain, "20260108", dry_run=True).items()}
    assert told == dict.fromkeys(("source", "a", "alone", "b", "c"), "would run: missing")
    freeze(chain, ["b"])
    told = {name: one.reason for name, one in day(chain, "20260108", dry_run=True).items()}
    assert (told["b"], told["c"]) == ("frozen: its instance fails without running", "waits for b")
    assert fingerprints(chain) == before
    assert chain.control.runs.all(FLOW, ds="20260108") == []


def test_a_day_that_is_not_over_is_refused(chain: Project) -> None:
    with pytest.raises(InvalidInput, match="is not over yet"):
        day(chain, today())


def test_nothing_deployed_is_told(project: Project) -> None:
    with pytest.raises(NotDeployed, match="no node is deployed"):
        day(project)


def test_dependants_are_those_that_wait_directly_or_not(chain: Project) -> None:
    assert set(dependants(chain, ["source"])) == {"a", "alone", "b", "c"}
    assert dependants(chain, ["b"]) == ["c"]
    assert dependants(chain, ["c"]) == []
    assert set(dependants(chain, ["a", "c"])) == {"b"}


def test_dependants_follow_an_edited_script(chain: Project) -> None:
    edit(chain, "alone", SCRIPTS["alone"].replace("FROM source", "FROM c"))
    assert dependants(chain, ["b"]) == ["c", "alone"]


@pytest.mark.parametrize("act", [freeze, unfreeze])
def test_unknown_nodes_are_refused_and_nothing_is_changed(
    chain: Project, act: Callable[..., list[str]]
) -> None:
    chain.control.nodes.freeze(FLOW, ["b"])
    before = chain.control.nodes.all()
    with pytest.raises(NotFound, match="did you mean 'alone'"):
        act(chain, ["a", "b", "alown"])
    assert chain.control.nodes.all() == before


def test_freezing_tells_what_it_changed_and_can_be_repeated(chain: Project) -> None:
    assert freeze(chain, ["a", "source"], dry_run=True) == ["a", "source"]
    assert freeze(chain, ["a", "source", "a"]) == ["a", "source"]
    assert freeze(chain, ["a", "b"]) == ["b"]
    assert unfreeze(chain, ["a", "c"], dry_run=True) == ["a"]
    assert unfreeze(chain, ["a", "c"]) == ["a"]
    assert unfreeze(chain, ["a"]) == []
