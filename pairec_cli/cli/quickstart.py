"""`pairec quickstart`: the tutorial's steps 3 to 7, with defaults."""

from __future__ import annotations

import typer

from pairec_cli.cli.backfill_progress import BackfillProgress
from pairec_cli.cli.options import DryRun, open_project
from pairec_cli.cli.render import next_step, notice
from pairec_cli.project import Project
from pairec_cli.workflow.quickstart import Step, quickstart
from pairec_cli.workflow.status import next_command, steps

app = typer.Typer()

DATA = 2
"""The step that quickstart cannot do: it needs the demo tables' data."""


@app.command("quickstart")
def quickstart_(context: typer.Context, dry_run: DryRun = False) -> None:
    """Register, create a scenario, configure, generate, deploy, backfill and freeze, with defaults.

    Steps that are done are not done again. The demo tables must hold data.
    """
    project = open_project(context)
    if dry_run:
        _foretell(project)
        return
    run_quickstart(project)
    next_step("pairec recommend --user 123")


def _foretell(project: Project) -> None:
    """The steps that are not done, and with what data they would be."""
    quick = [step for step in steps(project) if step.step > 1 and not step.done]
    for step in quick:
        notice(f"would do step {step.step}  {step.title}: now {step.detail}")
    if not quick:
        notice("every step is done; nothing would change")
    next_step(next_command(steps(project)) if quick and quick[0].step == DATA else "pairec quickstart")


def run_quickstart(project: Project) -> None:
    """The quick deployment with its progress on standard error."""
    with BackfillProgress() as progress:
        quickstart(project, _tell, progress)


def _tell(step: Step) -> None:
    notice(f"step {step.number:<3}  {step.title:<8}  {step.outcome}")
