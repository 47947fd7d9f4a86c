"""Backfill: make a plan, run its tasks one after the other, rerun or continue with the original dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange, ranges, refuse_future, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NotDeployed, NotFound
from pairec_cli.domain.package import Node, Recurrence
from pairec_cli.domain.runs import Backfill, BackfillTask, NodeRun, RunState
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.node_run import NodeRunner
from pairec_cli.workflow.plan import BackfillPlan, PlannedTask, Planner, Reason
from pairec_cli.workflow.windows import ReadScripts
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


@dataclass
class Counter:
    """Runs done, of those that a backfill will do."""

    total: int
    done: int = 0


@dataclass(frozen=True)
class Progress:
    """What happens while a backfill runs. Of a task with `days` days: it began (running, no run), a day ended
    well (ok, with its run, no reason), it ended otherwise or cannot begin (its state, with the reason)."""

    task: str
    state: RunState
    done: int
    total: int
    days: int
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
    read = ReadScripts(workspace.home)
    return Planner(what.nodes, workspace.warehouse.ledger, latest, what.project, read=read)


def as_it_is(workspace: Workspace, what: Deployed) -> Planner:
    """A planner for runs that start now: inputs are what the ledger holds."""
    read = ReadScripts(workspace.home)
    return Planner(what.nodes, workspace.warehouse.ledger, {}, what.project, actual=True, read=read)


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
        DsRange(start, end),
        what.solution.required_days,
        forced=forced,
        goals=None if task is None else [task],
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

    What its tasks need besides, because scripts or inputs changed since, runs too, as a backfill of its own.
    Raises NotFound when there is none; None when it has ended well already.
    """
    backfill = _latest(workspace, what)
    if backfill.state is RunState.OK:
        return None
    control = workspace.control.backfills
    goals = [task.node for task in backfill.tasks if any(node.name == task.node for node in what.nodes)]
    plan = planner(workspace, what).plan(backfill.days, what.solution.required_days, goals=goals)
    planned = {task.node: task for task in plan.tasks}
    if planned.keys() - set(goals):
        tasks = [BackfillTask(task.node, task.days, reason=task.reason) for task in plan.tasks]
        carried = control.start(what.target, what.solution.name, backfill.days, tasks)
    else:
        carried = control.resume(backfill.id)
        for task in carried.tasks:
            if task.node not in planned and task.state not in _WELL:
                control.set_task(carried.id, task.node, RunState.OK, "up to date")
    return _carry(workspace, what, carried, list(plan.tasks), listener)


def rerun_task(workspace: Workspace, what: Deployed, task: str, listener: Listener) -> Backfill:
    """Run one task of the latest backfill again for its original days, whatever its state."""
    backfill = _latest(workspace, what)
    found = backfill.task(task)
    if found is None:
        raise NotFound("task", task, [t.node for t in backfill.tasks], hint="pairec backfill list")
    again = PlannedTask(task, dict.fromkeys(found.days, Reason.FORCED))
    control = workspace.control.backfills
    if backfill.state is RunState.OK:
        one = [BackfillTask(task, found.days, reason=again.reason)]
        carried = control.start(what.target, what.solution.name, backfill.days, one)
    else:
        carried = control.resume(backfill.id)
    return _carry(workspace, what, carried, [again], listener)


def _latest(workspace: Workspace, what: Deployed) -> Backfill:
    backfill = workspace.control.backfills.latest(what.target)
    if backfill is None:
        raise NotFound("backfill of", str(what.target), hint="pairec backfill run")
    return backfill


_WELL = (RunState.OK, RunState.SKIPPED)


def _carry(
    workspace: Workspace, what: Deployed, backfill: Backfill, tasks: Sequence[PlannedTask], listener: Listener
) -> Backfill:
    """Run tasks in order. What needs a task that did not end well is left pending; the rest goes on."""
    control = workspace.control.backfills
    order = as_it_is(workspace, what)
    counter = Counter(sum(len(task.days) for task in tasks))
    held: set[str] = set()
    try:
        for task in tasks:
            if waits := sorted(order.upstream(task.node) & held):
                reason = f"waits for {', '.join(waits)}"
                control.set_task(backfill.id, task.node, RunState.PENDING, reason)
                listener(_progress(task, RunState.PENDING, counter, reason=reason))
                held.add(task.node)
            elif _run_task(workspace, what, backfill, task, listener, counter) not in _WELL:
                held.add(task.node)
    except BaseException as error:
        # A Ctrl-C or a node that another process runs must not leave the backfill marked as running.
        _interrupted(workspace, backfill, str(error) or "interrupted")
        raise
    unfinished = [task for task in control.get(backfill.id).tasks if task.state not in _WELL]
    if not unfinished:
        return control.finish(backfill.id, RunState.OK)
    reason = "; ".join(f"{task.node} {task.state}" for task in unfinished)
    return control.finish(backfill.id, RunState.FAILED, reason=reason)


def _interrupted(workspace: Workspace, backfill: Backfill, reason: str) -> None:
    control = workspace.control.backfills
    for task in control.get(backfill.id).tasks:
        if task.state is RunState.RUNNING:
            control.set_task(backfill.id, task.node, RunState.FAILED, reason)
    control.finish(backfill.id, RunState.FAILED, reason=reason)


def _run_task(
    workspace: Workspace,
    what: Deployed,
    backfill: Backfill,
    task: PlannedTask,
    listener: Listener,
    counter: Counter,
) -> RunState:
    """One task over its days, in order; ends at the first day that fails."""
    control = workspace.control

    def end(state: RunState, reason: str, run: NodeRun | None = None) -> RunState:
        control.backfills.set_task(backfill.id, task.node, state, reason)
        listener(_progress(task, state, counter, run, reason))
        return state

    recurrence = control.nodes.get(what.target, task.node).recurrence
    if recurrence is not Recurrence.NORMAL:
        counter.done += len(task.days)
        frozen = recurrence is Recurrence.PAUSE
        reason = "the node is frozen" if frozen else "the node is set to skip"
        return end(RunState.FROZEN if frozen else RunState.SKIPPED, reason)
    control.backfills.set_task(backfill.id, task.node, RunState.RUNNING, task.reason)
    listener(_progress(task, RunState.RUNNING, counter))
    node = next(node for node in what.nodes if node.name == task.node)
    runner = NodeRunner(workspace, what.target, what.project)
    now = as_it_is(workspace, what)
    for ds, why in task.reasons.items():
        run = runner.run(node, ds, now.expected(node.name, ds), reason=str(why), backfill=backfill.id)
        counter.done += 1
        if run.state is not RunState.OK:
            return end(RunState.FAILED, f"ds={ds}: {run.reason}", run)
        listener(_progress(task, RunState.OK, counter, run))
        if now.reads_itself(node.name):
            now.forget()
    control.backfills.set_task(backfill.id, task.node, RunState.OK, task.reason)
    return RunState.OK


def _progress(
    task: PlannedTask, state: RunState, counter: Counter, run: NodeRun | None = None, reason: str = ""
) -> Progress:
    return Progress(task.node, state, counter.done, counter.total, len(task.days), run, reason)


def required_text(solution: Solution) -> str:
    """The backfill instruction: how many days, and why."""
    largest = max(solution.features.periods)
    return (
        f"n = training window {solution.training_days} + largest feature window {largest}"
        f" = {solution.required_days} days"
    )
