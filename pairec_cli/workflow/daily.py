"""One day's schedule: every deployed node of the workspace in dependency order, as DataWorks would run it.

A frozen node's instance fails without running ("Pause"); what depends on it waits. A skipped node succeeds
without running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import refuse_future, yesterday
from pairec_cli.domain.errors import NotDeployed
from pairec_cli.domain.package import Node, Recurrence
from pairec_cli.domain.runs import RunState
from pairec_cli.workflow.deployed_nodes import run_now, workflow_planner
from pairec_cli.workflow.flowspec import ordered
from pairec_cli.workflow.plan import Planner
from pairec_cli.workflow.serving import put_into_service
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Instance:
    """One node's instance of the day. `waits_for`: nodes that keep it from running."""

    workflow: WorkflowName
    node: str
    state: RunState
    reason: str
    rows: int | None = None
    log: str | None = None
    waits_for: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether what depends on it has to wait."""
        return bool(self.waits_for) or self.state in (RunState.FAILED, RunState.FROZEN)


def run_day(
    workspace: Workspace,
    ds: str | None,
    listener: Callable[[Instance], None],
    *,
    dry_run: bool = False,
) -> list[Instance]:
    """Run the schedule of bizdate `ds` (yesterday by default) and tell how each node ended.

    A node that is up to date for the day is not run again. A dry run leaves those that would run pending.
    Raises InvalidInput for a day that is not over, NotDeployed when nothing is scheduled.
    """
    day = refuse_future(ds or yesterday(workspace.instance.timezone), workspace.instance.timezone)
    schedule = _schedule(workspace, actual=not dry_run)
    if not schedule:
        raise NotDeployed("no node is deployed", hint="pairec deploy run")
    ended: dict[str, Instance] = {}
    found = []
    for target, node, planner in schedule:
        instance = _instance(workspace, target, node, planner, day, ended, dry_run)
        ended |= dict.fromkeys((node.name, *node.outputs), instance)
        found.append(instance)
        listener(instance)
    for target in () if dry_run else {target for target, _, _ in schedule}:
        put_into_service(workspace, target)
    return found


Scheduled = tuple[WorkflowName, Node, Planner]


def _schedule(workspace: Workspace, *, actual: bool) -> list[Scheduled]:
    """Every node of the workspace's workflows, each after those it waits for."""
    placed: dict[str, tuple[WorkflowName, Planner]] = {}
    nodes: list[Node] = []
    for target in workspace.control.nodes.workflows(workspace.instance.bindings.dataworks_workspace):
        planner = workflow_planner(workspace, target, actual=actual)
        placed |= {node.name: (target, planner) for node in planner.order}
        nodes += planner.order
    return [(placed[node.name][0], node, placed[node.name][1]) for node in ordered(nodes)]


def _instance(
    workspace: Workspace,
    target: WorkflowName,
    node: Node,
    planner: Planner,
    ds: str,
    ended: Mapping[str, Instance],
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
    unmet = tuple(sorted({one.node for one in waits if one.blocks}))
    if unmet:
        return Instance(target, node.name, RunState.PENDING, f"waits for {', '.join(unmet)}", waits_for=unmet)
    if recurrence is Recurrence.SKIP:
        if not dry_run:
            control.runs.record(target, node.name, ds, RunState.SKIPPED, "set to skip")
        return Instance(target, node.name, RunState.SKIPPED, "set to skip")
    planner.forget()
    why = planner.reason(node.name, ds)
    if why is None:
        return Instance(target, node.name, RunState.OK, "up to date")
    if dry_run:
        return Instance(target, node.name, RunState.PENDING, f"would run: {why}")
    run = run_now(workspace, target, node.name, ds, planner, reason=str(why))
    return Instance(target, node.name, run.state, run.reason, run.rows, run.log)
