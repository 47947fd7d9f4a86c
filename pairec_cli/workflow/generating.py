"""Generate script: a solution's package, written to OSS with a deployment record."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import Deployment, DeploymentStatus
from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound, PairecError
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.package import Package
from pairec_cli.workflow import archive, solutions
from pairec_cli.workflow.compiling import compile_solution
from pairec_cli.workflow.deployed_scripts import replace_text
from pairec_cli.workflow.instances import require_premium
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Generated:
    """A deployment record and the package it stands for. `reused`: the same package existed already."""

    record: Deployment
    package: Package
    reused: bool = False


def generate(workspace: Workspace, solution: str | None = None) -> Generated:
    """Write `oss://<bucket>/algoconfig/plan/<unix time>/package.zip` and its deployment record.

    A failure leaves a readable log and a failed record, and no package. Generating an unchanged solution
    again returns the record that exists.
    """
    record, parsed = solutions.current(workspace, solution)
    instance = workspace.instance
    latest = workspace.control.deployments.latest(instance.name, record.name)
    log = workspace.logs / "generate" / f"{record.name}-{time.time_ns()}.log"
    started = workspace.control.deployments.start(
        instance.name, record.name, record.latest.number, log=str(log)
    )
    try:
        package = _compile(workspace, record.latest.document, parsed.name)
    except PairecError as error:
        replace_text(log, f"solution {record.name} version {record.latest.number}\nerror: {error.message}\n")
        workspace.control.deployments.failed(started.id, error.message)
        raise
    data = archive.pack(package)
    address, path = _address(workspace, parsed.environment.oss_bucket)
    path.parent.mkdir(parents=True)
    beside = path.with_name(".package.zip")
    beside.write_bytes(data)
    beside.replace(path)
    nodes = "\n".join(f"node {node.name}" for node in package.workflow.nodes)
    replace_text(log, f"solution {record.name} version {record.latest.number}\n{nodes}\npackage {address}\n")
    done = workspace.control.deployments.generated(started.id, address, package_fingerprint(package))
    same = latest is not None and latest.package_fingerprint == done.package_fingerprint
    return Generated(done, package, reused=same)


def compiled(workspace: Workspace, solution: str | None = None) -> Package:
    """The package that `generate` would write."""
    record, parsed = solutions.current(workspace, solution)
    return _compile(workspace, record.latest.document, parsed.name)


def _compile(workspace: Workspace, document: str, name: str) -> Package:
    instance = workspace.instance
    require_premium(instance, "custom recommendation solutions")
    _, parsed = solutions.current(workspace, name)
    solutions.refuse_problems(solutions.validate(workspace, parsed))
    return compile_solution(
        solutions.resolved(workspace, parsed), document, region=instance.region, timezone=instance.timezone
    )


def package_fingerprint(package: Package) -> str:
    return of_text(*(part for path in sorted(package.files) for part in (path, package.files[path])))


def _address(workspace: Workspace, bucket: str) -> tuple[str, Path]:
    """A fresh address: two packages of one second get different ones."""
    moment = int(time.time())
    while True:
        key = f"algoconfig/plan/{moment}/package.zip"
        path = workspace.oss(bucket) / key
        if not path.parent.exists():
            return f"oss://{bucket}/{key}", path
        moment += 1


def load(workspace: Workspace, address: str) -> Package:
    """The package at an `oss://` address or a local path. Raises NotFound, InvalidInput."""
    path = oss_path(workspace, address)
    if not path.is_file():
        raise NotFound("package", address, hint="pairec deploy records")
    return archive.unpack(path.read_bytes(), address)


def oss_path(workspace: Workspace, address: str) -> Path:
    if not address.startswith("oss://"):
        return Path(address)
    bucket, _, key = address.removeprefix("oss://").partition("/")
    root = workspace.oss(bucket).resolve()
    path = (root / key).resolve()
    if not bucket or not path.is_relative_to(root):
        raise InvalidInput(f"{address} is not an OSS address", hint="write oss://bucket/path/package.zip")
    return path


def latest_generated(workspace: Workspace, solution: str | None) -> Deployment:
    """The newest record with a package. Raises NotDeployed when nothing was generated."""
    instance = workspace.instance.name
    name = solutions.current(workspace, solution)[0].name
    for record in workspace.control.deployments.all(instance, name):
        if record.package is not None and record.status is not DeploymentStatus.GENERATING:
            return record
    raise NotDeployed(f"no script was generated for solution {name!r}", hint="pairec script generate")
