"""The nodes that stand before a solution."""

from __future__ import annotations

from pairec_cli.datagen.config import WorldConfig
from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.package import NodeKind, Recurrence
from pairec_cli.domain.tables import TableRole
from pairec_cli.project import Project
from pairec_cli.warehouse.lineage import lineage
from pairec_cli.workflow import source_nodes
from pairec_cli.workflow.deployed_nodes import edit
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.source_nodes import clone_node, data_node, demo_tables, place, virtual_nodes

CONFIG = WorldConfig(epoch="20260101", users=5)


def test_virtual_nodes_are_named_as_the_tables_and_wait_for_the_workspaces_root(project: Project) -> None:
    tables = list(demo_tables().values())
    nodes = virtual_nodes(project.instance, tables, ["create_data"])
    assert [node.name for node in nodes] == tables
    for node in nodes:
        assert (node.kind, node.recurrence) == (NodeKind.VIRTUAL, Recurrence.NORMAL)
        assert node.upstream == ("pairec_workspace_root", "create_data")
        assert node.outputs == (f"project_mc.{node.name}",)


def test_the_clone_node_is_the_tutorials_script_over_101_days() -> None:
    node = clone_node()
    parameters = resolve_parameters(dict(node.parameters), "20260131")
    assert parameters == {"bizdate": "20260131", "bizdate_100": "20251023"}
    found = lineage(node.script, parameters=parameters, project="project_mc")
    assert sorted(str(read.table) for read in found.reads) == sorted(node.inputs)
    assert {(read.first, read.last) for read in found.reads} == {("20251023", "20260131")}
    assert sorted(write.table.table for write in found.writes) == sorted(demo_tables().values())


def test_the_data_node_writes_one_day_with_the_worlds_settings() -> None:
    node = data_node(demo_tables(), CONFIG)
    assert (node.name, node.kind) == ("create_data", NodeKind.PYODPS3)
    assert resolve_parameters(dict(node.parameters), "20260131") == {"bizdate": "20260131"}
    for name in (*demo_tables().values(), "'users': 5"):
        assert name in node.script


def test_placing_twice_changes_nothing(project: Project) -> None:
    tables = demo_tables()
    nodes = [data_node(tables, CONFIG), *virtual_nodes(project.instance, list(tables.values()))]
    assert sorted(place(project, nodes)) == sorted(node.name for node in nodes)
    assert place(project, nodes) == []
    other = data_node(tables, CONFIG.model_copy(update={"users": 6}))
    assert place(project, [other]) == ["create_data"]
    target = source_nodes.workflow(project.instance)
    scripts = DeployedScripts(project.dataworks(target.workspace)).workflow(target.workflow)
    stored = scripts.node("create_data")
    assert stored is not None and stored.script == other.script
    anchor = scripts.node(tables[TableRole.USER])
    assert anchor is not None and anchor.upstream == ("pairec_workspace_root",)


def test_a_frozen_node_stays_frozen_when_it_is_placed_again(project: Project) -> None:
    nodes = virtual_nodes(project.instance, list(demo_tables().values()))
    place(project, nodes)
    target = source_nodes.workflow(project.instance)
    project.control.nodes.freeze(target, [nodes[0].name])
    place(project, nodes)
    assert project.control.nodes.get(target, nodes[0].name).frozen


def test_a_script_edited_by_hand_stays_and_is_what_runs(project: Project) -> None:
    node = data_node(demo_tables(), CONFIG)
    place(project, [node])
    edited = node.script.replace("'users': 5", "'users': 7")
    edit(project, node.name, edited)
    assert place(project, [node]) == []
    assert place(project, [data_node(demo_tables(), CONFIG.model_copy(update={"users": 9}))]) == []
    assert source_nodes.as_deployed(project, node).script == edited
