"""Small nodes and packages for the tests of the workflow floor."""

from __future__ import annotations

from pairec_cli.domain.package import Node, NodeKind, Package, Workflow
from pairec_cli.workflow.archive import ENGINE_FILE, FLOW_FOLDER, SOLUTION_FILE
from pairec_cli.workflow.flowspec import node_files


def sql_node(name: str, script: str = "select 1;\n", **values: object) -> Node:
    return Node(name=name, kind=NodeKind.ODPS_SQL, script=script, **values)  # type: ignore[arg-type] # any field


def package_of(*nodes: Node, name: str = "pairec_demo", flow: str = "Flow") -> Package:
    files = {
        f"{FLOW_FOLDER}/{flow}/{path}": text
        for node in nodes
        for path, text in node_files(node, flow).items()
    }
    files |= {ENGINE_FILE: "{}\n", SOLUTION_FILE: "name: demo\n"}
    return Package(name, Workflow(flow, nodes), files)
