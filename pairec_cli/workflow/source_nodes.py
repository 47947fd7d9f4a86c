"""Nodes that stand before a solution: the three virtual nodes, the SQL clone node, the PyODPS data node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pairec_cli.datagen import create_data
from pairec_cli.datagen.config import WorldConfig
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.instance import Instance
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import DEMO_TABLES, PUBLIC_PROJECT, TableRole
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.deploying import deploy_nodes
from pairec_cli.workflow.workspace import Workspace

WORKFLOW = "Workflow"
"""Workflow of the tutorial's data nodes: `Workflow/Workflow/General`."""
CLONE_NODE = "Data"
DATA_NODE = "create_data"
BIZDATE = {"bizdate": "$[yyyymmdd-1]"}


def demo_tables() -> dict[TableRole, str]:
    """The tables that the tutorial's later steps use."""
    return {role: f"{name}_v1" for role, name in DEMO_TABLES.items()}


def workflow(instance: Instance) -> WorkflowName:
    return WorkflowName(instance.bindings.dataworks_workspace, WORKFLOW)


def virtual_nodes(instance: Instance, tables: Sequence[str], upstream: Sequence[str] = ()) -> list[Node]:
    """One node per source table, named as the table: what the generated nodes wait for.

    Upstream is the workspace's root, as in the tutorial, and the node that makes the table, if any.
    """
    bindings = instance.bindings
    root = f"{bindings.dataworks_workspace}_root"
    return [
        Node(
            name=table,
            kind=NodeKind.VIRTUAL,
            script="select 1;\n",
            outputs=(f"{bindings.maxcompute_project}.{table}",),
            upstream=(root, *upstream),
            description=f"Anchor of table {table}",
        )
        for table in tables
    ]


def clone_node() -> Node:
    """The tutorial's ODPS SQL node `Data`: copy the public tables for a window of bizdates."""
    script = (Path(__file__).parent / "clone_public_tables.sql").read_text()
    sources = tuple(f"{PUBLIC_PROJECT}.{table}" for table in DEMO_TABLES.values())
    return Node(
        name=CLONE_NODE,
        kind=NodeKind.ODPS_SQL,
        script=script,
        inputs=sources,
        parameters={**BIZDATE, "bizdate_100": "$[yyyymmdd-101]"},
        description="Clone the public dataset",
    )


def data_node(tables: dict[TableRole, str], config: WorldConfig) -> Node:
    """The tutorial's PyODPS 3 node: `create_data.py` with its placeholders replaced."""
    user, item, behavior = (tables[role] for role in (TableRole.USER, TableRole.ITEM, TableRole.BEHAVIOR))
    return Node(
        name=DATA_NODE,
        kind=NodeKind.PYODPS3,
        script=create_data.script(user, item, behavior, config),
        parameters=dict(BIZDATE),
        description="Generate one day of users, items and behavior",
    )


def place(workspace: Workspace, nodes: Sequence[Node]) -> list[str]:
    """Put the nodes in the data workflow; returns the names of those that changed."""
    return deploy_nodes(workspace, workflow(workspace.instance), nodes)


def as_deployed(workspace: Workspace, node: Node) -> Node:
    """The node as it stands in the data workflow, edits included; as given where it is not deployed yet."""
    target = workflow(workspace.instance)
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    return scripts.workflow(target.workflow).node(node.name) or node
