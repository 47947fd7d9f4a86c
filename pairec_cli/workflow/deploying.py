"""Deployment: preview the file diff, put the chosen files in place, record what was deployed."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pairec_cli.domain.deployment import Deployment, DeploymentStatus, WorkflowName
from pairec_cli.domain.errors import InvalidInput, NotFound, PairecError
from pairec_cli.domain.package import Node, Package
from pairec_cli.domain.solution import Solution
from pairec_cli.workflow import generating, solution_document
from pairec_cli.workflow.archive import ENGINE_FILE, FLOW_FOLDER, MODELS_FOLDER, SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts, replace_text
from pairec_cli.workflow.file_diff import Change, FileDiff, file_diff, to_apply
from pairec_cli.workflow.flowspec import node_files, script_path
from pairec_cli.workflow.serving import put_into_service, refuse_clash
from pairec_cli.workflow.table_clashes import clashes, refuse_clashes
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Preview:
    """What deploying a package would change."""

    record: Deployment
    package: Package
    target: WorkflowName
    solution: Solution
    diffs: tuple[FileDiff, ...]


@dataclass(frozen=True)
class Choice:
    """The files chosen for a deployment, those of them that it changes, and the hand edits it keeps.

    `waits`, after it: feature views without which the engine does not serve with it yet.
    """

    files: tuple[FileDiff, ...]
    applied: tuple[FileDiff, ...]
    kept: tuple[FileDiff, ...]
    waits: tuple[str, ...] = ()


def preview(workspace: Workspace, record: Deployment) -> Preview:
    """The file diff of a generated package against what stands in DataWorks."""
    if record.package is None:
        raise InvalidInput(f"deployment {record.id} has no package", hint="pairec script generate")
    package = generating.load(workspace, record.package)
    solution = packaged_solution(package)
    target = WorkflowName(solution.environment.dataworks_workspace, package.workflow.name)
    disk = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow)
    new = package_files(package)
    base = {path: file.text for path, file in workspace.control.nodes.files(target).items()}
    strange = {path for path, text in disk.items() if text not in (base.get(path), new.get(path))}
    base |= _left_by_failures(workspace, disk, strange)
    return Preview(record, package, target, solution, tuple(file_diff(base, disk, new)))


def _left_by_failures(workspace: Workspace, disk: Mapping[str, str], strange: set[str]) -> dict[str, str]:
    """Those of the `strange` files that a deployment wrote before it failed or was killed, as nothing but the
    package tells then: they are no hand edits."""
    found: dict[str, str] = {}
    for record in workspace.control.deployments.all(workspace.instance.name) if strange else ():
        if record.status is DeploymentStatus.SUCCESS or record.package is None or not record.selected_files:
            continue
        try:
            files = package_files(generating.load(workspace, record.package))
        except PairecError:
            continue  # gone, or no package of ours: it cannot explain any file
        found |= {path: disk[path] for path in strange & files.keys() if files[path] == disk[path]}
    return found


def packaged_solution(package: Package) -> Solution:
    """The solution a package was made from. Raises InvalidInput when it carries none."""
    return solution_document.read(_carried(package, SOLUTION_FILE), SOLUTION_FILE)


def package_files(package: Package) -> dict[str, str]:
    """The package's files by the path they are deployed to inside the workflow's folder."""
    prefix = f"{FLOW_FOLDER}/{package.workflow.name}/"
    files = {p.removeprefix(prefix): text for p, text in package.files.items() if p.startswith(prefix)}
    models = {path: text for path, text in package.files.items() if path.startswith(f"{MODELS_FOLDER}/")}
    return {**files, **models, **{path: _carried(package, path) for path in (ENGINE_FILE, SOLUTION_FILE)}}


def _carried(package: Package, path: str) -> str:
    if path not in package.files:
        raise InvalidInput(f"package {package.name} carries no {path}", hint="pairec script generate")
    return package.files[path]


def choose(shown: Preview, select: Collection[str] = (), *, overwrite_edits: bool = False) -> Choice:
    """What a deployment would do. `select` limits it to files or nodes by path or name.

    Raises NotFound for a name that is neither.
    """
    known = {name for diff in shown.diffs for name in (diff.path, diff.node)}
    for name in select:
        if name not in known:
            raise NotFound("file or node", name, known, hint="pairec deploy preview --stat")
    chosen = [d for d in shown.diffs if not select or d.path in select or d.node in select]
    applied = to_apply(chosen, overwrite_edits=overwrite_edits)
    kept = [diff for diff in chosen if diff.change.by_hand and diff not in applied]
    return Choice(tuple(chosen), tuple(applied), tuple(kept))


def changed_nodes(shown: Preview, diffs: Collection[FileDiff]) -> list[Node]:
    """The package's nodes whose script is among `diffs`."""
    paths = {diff.path for diff in diffs if diff.new is not None}
    return [node for node in shown.package.workflow.nodes if script_path(node) in paths]


def table_clashes(workspace: Workspace, shown: Preview) -> list[str]:
    """Tables that would keep other columns than the previewed scripts give them, a sentence each."""
    nodes = changed_nodes(shown, [diff for diff in shown.diffs if diff.change is not Change.UNCHANGED])
    return clashes(workspace.warehouse.ledger, nodes, shown.solution.environment.offline_store)


