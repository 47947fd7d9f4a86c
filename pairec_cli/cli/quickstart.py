"""`pairec quickstart`: the tutorial's steps 3 to 7, with defaults."""

from __future__ import annotations

import typer

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.options import open_project
from pairec_cli.cli.render import next_step, notice
from pairec_cli.project import Project
from pairec_cli.workflow.quickstart import Step, quickstart

app = typer.Typer()


@app.command("quickstart")
def quickstart_(context: typer.Context) -> None:
    """Register, create a scenario, configure, generate, deploy, backfill and freeze, with defaults.

    Steps that are done are not done again. The demo tables must hold data.
    """
    run_quickstart(open_project(context))
    next_step("pairec recommend --user 123")


def run_quickstart(project: Project) -> None:
    """The quick deployment with its progress on standard error."""
    with BackfillProgress() as progress:
        quickstart(project, _tell, progress)


def _tell(step: Step) -> None:
    notice(f"step {step.number:<3}  {step.title:<8}  {step.outcome}")
