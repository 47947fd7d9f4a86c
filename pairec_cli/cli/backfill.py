"""`pairec backfill`: step 6.4 of the tutorial."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.options import DryRun, Format, Solution, day, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, print_file, show, timestamp, warn
from pairec_cli.domain.ds import ranges
from pairec_cli.domain.errors import NotFound, PartialFailure
from pairec_cli.domain.runs import Backfill, BackfillTask, RunState
from pairec_cli.project import Project
from pairec_cli.workflow import backfilling
from pairec_cli.workflow.deployed_solutions import Deployed, deployed
from pairec_cli.workflow.plan import BackfillPlan, PlannedTask
from pairec_cli.workflow.status import next_command, steps

app = typer.Typer()

Start = Annotated[
    str | None, typer.Option(metavar="YYYYMMDD", callback=day, help="First day; --end by default.")
]
End = Annotated[
    str | None,
    typer.Option(metavar="YYYYMMDD", callback=day, help="Last day; the last one with data by default."),
]
Force = Annotated[bool, typer.Option("--force", help="Run what is up to date, too.")]
Task = Annotated[str | None, typer.Option(metavar="TASK", help="Only this task and what it needs.")]
TaskName = Annotated[str, typer.Argument(help="Task, as `pairec backfill list` shows it.")]
LOG_LINES = 12
PLAN, PLAN_BRIEF = ("order", "task", "days", "runs", "reason"), ("task", "runs", "reason")
TASKS, TASKS_BRIEF = ("task", "days", "runs", "state", "reason"), ("task", "runs", "state", "reason")


@app.command()
def plan(
    context: typer.Context,
    solution: Solution = None,
    start: Start = None,
    end: End = None,
    force: Force = False,
    task: Task = None,
    format: Format = FormatName.TABLE,
) -> None:
    """Show what a backfill would run: each task, its days, and why. Checks the source tables' days."""
    project = open_project(context)
    what = deployed(project, solution)
    made = backfilling.make_plan(project, what, first=start, last=end, force=force, task=task)
    instruction = backfilling.required_text(what.solution)
    notice(f"{what.target}, days {made.targets}: {instruction}, {made.required}")
    if format is FormatName.JSON:
        show(_document(what, made, instruction), format=format)
    else:
        emit(_task_rows(made), columns=PLAN, brief=PLAN_BRIEF, format=format, title="Plan")
    _tell(made)


