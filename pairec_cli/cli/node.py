"""`pairec node`: deployed nodes, and step 7 of the tutorial."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pairec_cli.cli.options import DryRun, Ds, Format, UsageError, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, print_file, show, timestamp
from pairec_cli.domain.errors import NodeFailed, NotFound
from pairec_cli.domain.runs import RunState
from pairec_cli.workflow import deployed_nodes, freezing
from pairec_cli.workflow.deployed_nodes import NodeView

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The node.")]
Names = Annotated[list[str], typer.Argument(help="The nodes.")]
LOG_LINES = 12


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Only nodes whose name holds this.")] = "",
    format: Format = FormatName.TABLE,
) -> None:
    """List the deployed nodes: what freezes them, whether their script was edited."""
    found = [one for one in deployed_nodes.views(open_project(context)) if search in one.name]
    columns = ("node", "workflow", "kind", "recurrence", "edited")
    emit([_row(one) for one in found], columns=columns, format=format, title="Nodes")


@app.command("show")
def show_(context: typer.Context, name: Name, format: Format = FormatName.TABLE) -> None:
    """Show a node: schedule, dependencies, last run, script."""
    project = open_project(context)
    one = deployed_nodes.view(project, name)
    last = deployed_nodes.last_run(project, one)
    ran = f"ds={last.ds} {last.state}, {timestamp(last.started_at)}" if last else None
    document = {**_row(one), "last_run": ran, "path": one.path}
    if format is FormatName.TABLE:
        show(document)
        sys.stdout.write(f"\n{one.node.script.rstrip()}\n")
    else:
        show({**document, "script": one.node.script}, format=format)


@app.command()
def edit(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Option(help="Take the script from this file, - for standard input.")
    ] = None,
) -> None:
    """Edit a deployed node's script, in $EDITOR or from a file. The next run uses it."""
    project = open_project(context)
    one = deployed_nodes.view(project, name)
    changed = deployed_nodes.edit(project, one, _edited(one, file))
    notice(f"the script of {name} is {'changed' if changed else 'as it was'}: {one.path}")
    next_step("pairec backfill plan")


@app.command()
def run(context: typer.Context, name: Name, ds: Ds = None) -> None:
    """Run one node for one day, up to date or not."""
    project = open_project(context)
    done = deployed_nodes.run(project, deployed_nodes.view(project, name), ds)
    if done.state is not RunState.OK:
        if done.log:
            print_file(Path(done.log), last=LOG_LINES)
        raise NodeFailed(f"{name} ds={done.ds}: {done.reason}", hint=f"pairec node log {name} --ds {done.ds}")
    notice(f"{name} ds={done.ds}: {done.rows or 0:,} rows")
    next_step("pairec backfill plan")


@app.command()
def log(context: typer.Context, name: Name, ds: Ds = None) -> None:
    """Print the log of a node's last run."""
    project = open_project(context)
    one = deployed_nodes.view(project, name)
    last = deployed_nodes.last_run(project, one, ds)
    if last is None:
        raise NotFound("run of node", name, hint=f"pairec node run {name}")
    notice(f"{name} ds={last.ds}: {last.state}, {timestamp(last.started_at)}")
    if last.log:
        print_file(Path(last.log))


@app.command()
def freeze(context: typer.Context, names: Names, dry_run: DryRun = False) -> None:
    """Freeze nodes: their daily instances fail without running, and what depends on them waits."""
    project = open_project(context)
    waiting = freezing.dependants(project, names)
    changed = names if dry_run else [node.name for node in freezing.freeze(project, names)]
    verb = "would be frozen" if dry_run else "frozen"
    notice(f"{verb}: {', '.join(changed)}" if changed else "all of them are frozen already")
    if waiting:
        notice(
            f"{len(waiting)} nodes wait for them: {', '.join(waiting[:6])}{' …' if len(waiting) > 6 else ''}"
        )
    if not dry_run:
        next_step("pairec recommend --user 123")


@app.command()
def unfreeze(context: typer.Context, names: Names, dry_run: DryRun = False) -> None:
    """Let frozen nodes run on the daily schedule again."""
    project = open_project(context)
    changed = names if dry_run else [node.name for node in freezing.unfreeze(project, names)]
    verb = "would run again" if dry_run else "run again"
    notice(f"{verb}: {', '.join(changed)}" if changed else "none of them was frozen")
    if not dry_run:
        next_step("pairec run")


def _edited(one: NodeView, file: Path | None) -> str:
    """The new script: the file's text, or what the editor leaves."""
    if file is not None:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal for an editor here; give the script with --file.")
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    work = one.path.with_name(f".{one.path.name}.edit{one.path.suffix}")
    work.write_text(one.node.script, encoding="utf-8")
    try:
        if subprocess.run([*shlex.split(editor), str(work)], check=False).returncode:
            raise typer.Abort
        return work.read_text(encoding="utf-8")
    finally:
        work.unlink()


def _row(one: NodeView) -> dict[str, Any]:
    return {
        "node": one.name,
        "workflow": str(one.deployed.workflow),
        "kind": one.node.kind.value,
        "recurrence": one.deployed.recurrence.value,
        "edited": one.edited,
        "inputs": list(one.node.inputs),
        "outputs": list(one.node.outputs),
        "upstream": list(one.node.upstream),
        "parameters": dict(one.node.parameters),
        "description": one.node.description,
    }
