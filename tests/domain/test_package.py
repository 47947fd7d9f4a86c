"""Nodes and the workflow they form."""

from __future__ import annotations

import dataclasses

import pytest

from pairec_cli.domain.package import Node, NodeKind, Recurrence, Workflow


def test_a_workflow_finds_its_nodes() -> None:
    first, second = (Node(name, NodeKind.ODPS_SQL, "SELECT 1;") for name in ("a", "b"))
    flow = Workflow("Flow", (first, second))
    assert flow.node("b") is second and flow.node("c") is None


def test_a_node_runs_unless_it_is_told_otherwise_and_never_changes() -> None:
    node = Node("a", NodeKind.VIRTUAL, "")
    assert node.recurrence is Recurrence.NORMAL
    with pytest.raises(dataclasses.FrozenInstanceError):
        node.recurrence = Recurrence.PAUSE  # type: ignore[misc]  # that it cannot be set is the test


def test_kinds_and_recurrences_are_dataworks_own_words() -> None:
    assert [str(kind) for kind in NodeKind] == ["ODPS_SQL", "PYODPS3", "VIRTUAL", "pai_dlc"]
    assert [str(one) for one in Recurrence] == ["Normal", "Skip", "Pause"]
