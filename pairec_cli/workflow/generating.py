"""Generate script: a solution's package, written to OSS with a deployment record."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pairec_cli.domain.deployment import Deployment
from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound, PairecError
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.instance import SolutionRecord
from pairec_cli.domain.package import Package
from pairec_cli.workflow import archive, solution_document, solutions
from pairec_cli.workflow.compiling import compile_solution
from pairec_cli.workflow.deployed_scripts import replace_text
from pairec_cli.workflow.instances import require_premium
from pairec_cli.workflow.sizes import vocabulary_sizes
from pairec_cli.workflow.windows import ReadScripts
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
    record = solutions.current_record(workspace, solution)
    deployments, instance = workspace.control.deployments, workspace.instance.name
    head = f"solution {record.name} version {record.latest.number}\n"
    log = workspace.logs / "generate" / f"{record.name}-{time.time_ns()}.log"
    try:
        package, bucket = _compile(workspace, record)
    except PairecError as error:
        replace_text(log, f"{head}error: {error.message}\n")
        failed = deployments.start(instance, record.name, record.latest.number, log=str(log))
        deployments.failed(failed.id, error.message)
        raise
    fingerprint = package_fingerprint(package)
    if (same := _existing(workspace, record.name, fingerprint)) is not None:
        return Generated(same, package, reused=True)
    started = deployments.start(instance, record.name, record.latest.number, log=str(log))
    try:
        address = _write(workspace, bucket, archive.pack(package))
    except BaseException as error:
        deployments.failed(started.id, str(error) or type(error).__name__)
        replace_text(log, f"{head}error: {error}\n")
        raise
    nodes = "".join(f"node {node.name}\n" for node in package.workflow.nodes)
    replace_text(log, f"{head}{nodes}package {address}\n")
    return Generated(deployments.generated(started.id, address, fingerprint), package)


def compiled(workspace: Workspace, solution: str | None = None) -> Package:
    """The package that `generate` would write."""
    return _compile(workspace, solutions.current_record(workspace, solution))[0]


def _compile(workspace: Workspace, record: SolutionRecord) -> tuple[Package, str]:
    """The package of a solution's newest version, and the bucket it goes to."""
    instance = workspace.instance
    require_premium(instance, "custom recommendation solutions")
    document = record.latest.document
    solution = solution_document.read(document, f"solution {record.name}")
    solutions.refuse_problems(solutions.validate(workspace, solution))
    whole = solutions.resolved(workspace, solution)
    package = compile_solution(
        whole,
        document,
        region=instance.region,
        timezone=instance.timezone,
        read=ReadScripts(workspace.home),
        sizes=vocabulary_sizes(workspace, whole),
    )
    return package, solution.environment.oss_bucket


def _existing(workspace: Workspace, solution: str, fingerprint: str) -> Deployment | None:
    """The solution's newest record, when it stands for the very same package and that is still there."""
    newest = next(iter(_with_package(workspace, solution)), None)
    if newest is None or newest.package is None or newest.package_fingerprint != fingerprint:
        return None
    return newest if oss_path(workspace, newest.package).is_file() else None


def _with_package(workspace: Workspace, solution: str) -> list[Deployment]:
    records = workspace.control.deployments.all(workspace.instance.name, solution)
    return [record for record in records if record.package is not None]


def _write(workspace: Workspace, bucket: str, data: bytes) -> str:
    """Put the package at a fresh address: two packages of one second get different ones."""
    moment = int(time.time())
    while True:
        key = f"algoconfig/plan/{moment}/package.zip"
        path = workspace.oss(bucket) / key
        try:
            path.parent.mkdir(parents=True)
        except FileExistsError:
            moment += 1
            continue
        beside = path.with_name(".package.zip")
        beside.write_bytes(data)
        beside.replace(path)
        return f"oss://{bucket}/{key}"


def package_fingerprint(package: Package) -> str:
    return of_text(*(part for path in sorted(package.files) for part in (path, package.files[path])))


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
    name = solutions.current_record(workspace, solution).name
    found = _with_package(workspace, name)
    if not found:
        raise NotDeployed(f"no script was generated for solution {name!r}", hint="pairec script generate")
    return found[0]


def newer_version(workspace: Workspace, record: Deployment) -> int | None:
    """The number of the solution's newest version, when the record is of an older one."""
    if record.solution is None or record.version is None:
        return None
    newest = workspace.control.solutions.get(record.instance, record.solution).latest.number
    return newest if newest > record.version else None
