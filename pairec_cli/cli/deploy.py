"""`pairec deploy`: step 6 of the tutorial, without the backfill."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.options import DryRun, Format, Solution, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, paint, print_file, timestamp, warn
from pairec_cli.cli.texts import write_diff
from pairec_cli.domain.deployment import Deployment
from pairec_cli.domain.errors import NotFound
from pairec_cli.project import Project
from pairec_cli.workflow import deploying, generating
from pairec_cli.workflow.deploying import Choice
from pairec_cli.workflow.file_diff import Change, FileDiff

app = typer.Typer()

STYLES = {
    Change.ADDED: "32",
    Change.CHANGED: "33",
    Change.REMOVED: "31",
    Change.EDITED: "36",
    Change.CONFLICT: "1;31",
}
Record = Annotated[
    int | None, typer.Option("--record", help="Deployment record; the newest generated one by default.")
]
Select = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="NAME", help="Only this file or node; repeat for more."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite-edits", help="Replace files that were edited by hand, too.")
]


@app.command()
def preview(
    context: typer.Context,
    solution: Solution = None,
    record: Record = None,
    stat: Annotated[bool, typer.Option("--stat", help="The files only.")] = False,
    full: Annotated[bool, typer.Option("--full", help="The text of added files, too.")] = False,
    format: Format = FormatName.TABLE,
) -> None:
    """Show what deploying would change: added, changed, removed files, and edits made by hand."""
    project = open_project(context)
    chosen = _record(project, record, solution)
    shown = deploying.preview(project, chosen)
    if newer := generating.newer_version(project, chosen):
        warn(f"record {chosen.id} is of version {chosen.version}; version {newer} is not generated yet")
    changes = [diff for diff in shown.diffs if diff.change is not Change.UNCHANGED]
    columns = ("change", "added", "removed", "path")
    emit([_row(diff) for diff in changes], columns=columns, format=format, title=f"Changes to {shown.target}")
    if format is FormatName.TABLE and not stat:
        for diff in changes:
            if full or diff.change is not Change.ADDED:
                write_diff(diff.unified())
    for clash in deploying.table_clashes(project, shown):
        warn(f"a table has other columns than its script: {clash}")
    edits = sum(diff.change.by_hand for diff in changes)
    if edits:
        notice(f"{edits} file(s) were edited by hand; they stay as they are without --overwrite-edits")
    next_step(f"pairec deploy run --record {shown.record.id}")


@app.command()
def run(
    context: typer.Context,
    solution: Solution = None,
    record: Record = None,
    select: Select = None,
    overwrite_edits: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Deploy a generated package to DataWorks, all of it or selected files. Edits made by hand stay."""
    project = open_project(context)
    chosen = _record(project, record, solution)
    names = tuple(select or ())
    if dry_run:
        shown = deploying.preview(project, chosen)
        choice = deploying.choose(shown, names, overwrite_edits=overwrite_edits)
    else:
        chosen, choice = deploying.deploy(project, chosen, select=names, overwrite_edits=overwrite_edits)
    _tell(chosen, choice, dry_run=dry_run)


@app.command()
def records(context: typer.Context, format: Format = FormatName.TABLE) -> None:
    """List the deployment records, newest first."""
    project = open_project(context)
    found = project.control.deployments.all(project.instance.name)
    columns = ("id", "solution", "version", "status", "created", "package")
    emit([_record_row(one) for one in found], columns=columns, format=format, title="Deployment records")


@app.command()
def log(
    context: typer.Context,
    record: Annotated[int | None, typer.Argument(help="Deployment record; the newest by default.")] = None,
) -> None:
    """Print the log of a deployment record, and how it ended."""
    project = open_project(context)
    found = {one.id: one for one in project.control.deployments.all(project.instance.name)}
    if not found or (record is not None and record not in found):
        names = [str(number) for number in found]
        raise NotFound("deployment record", str(record or "(any)"), names, hint="pairec deploy records")
    one = found[max(found) if record is None else record]
    notice(f"record {one.id}: {one.status}{f', {one.message}' if one.message else ''}")
    if one.log:
        print_file(Path(one.log))


@app.command("import")
def import_(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="oss://bucket/path/package.zip, or a file.")],
    name: Annotated[str, typer.Option(help="Name of the import.")] = "import",
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Check the package and keep a record; deploy it later.")
    ] = False,
    overwrite_edits: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Import a package by its OSS address, as Migration Assistant does (method 2): verify, deploy."""
    project = open_project(context)
    if dry_run:
        whole, package = deploying.verify_package(project, address)
        notice(f"{whole} is sound: {len(package.workflow.nodes)} nodes of workflow {package.workflow.name}")
        notice("would import and deploy it")
        return
    record = deploying.import_package(project, address, name)
    notice(f"import {name!r}: {record.package} is sound, record {record.id}")
    if verify_only:
        next_step(f"pairec deploy run --record {record.id}")
        return
    record, choice = deploying.deploy(project, record, overwrite_edits=overwrite_edits)
    _tell(record, choice, dry_run=False)


def _tell(record: Deployment, choice: Choice, *, dry_run: bool) -> None:
    """What a deployment changes, or has changed."""
    for diff in choice.applied:
        notice(f"{_label(diff.change, sys.stderr)} {diff.path}")
    for diff in choice.kept:
        warn(f"{diff.path} was edited by hand and stays; --overwrite-edits replaces it")
    unchanged = len(choice.files) - len(choice.applied) - len(choice.kept)
    verb = "would change" if dry_run else "changed"
    notice(f"record {record.id}: {verb} {len(choice.applied)} files, {unchanged} are as they should be")
    if choice.waits:
        notice(
            f"the engine serves with what it has until there are "
            f"{', '.join(choice.waits[:3])}{' …' if len(choice.waits) > 3 else ''}"
        )
    if not dry_run:
        next_step("pairec backfill plan")


def _record(project: Project, number: int | None, solution: str | None) -> Deployment:
    if number is None:
        return generating.latest_generated(project, solution)
    found = {one.id: one for one in project.control.deployments.all(project.instance.name)}
    if number not in found:
        raise NotFound(
            "deployment record", str(number), [str(n) for n in found], hint="pairec deploy records"
        )
    return found[number]


def _row(diff: FileDiff) -> dict[str, Any]:
    added, removed = diff.counts
    return {
        "change": diff.change.value,
        "added": added,
        "removed": removed,
        "node": diff.node,
        "path": diff.path,
        "diff": "\n".join(diff.unified()),
    }


def _record_row(record: Deployment) -> dict[str, Any]:
    return {
        "id": record.id,
        "solution": record.solution,
        "version": record.version,
        "status": record.status.value,
        "created": timestamp(record.created_at),
        "finished": timestamp(record.finished_at) if record.finished_at else None,
        "package": record.package,
        "message": record.message,
        "log": record.log,
        "selected_files": list(record.selected_files),
    }


def _label(change: Change, stream: Any) -> str:
    return paint(f"{change.value:<8}", STYLES.get(change, "0"), stream)
