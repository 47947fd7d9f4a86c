"""Backfill: make a plan, run its tasks one after the other, rerun or continue with the original dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange, ranges, refuse_future, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NotDeployed, NotFound
from pairec_cli.domain.package import Node, Recurrence
from pairec_cli.domain.runs import Backfill, BackfillTask, NodeRun, RunState
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import BackfillPlan, PlannedTask, Planner
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Deployed:
    """A deployed workflow and the solution it was made from."""

    target: WorkflowName
    solution: Solution
    nodes: tuple[Node, ...]

    @property
    def project(self) -> str:
        return self.solution.environment.offline_store


@dataclass(frozen=True)
class Progress:
    """What happens while a backfill runs: a task began, a day ended, a task ended."""

    task: str
    state: RunState
    done: int
    total: int
    days: int = 0
    run: NodeRun | None = None
    reason: str = ""


Listener = Callable[[Progress], None]


def deployed(workspace: Workspace, solution: str | None = None) -> Deployed:
    """The deployed workflow of a solution. Raises NotDeployed with what to run."""
    found = [one for one in all_deployed(workspace) if solution in (None, one.solution.name)]
    if not found:
        what = f"solution {solution!r} is not deployed" if solution else "no solution is deployed"
        raise NotDeployed(what, hint="pairec deploy run")
    if len(found) > 1:
        names = ", ".join(one.solution.name for one in found)
        raise InvalidInput(f"several solutions are deployed: {names}", hint="name one with --solution")
    return found[0]


def all_deployed(workspace: Workspace) -> list[Deployed]:
    """Every workflow that a solution was deployed to."""
    found = []
    for target in workspace.control.nodes.workflows(workspace.instance.bindings.dataworks_workspace):
        scripts = DeployedScripts(workspace.dataworks(target.workspace))
        text = scripts.files(target.workflow).get(SOLUTION_FILE)
        if text is not None:
            nodes = scripts.workflow(target.workflow).nodes
            solution = solutions.resolved(workspace, solution_document.read(text, SOLUTION_FILE))
            found.append(Deployed(target, solution, nodes))
    return found


def planner(workspace: Workspace, what: Deployed) -> Planner:
    latest = workspace.control.runs.latest(what.target)
    return Planner(what.nodes, workspace.warehouse.ledger, latest, what.project)


def as_it_is(workspace: Workspace, what: Deployed) -> Planner:
    """A planner for runs that start now: inputs are what the ledger holds."""
    return Planner(what.nodes, workspace.warehouse.ledger, {}, what.project, actual=True)


def default_day(workspace: Workspace, what: Deployed) -> str:
    """The last day that all three source tables hold, or yesterday when they hold none."""
    last = yesterday(workspace.instance.timezone)
    for form in solution_document.forms(what.solution).values():
        days = workspace.warehouse.partitions(TableName.parse(form.table, what.project))
        last = min(last, max(days, default=last))
    return last


def make_plan(
    workspace: Workspace,
    what: Deployed,
    *,
    first: str | None = None,
    last: str | None = None,
    force: bool = False,
    task: str | None = None,
) -> BackfillPlan:
    """What must run so that the workflow is up to date for the days `first` to `last`.

    n = training window + largest feature window is the history that each source table must hold.
    Raises InvalidInput for a future day, NotFound for an unknown task.
    """
    end = refuse_future(last or default_day(workspace, what), workspace.instance.timezone)
    start = first or end
    if start > end:
        raise InvalidInput(f"{start} is after {end}", hint="--start is the first day, --end the last")
    names = [node.name for node in what.nodes]
    if task is not None and task not in names:
        raise NotFound("task", task, names, hint="pairec backfill plan")
    forced = [task] if task and force else names if force else []
    return planner(workspace, what).plan(
        DsRange(start, end), what.solution.required_days, forced=forced, only=task
    )


def missing_data_command(workspace: Workspace, plan: BackfillPlan) -> str:
    """The command that makes the days that the source tables lack."""
    days = [ds for source in plan.sources for ds in source.missing]
    span = DsRange(min(days), max(days))
    return f"pairec data generate --days {len(span)} --end {span.last}"


def refuse_missing_days(workspace: Workspace, plan: BackfillPlan) -> None:
    """Raises DataError naming each table and the days it lacks."""
    lacking = [source for source in plan.sources if source.missing]
    if lacking:
        lines = [f"{s.table} lacks {', '.join(map(str, ranges(list(s.missing))))}" for s in lacking]
        raise DataError(
            f"a backfill of {plan.targets} needs {plan.required} of every source table:\n  "
            + "\n  ".join(lines),
            hint=f"{missing_data_command(workspace, plan)}  (or: pairec backfill run --allow-missing)",
        )


def run_backfill(
    workspace: Workspace,
    what: Deployed,
    plan: BackfillPlan,
    listener: Listener,
    *,
    allow_missing: bool = False,
) -> Backfill | None:
    """Run the plan's tasks one after the other; None when there is nothing to do.

    Raises DataError when source days are missing, Busy while another backfill of the workflow runs.
    """
    if not plan.tasks:
        return None
    if not allow_missing:
        refuse_missing_days(workspace, plan)
    tasks = [BackfillTask(task.node, task.days, reason=task.reason) for task in plan.tasks]
    backfill = workspace.control.backfills.start(what.target, what.solution.name, plan.targets, tasks)
    return _carry(workspace, what, backfill, list(plan.tasks), listener)


def continue_backfill(workspace: Workspace, what: Deployed, listener: Listener) -> Backfill | None:
    """Go on with the latest backfill: its original days, only what is not up to date.

    Raises NotFound when there is none; None when it has ended well already.
    """
    backfill = workspace.control.backfills.latest(what.target)
    if backfill is None:
        raise NotFound("backfill", str(what.target), hint="pairec backfill run")
    if backfill.state is RunState.OK:
        return None
    resumed = workspace.control.backfills.resume(backfill.id)
    plan = planner(workspace, what).plan(resumed.days, what.solution.required_days)
    planned = {task.node: task for task in plan.tasks}
    for task in resumed.tasks:
        if task.node not in planned and task.state is not RunState.OK:
            workspace.control.backfills.set_task(resumed.id, task.node, RunState.OK, "up to date")
    known = {task.node for task in resumed.tasks}
    remaining = [task for task in plan.tasks if task.node in known]
    return _carry(workspace, what, resumed, remaining, listener)


def rerun_task(workspace: Workspace, what: Deployed, task: str, listener: Listener) -> Backfill:
    """Run one task of the latest backfill again for its original days, whatever its state."""
    backfill = workspace.control.backfills.latest(what.target)
    if backfill is None:
        raise NotFound("backfill", str(what.target), hint="pairec backfill run")
    found = backfill.task(task)
    if found is None:
        raise NotFound("task", task, [t.node for t in backfill.tasks], hint="pairec backfill list")
    plan = planner(workspace, what).plan(
        DsRange(found.days[0], found.days[-1]), what.solution.required_days, forced=[task], only=task
    )
    mine = next(one for one in plan.tasks if one.node == task)
    days = {ds: reason for ds, reason in mine.reasons.items() if ds in found.days}
    resumed = (
        workspace.control.backfills.start(
            what.target, what.solution.name, backfill.days, [replace(found, state=RunState.PENDING)]
        )
        if backfill.state is RunState.OK
        else workspace.control.backfills.resume(backfill.id)
    )
    return _carry(workspace, what, resumed, [replace(mine, reasons=days)], listener, whole=False)


def _carry(
    workspace: Workspace,
    what: Deployed,
    backfill: Backfill,
    tasks: list[PlannedTask],
    listener: Listener,
    *,
    whole: bool = True,
) -> Backfill:
    """Run tasks in order until one fails; those behind it that need it are left pending with the reason."""
    total = sum(len(task.days) for task in tasks)
    done = 0
    failed: str | None = None
    try:
        for task in tasks:
            if failed is not None:
                reason = f"waits for {failed}"
                workspace.control.backfills.set_task(backfill.id, task.node, RunState.PENDING, reason)
                listener(Progress(task.node, RunState.PENDING, done, total, reason=reason))
                continue
            state, done = _run_task(workspace, what, backfill, task, listener, done, total)
            failed = task.node if state in (RunState.FAILED, RunState.FROZEN) else None
    except BaseException as error:
        # A Ctrl-C or a lock held elsewhere must not leave the backfill marked as running.
        workspace.control.backfills.finish(backfill.id, RunState.FAILED, reason=str(error) or "interrupted")
        raise
    if failed is not None:
        return workspace.control.backfills.finish(
            backfill.id, RunState.FAILED, reason=f"task {failed} did not end well"
        )
    current = workspace.control.backfills.get(backfill.id)
    open_tasks = [task.node for task in current.tasks if task.state is not RunState.OK]
    if open_tasks and not whole:
        reason = f"not run yet: {', '.join(open_tasks)}"
        return workspace.control.backfills.finish(backfill.id, RunState.FAILED, reason=reason)
    return workspace.control.backfills.finish(backfill.id, RunState.OK)


def _run_task(
    workspace: Workspace,
    what: Deployed,
    backfill: Backfill,
    task: PlannedTask,
    listener: Listener,
    done: int,
    total: int,
) -> tuple[RunState, int]:
    """One task over its days, in order; ends at the first day that fails."""
    control = workspace.control
    node = next(node for node in what.nodes if node.name == task.node)
    recurrence = {n.name: n.recurrence for n in control.nodes.all(what.target)}.get(node.name)
    ended = {
        Recurrence.PAUSE: (RunState.FROZEN, "the node is frozen"),
        Recurrence.SKIP: (RunState.SKIPPED, "the node is set to skip"),
    }
    if recurrence in ended:
        state, reason = ended[recurrence]
        control.backfills.set_task(backfill.id, node.name, state, reason)
        listener(Progress(node.name, state, done, total, reason=reason))
        return state, done + len(task.days)
    control.backfills.set_task(backfill.id, node.name, RunState.RUNNING, task.reason)
    days = len(task.days)
    listener(Progress(node.name, RunState.RUNNING, done, total, days, reason=task.reason))
    runner = NodeRunner(workspace, what.target, what.project)
    now = as_it_is(workspace, what)
    for ds, why in task.reasons.items():
        run = runner.run(node, ds, now.expected(node.name, ds), reason=str(why), backfill=backfill.id)
        done += 1
        listener(Progress(node.name, run.state, done, total, days, run))
        if run.state is not RunState.OK:
            control.backfills.set_task(backfill.id, node.name, RunState.FAILED, f"ds={ds}: {run.reason}")
            listener(Progress(node.name, RunState.FAILED, done, total, days, run, run.reason))
            return RunState.FAILED, done
    control.backfills.set_task(backfill.id, node.name, RunState.OK, task.reason)
    return RunState.OK, done


def required_text(solution: Solution) -> str:
    """The backfill instruction: how many days, and why."""
    largest = max(solution.features.periods)
    return (
        f"n = training window {solution.training_days} + largest feature window {largest}"
        f" = {solution.required_days} days"
    )


def source_roles(solution: Solution) -> dict[TableRole, str]:
    return {role: form.table for role, form in solution_document.forms(solution).items()}