@app.command()
def run(
    context: typer.Context,
    solution: Solution = None,
    start: Start = None,
    end: End = None,
    force: Force = False,
    task: Task = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Run though source tables lack days.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Run the plan's tasks one after the other. What is up to date is not run again."""
    project = open_project(context)
    what = deployed(project, solution)
    made = backfilling.make_plan(project, what, first=start, last=end, force=force, task=task)
    if dry_run:
        emit(_task_rows(made), columns=PLAN, brief=PLAN_BRIEF, title="Plan")
        _tell(made)
        return
    for problem in made.problems:
        warn(str(problem), level="error")
    with BackfillProgress() as progress:
        done = backfilling.run_backfill(project, what, made, progress, allow_missing=allow_missing)
    _finish(project, done, f"{what.target}: everything is up to date for {made.targets}; nothing to do")


@app.command()
def rerun(context: typer.Context, task: TaskName, solution: Solution = None, dry_run: DryRun = False) -> None:
    """Run one task of the latest backfill again, for its original days."""
    project = open_project(context)
    what = deployed(project, solution)
    if dry_run:
        _show_tasks([backfilling.rerun_plan(project, what, task)])
        return
    with BackfillProgress() as progress:
        done = backfilling.rerun_task(project, what, task, progress)
    _finish(project, done, "")


@app.command("continue")
def continue_(context: typer.Context, solution: Solution = None, dry_run: DryRun = False) -> None:
    """Go on with the latest backfill, with its original days: what failed, what waited, what changed."""
    project = open_project(context)
    what = deployed(project, solution)
    if dry_run:
        made = backfilling.continue_plan(project, what)
        _show_tasks(made.tasks if made else ())
        return
    with BackfillProgress() as progress:
        done = backfilling.continue_backfill(project, what, progress)
    _finish(project, done, "the latest backfill has ended well; nothing to continue")


@app.command("list")
def list_(
    context: typer.Context,
    solution: Solution = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every backfill, instead of the latest's tasks.")
    ] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """List the tasks of the latest backfill with their states and reasons."""
    project = open_project(context)
    what = deployed(project, solution)
    found = project.control.backfills.all(what.target)
    if all_:
        columns = ("id", "days", "state", "tasks", "created", "reason")
        emit([_backfill_row(one) for one in found], columns=columns, format=format, title="Backfills")
        return
    tasks = found[0].tasks if found else ()
    title = f"Backfill {found[0].id}, {found[0].days}" if found else "Backfill"
    emit(
        [_row(task) for task in tasks],
        columns=TASKS,
        brief=TASKS_BRIEF,
        format=format,
        title=title,
    )
    if found and found[0].state is RunState.FAILED:
        next_step("pairec backfill continue")


@app.command()
def log(context: typer.Context, task: TaskName, solution: Solution = None) -> None:
    """Print the log of a task's last run."""
    project = open_project(context)
    what = deployed(project, solution)
    runs = project.control.runs.all(what.target, node=task, limit=1)
    if not runs:
        names = [node.name for node in what.nodes]
        raise NotFound("run of task", task, [] if task in names else names, hint="pairec backfill list")
    notice(f"{task} ds={runs[0].ds}: {runs[0].state}, {timestamp(runs[0].started_at)}")
    if runs[0].log:
        print_file(Path(runs[0].log))


def _finish(project: Project, backfill: Backfill | None, nothing: str) -> None:
    """Tell how a backfill ended. Raises PartialFailure unless every task ended well."""
    if backfill is None:
        notice(nothing)
    elif backfill.state is not RunState.OK:
        _show_failures(project, backfill)
        failed = [task.node for task in backfill.tasks if task.state is RunState.FAILED]
        hint = f"pairec backfill log {failed[0]}, mend it, then: pairec backfill continue" if failed else None
        raise PartialFailure(
            f"backfill {backfill.id} did not end well: {backfill.reason}", hint=hint or "pairec backfill list"
        )
    next_step(next_command(steps(project)))


def _show_failures(project: Project, backfill: Backfill) -> None:
    for run in project.control.runs.all(backfill.workflow, backfill=backfill.id):
        if run.state is RunState.FAILED and run.log:
            notice(f"log of {run.node} ds={run.ds} ({run.log}):")
            print_file(Path(run.log), last=LOG_LINES)


def _tell(made: BackfillPlan) -> None:
    """The days that the source tables hold, the plan's problems, and the next step."""
    for source in made.sources:
        held = len(source.needed) - len(source.missing)
        lacks = f", lacks {', '.join(map(str, ranges(list(source.missing))))}" if source.missing else ""
        tell = warn if source.missing else notice
        tell(f"{source.table} holds {held} of {len(source.needed)} days{lacks}")
    for problem in made.problems:
        warn(str(problem), level="error")
    notice(f"{made.runs} runs to do, {made.up_to_date} up to date")
    command = backfilling.missing_data_command(made)
    if not made.tasks:
        next_step("pairec recommend --user 123")
    elif command:
        next_step(f"{command}   (or: pairec backfill run --allow-missing)")
    else:
        next_step("pairec backfill run")


def _show_tasks(tasks: Sequence[PlannedTask]) -> None:
    emit(_rows(tasks), columns=PLAN, brief=PLAN_BRIEF, title="Plan")
    notice(f"{sum(len(task.days) for task in tasks)} runs would be made")


def _task_rows(made: BackfillPlan) -> list[dict[str, Any]]:
    return _rows(made.tasks)


def _rows(tasks: Sequence[PlannedTask]) -> list[dict[str, Any]]:
    return [
        {
            "order": order,
            "task": task.node,
            "days": ", ".join(map(str, ranges(list(task.days)))),
            "runs": len(task.days),
            "reason": task.reason,
            "reasons": {ds: str(reason) for ds, reason in task.reasons.items()},
        }
        for order, task in enumerate(tasks, 1)
    ]


def _document(what: Deployed, made: BackfillPlan, instruction: str) -> dict[str, Any]:
    return {
        "workflow": str(what.target),
        "solution": what.solution.name,
        "days": str(made.targets),
        "required": {"text": instruction, "days": str(made.required)},
        "sources": [
            {"table": str(s.table), "needed": str(s.needed), "missing": list(s.missing)} for s in made.sources
        ],
        "tasks": _task_rows(made),
        "runs": made.runs,
        "up_to_date": made.up_to_date,
        "problems": [str(problem) for problem in made.problems],
    }


def _row(task: BackfillTask) -> dict[str, Any]:
    days = ", ".join(map(str, ranges(list(task.days))))
    return {
        "task": task.node,
        "days": days,
        "runs": len(task.days),
        "state": task.state.value,
        "reason": task.reason,
    }


def _backfill_row(backfill: Backfill) -> dict[str, Any]:
    return {
        "id": backfill.id,
        "days": str(backfill.days),
        "state": backfill.state.value,
        "tasks": len(backfill.tasks),
        "created": timestamp(backfill.created_at),
        "finished": timestamp(backfill.finished_at) if backfill.finished_at else None,
        "reason": backfill.reason,
    }
