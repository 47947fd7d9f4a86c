"""Step 7: freeze nodes, so that they do not run on the daily schedule."""

from __future__ import annotations

from collections.abc import Collection

from pairec_cli.domain.deployment import DeployedNode, WorkflowName
from pairec_cli.domain.errors import NotFound
from pairec_cli.workflow.deployed_nodes import workflow_planner
from pairec_cli.workflow.workspace import Workspace


def freeze(workspace: Workspace, names: Collection[str], *, dry_run: bool = False) -> list[str]:
    """Pause the nodes; returns those that were not paused. Raises NotFound, changing nothing."""
    found = _by_workflow(workspace, names)
    if not dry_run:
        for target, group in found.items():
            workspace.control.nodes.freeze(target, [node.name for node in group])
    return [node.name for group in found.values() for node in group if not node.frozen]


def unfreeze(workspace: Workspace, names: Collection[str], *, dry_run: bool = False) -> list[str]:
    """Let the nodes run again; returns those that were paused. Raises NotFound, changing nothing."""
    found = _by_workflow(workspace, names)
    if not dry_run:
        for target, group in found.items():
            workspace.control.nodes.unfreeze(target, [node.name for node in group])
    return [node.name for group in found.values() for node in group if node.frozen]


def dependants(workspace: Workspace, names: Collection[str]) -> list[str]:
    """Nodes that wait, directly or through others, for one of `names`: what a freeze stops."""
    nodes = [
        node
        for target in workspace.control.nodes.workflows()
        for node in workflow_planner(workspace, target, actual=True).order
    ]
    blocked = set(names)
    before = -1
    while len(blocked) != before:
        before = len(blocked)
        provided = {name for node in nodes if node.name in blocked for name in (*node.outputs, node.name)}
        blocked |= {node.name for node in nodes if provided & {*node.inputs, *node.upstream}}
    return [node.name for node in nodes if node.name in blocked - set(names)]


def _by_workflow(workspace: Workspace, names: Collection[str]) -> dict[WorkflowName, list[DeployedNode]]:
    nodes = {node.name: node for node in workspace.control.nodes.all()}
    found: dict[WorkflowName, list[DeployedNode]] = {}
    for name in dict.fromkeys(names):
        if name not in nodes:
            raise NotFound("node", name, nodes, hint="pairec node list")
        found.setdefault(nodes[name].workflow, []).append(nodes[name])
    return found
