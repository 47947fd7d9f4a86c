"""`pairec run`: one day's schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pairec_cli.cli.options import DryRun, Ds, Format, open_project
from pairec_cli.cli.progress import state_label
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, print_file
from pairec_cli.domain.errors import PartialFailure
from pairec_cli.domain.runs import RunState
from pairec_cli.workflow.daily import Instance, run_day

app = typer.Typer()

LOG_LINES = 12


@app.command()
def run(
    context: typer.Context, ds: Ds = None, format: Format = FormatName.TABLE, dry_run: DryRun = False
) -> None:
    """Run one day's schedule: every deployed node, in the order of its dependencies.

    A frozen node's instance fails without running, and what depends on it waits, as in DataWorks.
    """
    project = open_project(context)
    listed = dry_run or format is not FormatName.TABLE
    instances = run_day(project, ds, _ignore if listed else _tell, dry_run=dry_run)
    if listed:
        columns = ("node", "state", "rows", "reason")
        emit([_row(one) for one in instances], columns=columns, format=format, title="Schedule")
    counts = {state: sum(one.state is state for one in instances) for state in RunState}
    words = {RunState.PENDING: "to run" if dry_run else "waiting"}
    notice(", ".join(f"{count} {words.get(state, state)}" for state, count in counts.items() if count))
    if dry_run:
        return
    _refuse_partial(instances)
    next_step("pairec recommend --user 123")


def _tell(instance: Instance) -> None:
    rows = f"  {instance.rows:,} rows" if instance.rows else ""
    notice(f"{state_label(instance.state)} {instance.node}{rows}  {instance.reason}".rstrip())


def _ignore(_instance: Instance) -> None:
    """A listing tells all of them at the end."""


def _refuse_partial(instances: list[Instance]) -> None:
    """Raises PartialFailure unless every instance of the day ended well; shows the logs of failures."""
    failed = [one for one in instances if one.state is RunState.FAILED]
    for one in failed:
        if one.log:
            notice(f"log of {one.node} ({one.log}):")
            print_file(Path(one.log), last=LOG_LINES)
    frozen = [one.node for one in instances if one.state is RunState.FROZEN]
    waiting = sum(one.state is RunState.PENDING for one in instances)
    if failed:
        raise PartialFailure(
            f"{len(failed)} nodes failed, {waiting} wait", hint=f"pairec node log {failed[0].node}"
        )
    if frozen:
        raise PartialFailure(
            f"{len(frozen)} nodes are frozen, {waiting} wait for them",
            hint=f"pairec node unfreeze {' '.join(frozen)}",
        )


def _row(instance: Instance) -> dict[str, Any]:
    return {
        "workflow": str(instance.workflow),
        "node": instance.node,
        "state": instance.state.value,
        "reason": instance.reason,
        "rows": instance.rows,
        "log": instance.log,
    }
