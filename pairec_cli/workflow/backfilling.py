"""Backfill: make a plan, run its tasks one after the other, rerun or continue with the original dates."""

from __future__ import annotations

from dataclasses import replace

from pairec_cli.domain.ds import DsRange, ranges, refuse_future, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.runs import Backfill, BackfillTask, RunState
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import DEMO_TABLES, TableName
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.carrying import WELL, Listener, carry
from pairec_cli.workflow.deployed_solutions import Deployed, planner
from pairec_cli.workflow.plan import BackfillPlan, PlannedTask, Reason
from pairec_cli.workflow.workspace import Workspace


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


def missing_data_command(plan: BackfillPlan) -> str | None:
    """The command that makes the days that the source tables lack; None when they lack none."""
    lacking = [source for source in plan.sources if source.missing]
    if not lacking:
        return None
    days = [ds for source in lacking for ds in source.missing]
    if all(_is_demo(source.table) for source in lacking):
        span = DsRange(min(days), max(days))
        return f"pairec data generate --days {len(span)} --end {span.last}"
    return f"pairec data import FILE --table {lacking[0].table}"


def _is_demo(table: TableName) -> bool:
    return table.table.removesuffix("_v1") in DEMO_TABLES.values()


def refuse_missing_days(plan: BackfillPlan) -> None:
    """Raises DataError naming each table and the days it lacks."""
    lacking = [source for source in plan.sources if source.missing]
    if lacking:
        lines = [f"{s.table} lacks {', '.join(map(str, ranges(list(s.missing))))}" for s in lacking]
        raise DataError(
            f"a backfill of {plan.targets} needs {plan.required} of every source table:\n  "
            + "\n  ".join(lines),
            hint=f"{missing_data_command(plan)}  (or: pairec backfill run --allow-missing)",
        )


def run_backfill(
    workspace: Workspace,
    what: Deployed,
    plan: BackfillPlan,
    listener: Listener,
    *,
    allow_missing: bool = False,
    device: str = "auto",
) -> Backfill | None:
    """Run the plan's tasks one after the other; None when there is nothing to do.

    `device` is what training nodes train on. Raises DataError when source days are missing, Busy while
    another backfill of the workflow runs.
    """
    if not plan.tasks:
        return None
    if not allow_missing:
        refuse_missing_days(plan)
    tasks = [BackfillTask(task.node, task.days, reason=task.reason) for task in plan.tasks]
    backfill = workspace.control.backfills.start(what.target, what.solution.name, plan.targets, tasks)
    return carry(workspace, what, backfill, list(plan.tasks), listener, device=device)


def continue_backfill(workspace: Workspace, what: Deployed, listener: Listener) -> Backfill | None:
    """Go on with the latest backfill: its original days, only what is not up to date.

    What its tasks need besides, because scripts or inputs changed since, runs too, as a backfill of its own.
    Raises NotFound when there is none; None when it has ended well already.
    """
    backfill = _latest(workspace, what)
    plan = continue_plan(workspace, what)
    if plan is None:
        return None
    control = workspace.control.backfills
    planned = {task.node: task for task in plan.tasks}
    if planned.keys() - {task.node for task in backfill.tasks}:
        tasks = [BackfillTask(task.node, task.days, reason=task.reason) for task in plan.tasks]
        carried = control.start(what.target, what.solution.name, backfill.days, tasks)
    else:
        carried = control.resume(backfill.id)
        for task in carried.tasks:
            if task.node not in planned and task.state not in WELL:
                control.set_task(carried.id, task.node, RunState.OK, "up to date")
    return carry(workspace, what, carried, list(plan.tasks), listener)


def continue_plan(workspace: Workspace, what: Deployed) -> BackfillPlan | None:
    """What continuing would run. Raises NotFound when there is no backfill; None when it has ended well."""
    backfill = _latest(workspace, what)
    if backfill.state is RunState.OK:
        return None
    goals = [task.node for task in backfill.tasks if any(node.name == task.node for node in what.nodes)]
    return planner(workspace, what).plan(backfill.days, what.solution.required_days, goals=goals)


def rerun_plan(workspace: Workspace, what: Deployed, task: str) -> PlannedTask:
    """What rerunning a task would run. Raises NotFound for an unknown task."""
    backfill = _latest(workspace, what)
    found = backfill.task(task)
    if found is None:
        raise NotFound("task", task, [t.node for t in backfill.tasks], hint="pairec backfill list")
    return PlannedTask(task, dict.fromkeys(found.days, Reason.FORCED))


def rerun_task(workspace: Workspace, what: Deployed, task: str, listener: Listener) -> Backfill:
    """Run one task of the latest backfill again for its original days, whatever its state."""
    again = rerun_plan(workspace, what, task)
    backfill = _latest(workspace, what)
    control = workspace.control.backfills
    if backfill.state is RunState.OK:
        tasks = [
            replace(one, state=RunState.PENDING, reason=again.reason) if one.node == task else one
            for one in backfill.tasks
        ]
        carried = control.start(what.target, what.solution.name, backfill.days, tasks)
    else:
        carried = control.resume(backfill.id)
    return carry(workspace, what, carried, [again], listener)


def _latest(workspace: Workspace, what: Deployed) -> Backfill:
    backfill = workspace.control.backfills.latest(what.target)
    if backfill is None:
        raise NotFound("backfill of", str(what.target), hint="pairec backfill run")
    return backfill


def required_text(solution: Solution) -> str:
    """The backfill instruction: how many days, and why."""
    largest = max(solution.features.periods)
    return (
        f"n = training window {solution.training_days} + largest feature window {largest}"
        f" = {solution.required_days} days"
    )
