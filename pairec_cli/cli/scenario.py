"""`pairec scenario`: step 4 of the tutorial."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairec_cli.cli.options import Cascade, DryRun, Format, Instance, Yes, confirm, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, show, timestamp
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.instance import Scenario
from pairec_cli.workflow.instances import pick_instance
from pairec_cli.workflow.scenarios import create_scenario

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The scenario, such as HomePage.")]


@app.command()
def create(
    context: typer.Context,
    name: Name,
    description: Annotated[str, typer.Option(help="What is shown there.")] = "",
    traffic_code: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="Codes that clients log; PAI-REC, selfhold, thirdparty by default."
        ),
    ] = None,
    instance: Instance = None,
) -> None:
    """Create a scenario, named after the place where recommendations are shown."""
    project = open_project(context)
    owner = pick_instance(project, instance).name
    scenario, new = create_scenario(
        project, owner, name, description=description, traffic_codes=traffic_code or ()
    )
    codes = ", ".join(scenario.traffic_codes)
    notice(f"scenario {name!r} {'created' if new else 'exists already'}; traffic codes {codes}")
    next_step("pairec solution create")


@app.command("list")
def list_(context: typer.Context, format: Format = FormatName.TABLE, instance: Instance = None) -> None:
    """List the scenarios of an instance."""
    project = open_project(context)
    scenarios = project.control.scenarios.all(pick_instance(project, instance).name)
    columns = ("name", "description", "traffic_codes", "created")
    emit([_row(scenario) for scenario in scenarios], columns=columns, format=format, title="Scenarios")


@app.command("show")
def show_(
    context: typer.Context, name: Name, format: Format = FormatName.TABLE, instance: Instance = None
) -> None:
    """Show a scenario and its solutions."""
    project = open_project(context)
    owner = pick_instance(project, instance).name
    scenario = project.control.scenarios.get(owner, name)
    solutions = [solution.name for solution in project.control.solutions.all(owner, name)]
    show({**_row(scenario), "solutions": solutions}, format=format)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    instance: Instance = None,
    cascade: Cascade = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a scenario. With --cascade, its solutions go too."""
    project = open_project(context)
    owner = pick_instance(project, instance).name
    try:
        project.control.scenarios.get(owner, name)
    except NotFound as error:
        notice(f"nothing to delete: {error.message}")
        return
    solutions = [solution.name for solution in project.control.solutions.all(owner, name)]
    if dry_run:
        notice(
            f"would delete scenario {name!r}"
            + (f" and solutions {', '.join(solutions)}" if solutions else "")
        )
        return
    confirm(f"Delete scenario {name!r}?", yes=yes)
    project.control.scenarios.delete(owner, name, cascade=cascade)
    notice(f"scenario {name!r} deleted")
    next_step("pairec scenario list")


def _row(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "traffic_codes": list(scenario.traffic_codes),
        "instance": scenario.instance,
        "created": timestamp(scenario.created_at),
    }
