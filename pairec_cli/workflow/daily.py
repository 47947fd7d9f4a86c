"""One day's schedule: every deployed node of the workspace in dependency order, as DataWorks would run it.

A frozen node's instance fails without running ("Pause"); what depends on it waits. A skipped node succeeds
without running.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange, refuse_future, yesterday
from pairec_cli.domain.errors import NotDeployed
from pairec_cli.domain.package import Node, NodeKind, Recurrence
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.solution import Solution
from pairec_cli.workflow import backfilling
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.flowspec import ordered
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import Planner
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Instance:
    """One node's instance of the day. PENDING at the end: it waits for a node that did not succeed."""

    workflow: WorkflowName
    node: str
    state: RunState
    reason: str
    rows: int | None = None
    log: str | None = None


def run_day(
    workspace: Workspace,
    ds: str | None,
    listener: Callable[[Instance], None],
    *,
    dry_run: bool = False,
) -> list[Instance]:
    """Run the schedule of bizdate `ds` (yesterday by default) and tell how each node ended.

    A node that is up to date for the day is not run again. Raises InvalidInput for a day that is not over,
    NotDeployed when nothing is scheduled.
    """
    day = refuse_future(ds or yesterday(workspace.instance.timezone), workspace.instance.timezone)
    schedule = _schedule(workspace)
    if not schedule:
        raise NotDeployed("no node is deployed", hint="pairec deploy run")
    ended: dict[str, Instance] = {}
    for target, node, planner in schedule:
        state = _instance(workspace, target, node, planner, day, ended, dry_run)
        ended[node.name] = state
        ended.update(dict.fromkeys(node.outputs, state))
        listener(state)
    return [ended[node.name] for _, node, _ in schedule]


Scheduled = tuple[WorkflowName, Node, Planner]


def _schedule(workspace: Workspace) -> list[Scheduled]:
    """Every node of the workspace's workflows, each after those it waits for."""
    bindings = workspace.instance.bindings
    placed: dict[str, tuple[WorkflowName, Planner]] = {}
    nodes: list[Node] = []
    solutions: dict[WorkflowName, Solution] = {
        one.target: one.solution for one in backfilling.all_deployed(workspace)
    }
    for target in workspace.control.nodes.workflows(bindings.dataworks_workspace):
        scripts = DeployedScripts(workspace.dataworks(target.workspace))
        found = scripts.workflow(target.workflow).nodes
        solution = solutions.get(target)
        project = solution.environment.offline_store if solution else bindings.maxcompute_project
        latest = workspace.control.runs.latest(target)
        planner = Planner(found, workspace.warehouse.ledger, latest, project, actual=True)
        placed.update({node.name: (target, planner) for node in found})
        nodes.extend(found)
    return [(placed[node.name][0], node, placed[node.name][1]) for node in ordered(nodes)]


def _instance(
    workspace: Workspace,
    target: WorkflowName,
    node: Node,
    planner: Planner,
    ds: str,
    ended: dict[str, Instance],
    dry_run: bool,
) -> Instance:
    control = workspace.control
    recurrence = control.nodes.get(target, node.name).recurrence
    if recurrence is Recurrence.PAUSE:
        reason = "frozen: its instance fails without running"
        if not dry_run:
            control.runs.record(target, node.name, ds, RunState.FROZEN, reason)
        return Instance(target, node.name, RunState.FROZEN, reason)
    waits = [ended[name] for name in (*node.inputs, *node.upstream) if name in ended]
    unmet = sorted({one.node for one in waits if one.state not in (RunState.OK, RunState.SKIPPED)})
    if unmet:
        return Instance(target, node.name, RunState.PENDING, f"waits for {', '.join(unmet)}")
    if recurrence is Recurrence.SKIP:
        if not dry_run:
            control.runs.record(target, node.name, ds, RunState.SKIPPED, "set to skip")
        return Instance(target, node.name, RunState.SKIPPED, "set to skip")
    planner.forget()
    plan = planner.plan(DsRange(ds, ds), 1, only=node.name)
    mine = next((task for task in plan.tasks if task.node == node.name), None)
    if mine is None and node.kind is not NodeKind.VIRTUAL:
        return Instance(target, node.name, RunState.OK, "up to date")
    reason = str(mine.reasons[ds]) if mine and ds in mine.reasons else "scheduled"
    if dry_run:
        return Instance(target, node.name, RunState.PENDING, f"would run: {reason}")
    run = NodeRunner(workspace, target, planner.project).run(
        node,
        ds,
        planner.expected(node.name, ds),
        reason=reason,
        missing=planner.missing_inputs(node.name, ds),
    )
    return Instance(target, node.name, run.state, run.reason or reason, run.rows, run.log)
