"""Deployed nodes: what holds now against what a package declared, and texts as they were deployed."""

from __future__ import annotations

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.package import Recurrence

FLOW = WorkflowName("dw", "rec")
NORMAL, SKIP, PAUSE = Recurrence.NORMAL, Recurrence.SKIP, Recurrence.PAUSE


def recurrences(control: Control, workflow: WorkflowName = FLOW) -> dict[str, Recurrence]:
    return {node.name: node.recurrence for node in control.nodes.all(workflow)}


def test_order_is_the_order_of_deployment(control: Control) -> None:
    control.nodes.deploy(FLOW, {"z": NORMAL, "a": SKIP}, {})
    control.nodes.deploy(FLOW, {"b": NORMAL, "a": SKIP}, {})
    assert list(recurrences(control)) == ["z", "a", "b"]


def test_workflows_are_apart(control: Control) -> None:
    others = [WorkflowName("dw", "other"), WorkflowName("dw2", "rec")]
    for workflow in (FLOW, *others):
        control.nodes.deploy(workflow, {"n": NORMAL}, {"n.sql": str(workflow)})
    control.nodes.freeze(FLOW, ["n"])
    assert recurrences(control) == {"n": PAUSE}
    assert recurrences(control, others[0]) == {"n": NORMAL}
    assert control.nodes.files(others[1])["n.sql"].text == "dw2/rec"
    assert control.nodes.workflows() == [others[0], FLOW, others[1]]
    assert control.nodes.workflows("dw2") == [others[1]]
    assert len(control.nodes.all()) == 3


def test_freezing_and_thawing(control: Control) -> None:
    control.nodes.deploy(FLOW, {"a": NORMAL, "b": SKIP, "c": PAUSE}, {})
    assert [node.name for node in control.nodes.freeze(FLOW, ["a", "b", "c"])] == ["a", "b"]
    assert control.nodes.get(FLOW, "a").frozen
    assert control.nodes.freeze(FLOW, ["a"]) == []
    assert [node.name for node in control.nodes.unfreeze(FLOW, ["a", "b", "c"])] == ["a", "b", "c"]
    assert recurrences(control) == {"a": NORMAL, "b": SKIP, "c": NORMAL}
    assert control.nodes.unfreeze(FLOW, ["a", "b", "c"]) == []


def test_an_unknown_node_changes_nothing(control: Control) -> None:
    control.nodes.deploy(FLOW, {"first": NORMAL}, {})
    with pytest.raises(NotFound, match="did you mean 'first'"):
        control.nodes.freeze(FLOW, ["first", "frist"])
    assert recurrences(control) == {"first": NORMAL}
    with pytest.raises(NotFound):
        control.nodes.get(WorkflowName("dw", "other"), "first")


def test_what_was_set_by_hand_outlives_a_deployment(control: Control) -> None:
    control.nodes.deploy(FLOW, {"a": NORMAL, "b": NORMAL, "c": PAUSE}, {})
    control.nodes.freeze(FLOW, ["a"])
    control.nodes.unfreeze(FLOW, ["c"])
    control.nodes.deploy(FLOW, {"a": NORMAL, "b": SKIP, "c": PAUSE}, {})
    assert recurrences(control) == {"a": PAUSE, "b": SKIP, "c": NORMAL}


def test_files_keep_the_deployed_text(control: Control) -> None:
    first = control.deployments.start("main").id
    control.nodes.deploy(FLOW, {"a": NORMAL}, {"b.sql": "1", "a.sql": "1"}, deployment=first)
    second = control.deployments.start("main").id
    control.nodes.deploy(FLOW, {"a": NORMAL}, {"b.sql": "2"}, deployment=second)
    files = control.nodes.files(FLOW)
    assert [(file.path, file.text, file.deployment) for file in files.values()] == [
        ("a.sql", "1", first),
        ("b.sql", "2", second),
    ]
    assert control.nodes.get(FLOW, "a").deployment == second


def test_removed_nodes_and_files(control: Control) -> None:
    control.nodes.deploy(FLOW, {"a": NORMAL, "b": NORMAL}, {"a.sql": "1", "b.sql": "1"})
    control.nodes.deploy(FLOW, {}, {}, removed_nodes=["a"], removed_files=["a.sql"])
    assert list(recurrences(control)) == ["b"]
    assert list(control.nodes.files(FLOW)) == ["b.sql"]
    control.nodes.remove(FLOW, ["b"])
    assert control.nodes.all(FLOW) == []


def test_nodes_outlive_the_record_that_deployed_them(control: Control) -> None:
    record = control.deployments.start("main").id
    control.nodes.deploy(FLOW, {"a": NORMAL}, {"a.sql": "1"}, deployment=record)
    control.instances.delete("main", cascade=True)
    assert control.nodes.get(FLOW, "a").deployment is None
    assert control.nodes.files(FLOW)["a.sql"].deployment is None
