"""Nodes as they stand in DataWorks: looked at, searched, edited, run one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pairec_cli.domain.deployment import DeployedNode, WorkflowName
from pairec_cli.domain.ds import refuse_future, yesterday
from pairec_cli.domain.errors import InvalidInput, NotFound, SqlError
from pairec_cli.domain.package import Node
from pairec_cli.domain.runs import FINISHED, NodeRun, RunState
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.flowspec import check_workflow, node_files, script_path
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import Planner
from pairec_cli.workflow.script_check import check_script
from pairec_cli.workflow.serving import put_into_service
from pairec_cli.workflow.windows import ReadScripts, as_written, node_tables
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class NodeView:
    """A deployed node with what its script says, how it stands, and how its last run ended.

    `node` carries the inputs and outputs that the script really has; `problem` says why it cannot be read.
    """

    node: Node
    state: DeployedNode
    path: Path
    edited: bool
    last: NodeRun | None
    problem: SqlError | None

    @property
    def name(self) -> str:
        return self.node.name


def scripts(workspace: Workspace, target: WorkflowName) -> DeployedScripts:
    return DeployedScripts(workspace.dataworks(target.workspace))


def project_of(workspace: Workspace, target: WorkflowName) -> str:
    """The MaxCompute project a workflow's scripts run in: its solution's, else the instance's."""
    text = scripts(workspace, target).files(target.workflow).get(SOLUTION_FILE)
    if text is None:
        return workspace.instance.bindings.maxcompute_project
    return solution_document.read(text, SOLUTION_FILE).environment.offline_store


def workflow_planner(workspace: Workspace, target: WorkflowName, *, actual: bool) -> Planner:
    """A planner over one workflow's nodes as they stand."""
    nodes = scripts(workspace, target).workflow(target.workflow).nodes
    latest = workspace.control.runs.latest(target)
    project = project_of(workspace, target)
    read = ReadScripts(workspace.home)
    return Planner(nodes, workspace.warehouse.ledger, latest, project, actual=actual, read=read)


def list_nodes(workspace: Workspace, search: str = "") -> list[NodeView]:
    """Every deployed node whose name, description or tables hold `search`, workflow by workflow."""
    found: list[NodeView] = []
    for target in workspace.control.nodes.workflows():
        found += _views(workspace, target)
    wanted = search.lower()
    return [view for view in found if any(wanted in text.lower() for text in _texts(view.node))]


def _texts(node: Node) -> tuple[str, ...]:
    return (node.name, node.description, *node.inputs, *node.outputs)


def view(workspace: Workspace, name: str) -> NodeView:
    """One node. Raises NotFound with the nearest name."""
    target, _ = find_node(workspace, name)
    return next(one for one in _views(workspace, target) if one.node.name == name)


def _views(workspace: Workspace, target: WorkflowName) -> list[NodeView]:
    control = workspace.control
    planner = workflow_planner(workspace, target, actual=True)
    states = {state.name: state for state in control.nodes.all(target)}
    edited, folder = edited_files(workspace, target), scripts(workspace, target)
    runs: dict[str, NodeRun] = {}
    for run in planner.latest.values():
        if run.node not in runs or run.id > runs[run.node].id:
            runs[run.node] = run
    return [
        NodeView(
            node,
            states[node.name],
            folder.script_file(target.workflow, node),
            any(path in edited for path in node_files(node, target.workflow)),
            runs.get(node.name),
            planner.broken.get(node.name),
        )
        for node in planner.order
        if node.name in states
    ]


def edited_files(workspace: Workspace, target: WorkflowName) -> list[str]:
    """Paths of files that differ from what was deployed."""
    disk = scripts(workspace, target).files(target.workflow)
    base = workspace.control.nodes.files(target)
    return [path for path, file in base.items() if disk.get(path) != file.text]


