"""`pairec table`: step 3 of the tutorial."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairec_cli.cli.options import DryRun, Format, Instance, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, show, timestamp, warn
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.instance import RegisteredTable
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.project import Project
from pairec_cli.workflow.instances import pick_instance
from pairec_cli.workflow.registration import EVENTS, Level, inspect, register

app = typer.Typer()

Table = Annotated[str, typer.Argument(help="Table, project.table or display name.")]


@app.command("register")
def register_(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="MaxCompute table, or project.table.")],
    role: Annotated[TableRole, typer.Option(help="What the table is to a solution.")],
    name: Annotated[
        str | None, typer.Option(help="Display name; User Table, Item Table, Behavior Table by default.")
    ] = None,
    user_id: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the user id.")] = None,
    item_id: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the item id.")] = None,
    event: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the behavior event.")] = None,
    event_time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the behavior time.")
    ] = None,
    events: Annotated[str, typer.Option(help="Events to expect, exposure first.")] = ",".join(EVENTS),
    force: Annotated[bool, typer.Option("--force", help="Register it in spite of errors.")] = False,
    instance: Instance = None,
    dry_run: DryRun = False,
) -> None:
    """Check a table's columns, partitions and keys, and register it. Again, to check it again."""
    project = open_project(context)
    owner = pick_instance(project, instance)
    given = {"user_id": user_id, "item_id": item_id, "event": event, "event_time": event_time}
    fields = {field: column for field, column in given.items() if column is not None}
    expected = [word.strip() for word in events.split(",") if word.strip()]
    if dry_run:
        parsed = TableName.parse(table, owner.bindings.maxcompute_project)
        report = inspect(project, parsed, role, owner, fields=fields, events=expected)
        _tell(report.as_dict())
        notice(f"{parsed}: {'would not be registered' if report.errors else 'would be registered'}")
        raise typer.Exit(1 if report.errors and not force else 0)
    entry = register(
        project,
        table,
        role=role,
        display_name=name,
        fields=fields,
        events=expected,
        instance=owner.name,
        force=force,
    )
    _tell(entry.report)
    notice(f"{entry.table} is registered as {entry.display_name!r}, {entry.report['days']} days")
    next_step(_next(project, owner.name))


@app.command("list")
def list_(context: typer.Context, format: Format = FormatName.TABLE, instance: Instance = None) -> None:
    """List the registered tables."""
    project = open_project(context)
    entries = project.control.tables.all(pick_instance(project, instance).name)
    columns = ("name", "table", "role", "days", "last", "rows", "errors", "warnings")
    emit([_row(entry) for entry in entries], columns=columns, format=format, title="Registered tables")
    if not entries:
        next_step("pairec table register TABLE --role user")


@app.command("show")
def show_(
    context: typer.Context, table: Table, format: Format = FormatName.TABLE, instance: Instance = None
) -> None:
    """Show a registered table: what its check found, and its columns."""
    project = open_project(context)
    entry = project.control.tables.get(pick_instance(project, instance).name, table)
    schema = project.warehouse.schema(entry.table)
    columns = [{"column": c.name, "type": c.type, "comment": c.comment} for c in schema.columns]
    if format is FormatName.JSON:
        show({**_row(entry), "findings": entry.report.get("findings", []), "schema": columns}, format=format)
        return
    if format is FormatName.TABLE:
        show(_row(entry))
        _tell(entry.report)
    emit(columns, columns=("column", "type", "comment"), format=format)


@app.command()
def remove(context: typer.Context, table: Table, instance: Instance = None, dry_run: DryRun = False) -> None:
    """Remove a registration. The table itself stays."""
    project = open_project(context)
    owner = pick_instance(project, instance).name
    try:
        entry = project.control.tables.get(owner, table)
    except NotFound as error:
        notice(f"nothing to remove: {error.message}")
        return
    if dry_run:
        notice(f"would remove the registration {entry.display_name!r} of {entry.table}")
        return
    project.control.tables.remove(owner, entry.display_name)
    notice(f"registration {entry.display_name!r} of {entry.table} removed; the table stays")
    next_step("pairec table list")


def _tell(report: Any) -> None:
    for finding in report.get("findings", []):
        level = "error" if finding["level"] == Level.ERROR else "warning"
        warn(finding["message"] + (f" ({finding['hint']})" if finding["hint"] else ""), level=level)


def _next(project: Project, instance: str) -> str:
    roles = {entry.role for entry in project.control.tables.all(instance)}
    lacking = next((role for role in TableRole if role not in roles), None)
    return f"pairec table register TABLE --role {lacking}" if lacking else "pairec scenario create HomePage"


def _row(entry: RegisteredTable) -> dict[str, Any]:
    kept = ("columns", "days", "first", "last", "rows", "errors", "warnings")
    return {
        "name": entry.display_name,
        "table": str(entry.table),
        "role": entry.role.value,
        **{key: entry.report.get(key) for key in kept},
        "registered": timestamp(entry.registered_at),
    }
