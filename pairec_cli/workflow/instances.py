"""Instances: what they are bound to, whether it can be reached, and what their edition includes.

A bound cloud resource is a place in the workspace: the MaxCompute project a folder of the warehouse, the OSS
bucket a folder of files, the DataWorks workspace a folder of scripts, the PAI workspace the models, the
FeatureStore project the online database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pairec_cli.domain.errors import AlreadyExists, EditionRefused, InvalidInput, NotFound
from pairec_cli.domain.instance import Instance, ResourceBindings, ServiceType

if TYPE_CHECKING:
    from pairec_cli.workflow.workspace import Workspace

_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Access:
    """One bound resource and how far it can be reached."""

    resource: str
    name: str
    used_for: str
    location: Path
    exists: bool
    readable: bool
    writable: bool

    @property
    def granted(self) -> bool:
        return self.exists and self.readable and self.writable


def default_bindings(instance: str, taken: Collection[Instance] = ()) -> ResourceBindings:
    """The names a first instance gets; a further one gets its own, so that nothing is shared unasked."""
    if not taken:
        return ResourceBindings("pairec_pai", "pairec_workspace", "project_mc", "pairec-bucket", "pairec_fs")
    base = re.sub(r"\W", "_", instance.lower(), flags=re.ASCII)[:40]
    base = base if re.match("[a-z]", base) else f"i_{base}"
    projects = {other.bindings.maxcompute_project for other in taken}
    words = (base if number == 1 else f"{base}_{number}" for number in count(1))
    word = next(word for word in words if f"{word}_mc" not in projects)
    bucket = re.sub(r"_+", "-", word).strip("-")
    return ResourceBindings(
        f"{word}_pai", f"{word}_workspace", f"{word}_mc", f"{bucket}-bucket", f"{word}_fs"
    )


def create_instance(
    workspace: Workspace,
    name: str,
    *,
    region: str,
    service_type: ServiceType = ServiceType.PREMIUM,
    timezone: str = "UTC",
) -> tuple[Instance, bool]:
    """The instance, and whether it is new: one that exists as it is asked for is no change.

    Raises AlreadyExists when it exists with other settings, InvalidInput (the name, the time zone).
    """
    instances = workspace.control.instances
    known = {instance.name: instance for instance in instances.all()}
    if found := known.get(name):
        if replace(found, region=region, service_type=service_type, timezone=timezone) == found:
            return found, False
        raise AlreadyExists(
            f"instance {name!r} exists with other settings", hint=f"pairec instance show {name}"
        )
    bindings = default_bindings(name, list(known.values()))
    made = instances.create(
        name, region=region, bindings=bindings, service_type=service_type, timezone=timezone
    )
    if not known:
        instances.use(name)
    return made, True


def initialise(
    workspace: Workspace,
    name: str | None = None,
    bindings: Mapping[str, str | bool] | None = None,
    *,
    dry_run: bool = False,
) -> Instance:
    """Bind the resources, make each that is not there yet, and mark the instance. Can be run twice.

    `bindings` holds those that change. Raises NotFound, and InvalidInput for a resource's name.
    """
    instance = pick_instance(workspace, name)
    bound = replace(instance, bindings=_changed(instance.bindings, bindings or {}), initialised=True)
    if dry_run:
        return bound
    for access in check_access(bound, workspace.home):
        if access.exists:
            continue
        if access.location.suffix == ".db":
            access.location.touch()
        else:
            access.location.mkdir(parents=True, exist_ok=True)
    return bound if bound == instance else workspace.control.instances.update(bound)


def pick_instance(workspace: Workspace, name: str | None) -> Instance:
    """The named instance, or the current one. Raises NotFound."""
    return workspace.control.instances.get(name) if name else workspace.instance


def holdings(workspace: Workspace, name: str) -> list[dict[str, str]]:
    """What goes with an instance when it is deleted: kind and name. Its resources' contents stay."""
    control = workspace.control
    control.instances.get(name)
    tables = [("registered table", table.display_name) for table in control.tables.all(name)]
    scenarios = [("scenario", scenario.name) for scenario in control.scenarios.all(name)]
    solutions = [("solution", solution.name) for solution in control.solutions.all(name)]
    records = [("deployment record", str(record.id)) for record in control.deployments.all(name)]
    return [{"kind": k, "name": n} for k, n in [*tables, *scenarios, *solutions, *records]]


def _changed(bindings: ResourceBindings, changes: Mapping[str, str | bool]) -> ResourceBindings:
    known = [field.name for field in fields(ResourceBindings)]
    for name in changes:
        if name not in known:
            raise NotFound("resource", name, known)
    changed = ResourceBindings(**{**asdict(bindings), **changes})
    refuse_bad_names(changed)
    return changed


def refuse_bad_names(bindings: ResourceBindings) -> None:
    """Raises InvalidInput for a resource name that its cloud service would not take either."""
    for resource, name in _names(bindings).items():
        pattern = _BUCKET if resource == "OSS bucket" else _IDENTIFIER
        if not pattern.fullmatch(name):
            allowed = (
                "3-63 lower-case letters, digits and -" if pattern is _BUCKET else "letters, digits and _"
            )
            raise InvalidInput(f"{resource}: {name!r} is not a name it can have", hint=f"use {allowed}")


def check_access(instance: Instance, home: Path) -> list[Access]:
    """Every bound resource, with exists, readable and writable as the operating system sees them."""
    bound = instance.bindings
    recall = ["recall"] if bound.featurestore_recall else []
    query = ["feature query"] if bound.featurestore_feature_query else []
    uses = {
        "PAI workspace": ("models", home / "models"),
        "DataWorks workspace": ("scripts", home / "dataworks" / bound.dataworks_workspace),
        "MaxCompute project": ("tables", home / "warehouse" / bound.maxcompute_project),
        "OSS bucket": ("packages", home / "oss" / bound.oss_bucket),
        "FeatureStore project": (" and ".join(recall + query) or "nothing", home / "featuredb.db"),
    }
    return [_access(resource, name, *uses[resource]) for resource, name in _names(bound).items()]


def require_premium(instance: Instance, feature: str) -> None:
    """Raises EditionRefused where the instance's service type does not include `feature`."""
    if instance.service_type is not ServiceType.PREMIUM:
        raise EditionRefused(
            f"{feature} needs Premium Edition; instance {instance.name!r} is Standard Edition",
            hint="pairec instance create NAME --service-type premium",
        )


def _names(bindings: ResourceBindings) -> dict[str, str]:
    return {
        "PAI workspace": bindings.pai_workspace,
        "DataWorks workspace": bindings.dataworks_workspace,
        "MaxCompute project": bindings.maxcompute_project,
        "OSS bucket": bindings.oss_bucket,
        "FeatureStore project": bindings.featurestore_project,
    }


def _access(resource: str, name: str, used_for: str, location: Path) -> Access:
    exists = location.exists()
    return Access(
        resource,
        name,
        used_for,
        location,
        exists,
        readable=exists and os.access(location, os.R_OK),
        writable=exists and os.access(location, os.W_OK),
    )
