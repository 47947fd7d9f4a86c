"""`pairec init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairec_cli.cli.instance_options import Region, ServiceTypeOption, Timezone
from pairec_cli.cli.options import DryRun, settings
from pairec_cli.cli.render import next_step, notice
from pairec_cli.domain.instance import ServiceType
from pairec_cli.project import FOLDER, Project
from pairec_cli.workflow.instances import create_instance, initialise

app = typer.Typer()


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Where; the current folder by default.")] = None,
    name: Annotated[str, typer.Option(help="Name of the first instance.")] = "demo",
    region: Region = "local",
    service_type: ServiceTypeOption = ServiceType.PREMIUM,
    timezone: Timezone = "UTC",
    dry_run: DryRun = False,
) -> None:
    """Create a workspace and its first instance here.

    The workspace is the folder `.pairec`; every command finds it from any folder below. Run it again and
    nothing changes.
    """
    given = settings(context).home
    home = (folder or Path.cwd()) / FOLDER if folder or given is None else given
    if dry_run:
        notice(f"would make workspace {home} with instance {name!r}, unless it is one already")
        return
    project = Project.create(home)
    if found := project.control.instances.all():
        notice(f"{project.home} is a workspace already; instances: {', '.join(i.name for i in found)}")
    else:
        create_instance(project, name, region=region, service_type=service_type, timezone=timezone)
        initialise(project, name)
        notice(f"workspace {project.home}, instance {name!r} ({service_type.value}, {timezone})")
    next_step("pairec data generate --days 60")
