"""`pairec instance`: step 1 of the tutorial."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pairec_cli.cli.instance_options import Region, ServiceTypeOption, Timezone
from pairec_cli.cli.options import (
    Cascade,
    DryRun,
    Format,
    Yes,
    confirm,
    open_project,
)
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice, show, timestamp, warn
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.instance import Instance, ServiceType
from pairec_cli.workflow.instances import (
    Access,
    check_access,
    create_instance,
    holdings,
    initialise,
    pick_instance,
)

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The instance.")]
OptionalName = Annotated[str | None, typer.Argument(help="The instance; the current one by default.")]


@app.command()
def create(
    context: typer.Context,
    name: Name,
    region: Region = "local",
    service_type: ServiceTypeOption = ServiceType.PREMIUM,
    timezone: Timezone = "UTC",
) -> None:
    """Create an instance. The first one becomes current."""
    project = open_project(context)
    instance, new = create_instance(
        project, name, region=region, service_type=service_type, timezone=timezone
    )
    notice(
        f"instance {name!r} {'created' if new else 'exists already'} ({instance.service_type}, {timezone})"
    )
    next_step(f"pairec instance init {name}")


@app.command()
def init(
    context: typer.Context,
    name: OptionalName = None,
    pai_workspace: str | None = None,
    dataworks_workspace: str | None = None,
    maxcompute_project: str | None = None,
    oss_bucket: str | None = None,
    featurestore_project: str | None = None,
    featurestore_recall: Annotated[
        bool | None, typer.Option(help="Use the FeatureStore as recall engine.")
    ] = None,
    featurestore_feature_query: Annotated[
        bool | None, typer.Option(help="Use the FeatureStore to query features.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Bind the resources of an instance, and make those that are not there yet."""
    project = open_project(context)
    given = {
        "pai_workspace": pai_workspace,
        "dataworks_workspace": dataworks_workspace,
        "maxcompute_project": maxcompute_project,
        "oss_bucket": oss_bucket,
        "featurestore_project": featurestore_project,
        "featurestore_recall": featurestore_recall,
        "featurestore_feature_query": featurestore_feature_query,
    }
    bindings = {resource: value for resource, value in given.items() if value is not None}
    instance = initialise(project, name, bindings, dry_run=dry_run)
    access = check_access(instance, project.home)
    if dry_run:
        missing = [f"{a.resource} {a.name}" for a in access if not a.exists]
        notice(f"would make: {', '.join(missing) or 'nothing; every resource is there'}")
        return
    notice(f"instance {instance.name!r} is bound to " + ", ".join(f"{a.resource} {a.name}" for a in access))
    next_step(f"pairec instance check {instance.name}")


@app.command("list")
def list_(context: typer.Context, format: Format = FormatName.TABLE) -> None:
    """List the instances of this workspace."""
    project = open_project(context)
    instances = project.control.instances.all()
    try:
        current = project.instance.name
    except NotFound:
        current = None
    rows = [{**_row(instance), "current": instance.name == current} for instance in instances]
    columns = ("name", "current", "region", "service_type", "timezone", "initialised")
    emit(rows, columns=columns, format=format, title="Instances")


@app.command("show")
def show_(context: typer.Context, name: OptionalName = None, format: Format = FormatName.TABLE) -> None:
    """Show an instance and the resources it is bound to."""
    show(_row(pick_instance(open_project(context), name)), format=format)


@app.command()
def check(context: typer.Context, name: OptionalName = None, format: Format = FormatName.TABLE) -> None:
    """Check the access to every bound resource: exists, readable, writable."""
    project = open_project(context)
    instance = pick_instance(project, name)
    access = check_access(instance, project.home)
    columns = ("resource", "name", "used_for", "exists", "readable", "writable")
    emit([_access_row(a) for a in access], columns=columns, format=format, title=f"Access of {instance.name}")
    if lacking := [a.resource for a in access if not a.granted]:
        warn(f"no full access to {', '.join(lacking)}")
        next_step(f"pairec instance init {instance.name}")
        raise typer.Exit(1)


@app.command()
def use(context: typer.Context, name: Name) -> None:
    """Make an instance the current one."""
    instance = open_project(context).control.instances.use(name)
    notice(f"instance {instance.name!r} is current")
    next_step("pairec table list")


@app.command()
def delete(
    context: typer.Context, name: Name, cascade: Cascade = False, dry_run: DryRun = False, yes: Yes = False
) -> None:
    """Delete an instance. With --cascade, what it holds goes too; files of its resources stay."""
    project = open_project(context)
    try:
        held = holdings(project, name)
    except NotFound as error:
        notice(f"nothing to delete: {error.message}")
        return
    if dry_run:
        emit([{"kind": "instance", "name": name}, *held], columns=("kind", "name"), title="Would be deleted")
        return
    confirm(f"Delete instance {name!r}{f' and the {len(held)} things it holds' if cascade else ''}?", yes=yes)
    project.control.instances.delete(name, cascade=cascade)
    notice(f"instance {name!r} deleted")
    next_step("pairec instance list")


def _row(instance: Instance) -> dict[str, Any]:
    bound = instance.bindings
    return {
        "name": instance.name,
        "region": instance.region,
        "service_type": instance.service_type.value,
        "timezone": instance.timezone,
        "initialised": instance.initialised,
        "created": timestamp(instance.created_at),
        "pai_workspace": bound.pai_workspace,
        "dataworks_workspace": bound.dataworks_workspace,
        "maxcompute_project": bound.maxcompute_project,
        "oss_bucket": bound.oss_bucket,
        "featurestore_project": bound.featurestore_project,
        "featurestore_recall": bound.featurestore_recall,
        "featurestore_feature_query": bound.featurestore_feature_query,
    }


def _access_row(access: Access) -> dict[str, Any]:
    return {
        "resource": access.resource,
        "name": access.name,
        "used_for": access.used_for,
        "location": access.location,
        "exists": access.exists,
        "readable": access.readable,
        "writable": access.writable,
    }
