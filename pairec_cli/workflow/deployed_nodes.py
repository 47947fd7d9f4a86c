"""Deployed nodes one by one: look at them, edit their scripts, run one for a day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import DeployedNode
from pairec_cli.domain.ds import refuse_future, yesterday
from pairec_cli.domain.errors import NotFound, SqlError
from pairec_cli.domain.package import Node
from pairec_cli.domain.runs import NodeRun
from pairec_cli.workflow import backfilling
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.flowspec import script_path
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import Planner
from pairec_cli.workflow.windows import node_tables
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class NodeView:
    """A node as it stands. `edited`: its script differs from what was deployed."""

    deployed: DeployedNode
    node: Node
    path: Path
    edited: bool

    @property
    def name(self) -> str:
        return self.node.name


def views(workspace: Workspace) -> list[NodeView]:
    """Every deployed node of the instance's DataWorks workspace, workflow by workflow."""
    found = []
    for target in workspace.control.nodes.workflows(workspace.instance.bindings.dataworks_workspace):
        scripts = DeployedScripts(workspace.dataworks(target.workspace))
        base = workspace.control.nodes.files(target)
        nodes = {node.name: node for node in scripts.workflow(target.workflow).nodes}
        for deployed in workspace.control.nodes.all(target):
            node = nodes.get(deployed.name)
            if node is not None:
                file = base.get(script_path(node))
                edited = file is not None and file.text != node.script
                path = scripts.script_file(target.workflow, node)
                found.append(NodeView(deployed, node, path, edited))
    return found


def view(workspace: Workspace, name: str) -> NodeView:
    """Raises NotFound."""
    found = {one.name: one for one in views(workspace)}
    if name not in found:
        raise NotFound("deployed node", name, found, hint="pairec node list")
    return found[name]


def last_run(workspace: Workspace, one: NodeView, ds: str | None = None) -> NodeRun | None:
    """The node's last run, of the day when one is given."""
    runs = workspace.control.runs.all(one.deployed.workflow, node=one.name, ds=ds, limit=1)
    return runs[0] if runs else None


def edit(workspace: Workspace, one: NodeView, script: str) -> bool:
    """Put the script in place of the deployed one; False when it is the same.

    Raises SqlError with the line when it cannot run; it is in place then all the same, as in DataWorks.
    """
    if script == one.node.script:
        return False
    target = one.deployed.workflow
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    scripts.write(target.workflow, {script_path(one.node): script})
    changed = next(n for n in scripts.workflow(target.workflow).nodes if n.name == one.name)
    try:
        node_tables(changed, _project(workspace, one))
    except SqlError as error:
        raise SqlError(
            f"the script is saved, but cannot run: {error.message}", hint=f"pairec node edit {one.name}"
        ) from error
    return True


def run(workspace: Workspace, one: NodeView, ds: str | None = None) -> NodeRun:
    """Run the node for one day (yesterday by default), up to date or not.

    A failure is in the run. Raises InvalidInput for a day that is not over, Busy.
    """
    timezone = workspace.instance.timezone
    day = refuse_future(ds or yesterday(timezone), timezone)
    target, project = one.deployed.workflow, _project(workspace, one)
    nodes = DeployedScripts(workspace.dataworks(target.workspace)).workflow(target.workflow).nodes
    latest = workspace.control.runs.latest(target)
    planner = Planner(nodes, workspace.warehouse.ledger, latest, project, actual=True)
    return NodeRunner(workspace, target, project).run(
        one.node,
        day,
        planner.expected(one.name, day),
        reason="by hand",
        missing=planner.missing_inputs(one.name, day),
    )


def _project(workspace: Workspace, one: NodeView) -> str:
    """The MaxCompute project that the node's workflow works in."""
    for what in backfilling.all_deployed(workspace):
        if what.target == one.deployed.workflow:
            return what.project
    return workspace.instance.bindings.maxcompute_project
