"""`pairec data`: step 2 of the tutorial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairec_cli.cli.clipping import clipped
from pairec_cli.cli.options import DryRun, Format, day, open_project
from pairec_cli.cli.progress import Progress, Task
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice
from pairec_cli.domain.runs import NodeRun
from pairec_cli.project import Project
from pairec_cli.workflow import browsing, data, importing

app = typer.Typer()


@app.command()
def generate(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="Days up to --end; those that exist are left alone.")] = 60,
    end: Annotated[
        str | None, typer.Option(metavar="YYYYMMDD", callback=day, help="Last day; yesterday by default.")
    ] = None,
    users: Annotated[int | None, typer.Option(min=1, help="Users of the world; ids are 1 to N.")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="Items of the world.")] = None,
    events: Annotated[int | None, typer.Option(min=1, help="Behavior rows of an average day.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the world.")] = None,
    signal: Annotated[
        float | None, typer.Option(min=0, max=1, help="1: users have taste. 0: everything is random.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make days again that exist.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Generate users, items and behavior, day by day, as the tutorial's create_data.py does.

    The first call founds a world; later calls continue it: generate one more day each day.
    """
    project = open_project(context)
    settings: dict[str, object] = {
        "users": users,
        "items": items,
        "events_per_day": events,
        "seed": seed,
        "signal": signal,
    }
    plan = data.plan_generation(project, days=days, end=end, settings=settings, force=force)
    world = plan.config
    what = f"{world.users:,} users, {world.items:,} items, {world.events_per_day:,} events a day"
    notice(f"{'continuing' if plan.continued else 'founding'} a world of {what}, seed {world.seed}")
    if dry_run:
        notice(f"would generate {len(plan.to_make)} of {len(plan.days)} days ({plan.days})")
        return
    with Progress() as progress:
        task = progress.task("generate", total=len(plan.to_make))
        runs = data.generate(project, plan, _advance(task))
        rows = sum(run.rows or 0 for run in runs)
        task.done("ok", f"{len(runs)} of {len(plan.days)} days ({plan.days}), {rows:,} rows")
    _next(project, min(123, world.users))


def _advance(task: Task) -> data.Listener:
    return lambda run, _done, _total: task.advance(detail=run.ds)


@app.command()
def clone(
    context: typer.Context,
    bizdate: Annotated[
        str | None,
        typer.Option(metavar="YYYYMMDD", callback=day, help="Last day of the window; yesterday by default."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Clone the public dataset: run the tutorial's SQL for the 100 days up to the bizdate."""
    project = open_project(context)
    if dry_run:
        notice("would copy, by node Data: " + ", ".join(data.public_tables()))
        return
    notice("mounting the public project pai_online_project")
    with Progress() as progress:
        task = progress.task("Data", total=1)
        run: NodeRun = data.clone(project, bizdate=bizdate, listener=_advance(task))
        task.done("ok", f"{run.rows or 0:,} rows")
    _next(project, 123)


def _next(project: Project, user: int) -> None:
    if project.engine_path.exists():
        next_step("pairec backfill run")
    else:
        notice("the seven steps one by one: pairec status")
        next_step(f"pairec recommend --user {user}")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV or Parquet file.")],
    table: Annotated[str, typer.Option("--table", "-t", help="Table to write, table or project.table.")],
    ds: Annotated[
        str | None, typer.Option(metavar="YYYYMMDD", callback=day, help="The day of all rows.")
    ] = None,
    time_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of Unix seconds that tells each row's day.")
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add to the days that exist instead of replacing them.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Import a file into a partitioned table, made on first use from the file's columns.

    A row's day is its column ds, or --time-column's, or --ds. The days appear together or not at all.
    """
    project = open_project(context)
    plan = importing.plan_import(project, file, table, ds=ds, time_column=time_column, append=append)
    rows = [{"table": str(plan.table), "ds": ds, "rows": count} for ds, count in plan.rows.items()]
    emit(rows, columns=("table", "ds", "rows"), title="Import")
    what = f"{sum(plan.rows.values()):,} rows in {len(plan.rows)} day(s)"
    if dry_run:
        notice(f"would {'add' if append else 'write'} {what}{', making the table' if plan.creates else ''}")
        return
    importing.run_import(project, plan)
    notice(f"{'added' if append else 'wrote'} {what} of {plan.table}")
    role = importing.likely_role(plan.schema) or "ROLE"
    next_step(f"pairec table register {plan.table.table} --role {role}")


@app.command()
def preview(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="table or project.table")],
    ds: Annotated[
        str | None, typer.Option(metavar="YYYYMMDD", callback=day, help="The day; the newest by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 10,
    format: Format = FormatName.TABLE,
) -> None:
    """Show rows of a table's newest day, or of --ds."""
    rows, columns, found = browsing.preview(open_project(context), table, ds=ds, limit=limit)
    title = f"{table} ds={found}" if found else table
    emit(clipped(rows, format), columns=columns, format=format, title=title)


@app.command("list")
def list_(context: typer.Context, format: Format = FormatName.TABLE) -> None:
    """List every table of every project with its days and rows."""
    columns = ("table", "days", "partitions", "rows", "mb")
    emit(browsing.tables(open_project(context)), columns=columns, format=format, title="Tables")
