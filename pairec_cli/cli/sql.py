"""`pairec sql`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pairec_cli.cli.options import Format, UsageError, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, notice
from pairec_cli.workflow.queries import run_sql

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
) -> None:
    """Run MaxCompute SQL over all projects. `${bizdate}` is yesterday unless --param says otherwise."""
    if (text is None) == (file is None):
        raise UsageError("Give the SQL as an argument, or a script with --file.")
    source = file.read_text() if file else sys.stdin.read() if text == "-" else str(text)
    values = dict(pair.partition("=")[::2] for pair in param or [])
    answer = run_sql(open_project(context), source, values, limit=limit, log=notice)
    if answer is not None:
        emit(answer.rows, columns=answer.columns, format=format)
        if answer.more:
            notice(f"note: the first {limit} rows; --limit 0 shows all")
