"""`pairec sql`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pairec_cli.cli.clipping import clipped
from pairec_cli.cli.options import DryRun, Format, UsageError, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice
from pairec_cli.project import Project
from pairec_cli.workflow.queries import reads_and_writes, run_sql

app = typer.Typer()


@app.command()
def sql(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="SQL", help="MaxCompute SQL, or - for stdin.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A script to run.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="For ${NAME} in the SQL.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show; 0 for all.")] = 1000,
    format: Format = FormatName.TABLE,
    dry_run: DryRun = False,
) -> None:
    """Run MaxCompute SQL over all projects. `${bizdate}` is yesterday unless --param says otherwise."""
    project = open_project(context)
    source, values = _source(text, file), _parameters(param or [])
    if dry_run:
        _explain(project, source, values)
        return
    answer = run_sql(project, source, values, limit=limit, log=notice)
    if answer is None:
        next_step("pairec data list")
        return
    emit(clipped(answer.rows, format), columns=answer.columns, format=format)
    if answer.more:
        notice(f"note: the first {limit} rows; --limit 0 shows all")


def _source(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise UsageError("Give the SQL as an argument, or a script with --file.")
    if file is None:
        return sys.stdin.read() if text == "-" else str(text)
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _parameters(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--param {pair}: write NAME=VALUE.")
    return dict(pair.partition("=")[::2] for pair in pairs)


def _explain(project: Project, source: str, values: dict[str, str]) -> None:
    found = reads_and_writes(project, source, values)
    rows = [{"table": str(r.table), "use": "reads", "from": r.first, "to": r.last} for r in found.reads]
    rows += [{"table": str(w.table), "use": "writes", "from": w.ds, "to": w.ds} for w in found.writes]
    emit(rows, columns=("table", "use", "from", "to"), title="Tables")