def deploy(
    workspace: Workspace,
    record: Deployment,
    *,
    select: Collection[str] = (),
    overwrite_edits: bool = False,
) -> tuple[Deployment, Choice]:
    """Put the package's files in place. `select` limits it to files or nodes by path or name.

    Hand edits survive unless `overwrite_edits`. Returns the record and what was done. A failure leaves a
    failed record whose log says why, and raises; what was written by then, the next deployment finds. Raises
    DataError, changing nothing, when tables exist with other columns than the scripts give them.
    """
    shown = preview(workspace, record)
    choice = choose(shown, select, overwrite_edits=overwrite_edits)
    refuse_clashes(
        workspace.warehouse.ledger,
        changed_nodes(shown, choice.applied),
        shown.solution.environment.offline_store,
        shown.solution.features.version,
    )
    log = workspace.logs / "deploy" / f"{record.id}-{time.time_ns()}.log"
    deployments = workspace.control.deployments
    deployments.deploying(record.id, [diff.path for diff in choice.files], log=str(log))
    try:
        choice = replace(choice, waits=_apply(workspace, shown, choice, record.id))
    except BaseException as error:
        message = str(error) or type(error).__name__
        deployments.failed(record.id, message)
        replace_text(log, f"package {record.package}\nerror: {message}\n")
        raise
    lines = [f"{diff.change} {diff.path}" for diff in choice.applied]
    lines += [f"kept as edited by hand {diff.path}" for diff in choice.kept]
    replace_text(log, "\n".join([f"package {record.package}", *lines]) + "\n")
    return deployments.succeeded(record.id), choice


def _apply(workspace: Workspace, shown: Preview, choice: Choice, deployment: int) -> tuple[str, ...]:
    """Files first, each whole; the record of what is deployed follows in one transaction; then the engine.

    Returns the feature views that the engine waits for.
    """
    target, scripts = shown.target, DeployedScripts(workspace.dataworks(shown.target.workspace))
    written = {diff.path: diff.new for diff in choice.applied if diff.new is not None}
    removed = [diff.path for diff in choice.applied if diff.new is None]
    if ENGINE_FILE in written:
        refuse_clash(workspace, written[ENGINE_FILE])
    scripts.write(target.workflow, written)
    scripts.remove(target.workflow, removed)
    nodes = scripts.workflow(target.workflow).nodes
    names = {node.name for node in nodes}
    known = workspace.control.nodes.files(target)
    unchanged = {d.path: d.new for d in shown.diffs if d.change is Change.UNCHANGED and d.new is not None}
    present = {diff.path for diff in shown.diffs}
    workspace.control.nodes.deploy(
        target,
        {node.name: node.recurrence for node in nodes},
        {**unchanged, **written},
        removed_nodes=[n.name for n in workspace.control.nodes.all(target) if n.name not in names],
        removed_files=[*removed, *(path for path in known if path not in present)],
        deployment=deployment,
    )
    return put_into_service(workspace, target)


def deploy_nodes(workspace: Workspace, target: WorkflowName, nodes: Collection[Node]) -> list[str]:
    """Put single nodes in place (virtual nodes, the data node); returns the names of those that changed.

    A file that was edited by hand stays as it is.
    """
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    disk = scripts.files(target.workflow)
    base = {path: file.text for path, file in workspace.control.nodes.files(target).items()}
    changed: list[str] = []
    files: dict[str, str] = {}
    placed: dict[str, str] = {}
    for node in nodes:
        wanted = _files(workspace, node, target.workflow)
        stale = {
            path: text
            for path, text in wanted.items()
            if disk.get(path) != text and (path not in disk or disk[path] == base.get(path))
        }
        files.update(stale)
        placed.update({path: text for path, text in wanted.items() if disk.get(path) == text})
        changed += [node.name] if stale else []
    scripts.write(target.workflow, files)
    known = {node.name: node.recurrence for node in nodes}
    workspace.control.nodes.deploy(target, known, {**placed, **files})
    return changed


def _files(workspace: Workspace, node: Node, workflow: str) -> dict[str, str]:
    return node_files(node, workflow, workspace.instance.timezone)


def verify_package(workspace: Workspace, address: str) -> tuple[str, Package]:
    """A package and its whole address. Raises NotFound, InvalidInput when it is none of ours."""
    package = generating.load(workspace, address)
    packaged_solution(package)
    package_files(package)
    whole = address if address.startswith("oss://") else str(Path(address).resolve())
    return whole, package


def import_package(workspace: Workspace, address: str, name: str) -> Deployment:
    """Migration Assistant: a deployment record of a package by its address, verified before it is kept.

    Raises as `verify_package`.
    """
    whole, package = verify_package(workspace, address)
    log = workspace.logs / "import" / f"{time.time_ns()}.log"
    nodes = "".join(f"node {node.name}\n" for node in package.workflow.nodes)
    replace_text(log, f"import {name}\npackage {whole}\n{nodes}")
    started = workspace.control.deployments.start(workspace.instance.name, log=str(log))
    return workspace.control.deployments.generated(started.id, whole, generating.package_fingerprint(package))
