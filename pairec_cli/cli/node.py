"""`pairec node`: deployed nodes, and step 7 of the tutorial."""

from __future__ import annotations

import difflib
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.options import DryRun, Ds, Format, UsageError, assignments, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, print_file, show, timestamp, warn
from pairec_cli.cli.texts import read_text, write_diff, write_text
from pairec_cli.domain.ds import yesterday
from pairec_cli.domain.errors import NodeFailed, NotFound, SqlError
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.project import Project
from pairec_cli.workflow import deployed_nodes, freezing
from pairec_cli.workflow.deployed_nodes import Edit, NodeView

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The node.")]
Names = Annotated[list[str], typer.Argument(help="The nodes.")]
LOG_LINES = 12


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Only nodes whose name, description or tables hold it.")] = "",
    format: Format = FormatName.TABLE,
) -> None:
    """List the deployed nodes: whether they are frozen or edited, and how the last run ended."""
    found = deployed_nodes.list_nodes(open_project(context), search)
    columns = ("node", "workflow", "kind", "state", "edited", "last_ds", "last_at")
    brief = ("node", "state", "edited")
    emit([_row(one) for one in found], columns=columns, brief=brief, format=format, title="Nodes")


@app.command("show")
def show_(context: typer.Context, name: Name, format: Format = FormatName.TABLE) -> None:
    """Show a node: schedule, dependencies, last run, script."""
    one = deployed_nodes.view(open_project(context), name)
    if format is FormatName.TABLE:
        show(_row(one))
        write_text(f"\n{one.node.script}")
    else:
        show({**_row(one), "script": one.node.script}, format=format)
    if one.problem:
        warn(str(one.problem), level="error")


@app.command()
def edit(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Option("--file", help="Take the script from this file, - for standard input.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Scheduling parameter, as bizdate_30='$[yyyymmdd-31]'."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Keep a script that cannot run.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Edit a deployed node's script, in $EDITOR or from a file. The next run uses it."""
    project = open_project(context)
    one = deployed_nodes.view(project, name)
    given = assignments(parameter or (), "bizdate_30=$[yyyymmdd-31]")
    draft = None
    if file is not None:
        text = read_text(file)
    elif given:
        text = one.node.script
    else:
        draft = _write_draft(one)
        text = _edited(draft)
    try:
        done = deployed_nodes.edit(project, name, text, parameters=given, force=force, dry_run=dry_run)
    except SqlError as error:
        kept = f"--file {draft}" if draft else f"--file {file}"
        error.hint = f"mend it, or keep it as it is: pairec node edit {name} {kept} --force"
        raise
    if draft is not None:
        draft.unlink()
    _tell(project, done, dry_run=dry_run)


@app.command()
def run(context: typer.Context, name: Name, ds: Ds = None, dry_run: DryRun = False) -> None:
    """Run one node for one day, up to date or not."""
    project = open_project(context)
    if dry_run:
        target, node = deployed_nodes.find_node(project, name)
        notice(f"would run {node.name} of {target} for ds={ds or yesterday(project.instance.timezone)}")
        return
    done = deployed_nodes.run_node(project, name, ds)
    if done.state is not RunState.OK:
        if done.log:
            print_file(Path(done.log), last=LOG_LINES)
        raise NodeFailed(f"{name} ds={done.ds}: {done.reason}", hint=f"pairec node log {name} --ds {done.ds}")
    notice(f"{name} ds={done.ds}: {done.rows or 0:,} rows")
    next_step("pairec backfill plan")


@app.command()
def log(context: typer.Context, name: Name, ds: Ds = None) -> None:
    """Print the log of a node's last run."""
    runs = deployed_nodes.node_runs(open_project(context), name, ds)
    if not runs:
        raise NotFound("run of node", name, hint=f"pairec node run {name}")
    notice(f"{name} {_ended(runs[0])}")
    if runs[0].log:
        print_file(Path(runs[0].log))


@app.command()
def freeze(context: typer.Context, names: Names, dry_run: DryRun = False) -> None:
    """Freeze nodes: their daily instances fail without running, and what depends on them waits."""
    project = open_project(context)
    changed = freezing.freeze(project, names, dry_run=dry_run)
    verb = "would be frozen" if dry_run else "frozen"
    notice(f"{verb}: {', '.join(changed)}" if changed else "all of them are frozen already")
    if waiting := freezing.dependants(project, names):
        notice(
            f"{len(waiting)} nodes wait for them: {', '.join(waiting[:6])}{' …' if len(waiting) > 6 else ''}"
        )
    if not dry_run:
        next_step("pairec recommend --user 123")


@app.command()
def unfreeze(context: typer.Context, names: Names, dry_run: DryRun = False) -> None:
    """Let frozen nodes run on the daily schedule again."""
    project = open_project(context)
    changed = freezing.unfreeze(project, names, dry_run=dry_run)
    verb = "would run again" if dry_run else "run again"
    notice(f"{verb}: {', '.join(changed)}" if changed else "none of them is frozen")
    if not dry_run:
        next_step("pairec run")


def _write_draft(one: NodeView) -> Path:
    """A file to edit. It is kept until its text is in place, so that no edit is lost."""
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal for an editor here; give the script with --file.")
    draft = Path(tempfile.mkdtemp(prefix="pairec-")) / one.path.name
    draft.write_bytes(one.node.script.encode())
    return draft


def _edited(draft: Path) -> str:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    if subprocess.run([*shlex.split(editor), str(draft)], check=False).returncode:
        raise typer.Abort
    return read_text(draft)


def _tell(project: Project, done: Edit, *, dry_run: bool) -> None:
    old, new = done.before.script.splitlines(), done.after.script.splitlines()
    write_diff(difflib.unified_diff(old, new, "before", "after", lineterm=""))
    if done.problem:
        warn(str(done.problem), level="error")
    if dry_run:
        notice("nothing is changed")
        return
    path = project.dataworks(done.target.workspace) / done.target.workflow / done.path
    notice(f"{path} is {'changed' if done.changed else 'as it was'}")
    next_step("pairec backfill plan")


def _ended(run: NodeRun) -> str:
    return f"ds={run.ds} {run.state} {timestamp(run.started_at)}"


def _state(one: NodeView) -> str | None:
    """What keeps the node from running, else how its last run ended."""
    if one.state.frozen:
        return RunState.FROZEN.value
    return one.last.state.value if one.last else None


def _row(one: NodeView) -> dict[str, Any]:
    return {
        "node": one.node.name,
        "workflow": str(one.state.workflow),
        "kind": one.node.kind.value,
        "recurrence": one.state.recurrence.value,
        "state": _state(one),
        "edited": one.edited,
        "last_ds": one.last.ds if one.last else None,
        "last_at": timestamp(one.last.started_at) if one.last else None,
        "inputs": list(one.node.inputs),
        "outputs": list(one.node.outputs),
        "upstream": list(one.node.upstream),
        "parameters": dict(one.node.parameters),
        "description": one.node.description,
        "problem": str(one.problem) if one.problem else None,
    }