def find_node(workspace: Workspace, name: str) -> tuple[WorkflowName, Node]:
    """A deployed node by its name, in any workflow. Raises NotFound with the nearest name."""
    for target in workspace.control.nodes.workflows():
        node = scripts(workspace, target).workflow(target.workflow).node(name)
        if node is not None:
            return target, node
    known = [node.name for node in workspace.control.nodes.all()]
    raise NotFound("node", name, known, hint="pairec node list")


@dataclass(frozen=True)
class Edit:
    """A node before and after its script was changed; `problem` is what `force` overlooked."""

    target: WorkflowName
    before: Node
    after: Node
    problem: SqlError | None = None

    @property
    def path(self) -> str:
        return script_path(self.after)

    @property
    def changed(self) -> bool:
        return self.before != self.after


def edit(
    workspace: Workspace,
    name: str,
    text: str,
    *,
    parameters: Mapping[str, str] | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> Edit:
    """Replace a deployed node's script; its declared inputs and outputs follow what the script says.

    The next run uses it; the next preview shows it as edited. `parameters` are scheduling parameters to add
    or change (`bizdate_30` → `$[yyyymmdd-31]`). Raises SqlError with the line when the script cannot be read
    or the workflow would not fit together any more; `force` keeps it all the same.
    """
    target, before = find_node(workspace, name)
    node = replace(before, script=text, parameters={**before.parameters, **(parameters or {})})
    project = project_of(workspace, target)
    problem: SqlError | None = None
    try:
        check_script(workspace, node, project)
        node = as_written(node, node_tables(node, project))
        _check_fit(workspace, target, node)
    except SqlError as error:
        if not force:
            raise
        problem = error
    done = Edit(target, before, node, problem)
    if done.changed and not dry_run:
        files = node_files(node, target.workflow, workspace.instance.timezone)
        scripts(workspace, target).write(target.workflow, files)
    return done


def _check_fit(workspace: Workspace, target: WorkflowName, node: Node) -> None:
    """The workflow with this node in place must have one writer per table and no circle."""
    others = [
        one for one in scripts(workspace, target).workflow(target.workflow).nodes if one.name != node.name
    ]
    outside = {name for one in (node, *others) for name in (*one.inputs, *one.upstream)}
    problems = check_workflow([*others, node], outside)
    if problems:
        raise SqlError(f"node {node.name}: {problems[0].message}", hint="pairec node list")


def run_node(workspace: Workspace, name: str, ds: str | None) -> NodeRun:
    """Run one node now for one day, whether or not it is up to date; a failure is in the run.

    Raises NotFound, InvalidInput for a day that is not over, Busy while another process runs it.
    """
    target, node = find_node(workspace, name)
    timezone = workspace.instance.timezone
    day = refuse_future(ds or yesterday(timezone), timezone)
    if workspace.control.nodes.get(target, name).frozen:
        raise InvalidInput(f"node {name!r} is frozen", hint=f"pairec node unfreeze {name}")
    planner = workflow_planner(workspace, target, actual=True)
    run = run_now(workspace, target, node.name, day, planner, reason="run by hand")
    put_into_service(workspace, target)
    return run


def run_now(
    workspace: Workspace, target: WorkflowName, name: str, ds: str, planner: Planner, *, reason: str
) -> NodeRun:
    """One run with the inputs there are; it fails when a partition that it reads does not exist."""
    return NodeRunner(workspace, target, planner.project).run(
        planner.node(name),
        ds,
        planner.expected(name, ds),
        reason=reason,
        missing=planner.missing_inputs(name, ds),
    )


def node_runs(
    workspace: Workspace, name: str, ds: str | None = None, states: Collection[RunState] = FINISHED
) -> list[NodeRun]:
    """A node's runs, newest first. Raises NotFound."""
    target, _ = find_node(workspace, name)
    workspace.control.runs.reap()
    return [run for run in workspace.control.runs.all(target, node=name, ds=ds) if run.state in states]
