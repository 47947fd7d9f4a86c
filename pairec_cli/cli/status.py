"""`pairec status`: where the workspace stands in the seven steps."""

from __future__ import annotations

import typer

from pairec_cli.cli.options import Format, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step
from pairec_cli.workflow.status import next_command, steps

app = typer.Typer()


@app.command()
def status(context: typer.Context, format: Format = FormatName.TABLE) -> None:
    """Show the seven steps, what is done, and what comes next."""
    found = steps(open_project(context))
    rows = [
        {
            "step": step.step,
            "title": step.title,
            "done": step.done,
            "detail": step.detail,
            "command": step.command,
        }
        for step in found
    ]
    emit(rows, columns=("step", "title", "done", "detail"), format=format, title="Steps")
    next_step(next_command(found))
