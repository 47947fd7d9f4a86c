"""Deployment: preview the file diff, put the chosen files in place, record what was deployed."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass, replace

from pairec_cli.domain.deployment import Deployment, WorkflowName
from pairec_cli.domain.errors import InvalidInput, NotFound, PairecError
from pairec_cli.domain.package import Node, Package
from pairec_cli.domain.solution import Solution
from pairec_cli.workflow import engine_config, generating, solution_document
from pairec_cli.workflow.archive import ENGINE_FILE, FLOW_FOLDER, SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts, replace_text
from pairec_cli.workflow.file_diff import Change, FileDiff, file_diff, to_apply
from pairec_cli.workflow.flowspec import node_files, script_path
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Preview:
    """What deploying a package would change."""

    record: Deployment
    package: Package
    target: WorkflowName
    diffs: tuple[FileDiff, ...]


def preview(workspace: Workspace, record: Deployment) -> Preview:
    """The file diff of a generated package against what stands in DataWorks."""
    if record.package is None:
        raise InvalidInput(f"deployment {record.id} has no package", hint="pairec script generate")
    package = generating.load(workspace, record.package)
    solution = packaged_solution(package)
    target = WorkflowName(solution.environment.dataworks_workspace, package.workflow.name)
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    base = {path: file.text for path, file in workspace.control.nodes.files(target).items()}
    diffs = file_diff(base, scripts.files(target.workflow), package_files(package))
    return Preview(record, package, target, tuple(diffs))


def packaged_solution(package: Package) -> Solution:
    """The solution a package was made from. Raises InvalidInput when it carries none."""
    text = package.files.get(SOLUTION_FILE)
    if text is None:
        raise InvalidInput(
            f"package {package.name} carries no {SOLUTION_FILE}", hint="pairec script generate"
        )
    return solution_document.read(text, SOLUTION_FILE)


def package_files(package: Package) -> dict[str, str]:
    """The package's files by the path they are deployed to inside the workflow's folder."""
    prefix = f"{FLOW_FOLDER}/{package.workflow.name}/"
    files = {p.removeprefix(prefix): text for p, text in package.files.items() if p.startswith(prefix)}
    return {**files, ENGINE_FILE: package.files[ENGINE_FILE], SOLUTION_FILE: package.files[SOLUTION_FILE]}


def deploy(
    workspace: Workspace,
    record: Deployment,
    *,
    select: Collection[str] = (),
    overwrite_edits: bool = False,
) -> tuple[Deployment, list[FileDiff]]:
    """Put the package's files in place. `select` limits it to files or nodes by path or name.

    Hand edits survive unless `overwrite_edits`. Returns the record and what was changed; a failure leaves
    a failed record whose log says why, and raises.
    """
    shown = preview(workspace, record)
    chosen = _selected(shown.diffs, select)
    applied = to_apply(chosen, overwrite_edits=overwrite_edits)
    log = workspace.logs / "deploy" / f"{record.id}-{time.time_ns()}.log"
    paths = [diff.path for diff in chosen]
    working = workspace.control.deployments.deploying(record.id, paths, log=str(log))
    try:
        _apply(workspace, shown, applied, working.id)
    except PairecError as error:
        replace_text(log, f"error: {error.message}\n")
        workspace.control.deployments.failed(working.id, error.message)
        raise
    lines = [f"{diff.change} {diff.path}" for diff in applied]
    kept = [f"kept by hand {d.path}" for d in chosen if d.change in (Change.EDITED, Change.CONFLICT)]
    replace_text(
        log, "\n".join([f"package {record.package}", *lines, *([] if overwrite_edits else kept)]) + "\n"
    )
    return workspace.control.deployments.succeeded(working.id), applied


def _selected(diffs: Collection[FileDiff], select: Collection[str]) -> list[FileDiff]:
    if not select:
        return list(diffs)
    known = {name for diff in diffs for name in (diff.path, diff.node)}
    for name in select:
        if name not in known:
            raise NotFound("file", name, known, hint="pairec deploy preview")
    return [diff for diff in diffs if diff.path in select or diff.node in select]


def _apply(workspace: Workspace, shown: Preview, applied: list[FileDiff], deployment: int) -> None:
    """Files first, each whole; the record of what is deployed follows in one transaction."""
    scripts = DeployedScripts(workspace.dataworks(shown.target.workspace))
    written = {diff.path: diff.new for diff in applied if diff.new is not None}
    removed = [diff.path for diff in applied if diff.new is None]
    _check_engine(workspace, written.get(ENGINE_FILE))
    scripts.write(shown.target.workflow, written)
    scripts.remove(shown.target.workflow, removed)
    nodes = scripts.workflow(shown.target.workflow).nodes
    names = {node.name for node in nodes}
    before = [node.name for node in workspace.control.nodes.all(shown.target)]
    unchanged = {d.path: d.new for d in shown.diffs if d.change is Change.UNCHANGED and d.new is not None}
    workspace.control.nodes.deploy(
        shown.target,
        {node.name: node.recurrence for node in nodes},
        {**unchanged, **written},
        removed_nodes=[name for name in before if name not in names],
        removed_files=removed,
        deployment=deployment,
    )
    if ENGINE_FILE in written:
        publish_engine(workspace, written[ENGINE_FILE])


def _check_engine(workspace: Workspace, text: str | None) -> None:
    """Refuse a clash with another scene's engine configuration before any file is touched."""
    if text is not None:
        engine_config.merge(_current_engine(workspace), json.loads(text))


def publish_engine(workspace: Workspace, text: str) -> None:
    """Merge a solution's engine configuration into the one that is served."""
    merged = engine_config.merge(_current_engine(workspace), json.loads(text))
    replace_text(workspace.engine_path, engine_config.dump(merged))


def _current_engine(workspace: Workspace) -> dict[str, object]:
    try:
        current: dict[str, object] = json.loads(workspace.engine_path.read_text())
    except FileNotFoundError:
        return {}
    return current


def deploy_nodes(workspace: Workspace, target: WorkflowName, nodes: Collection[Node]) -> list[str]:
    """Put single nodes in place (virtual nodes, the data node); returns the names of those that changed."""
    from_node = {node.name: _files(workspace, node, target.workflow) for node in nodes}
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    disk = scripts.files(target.workflow)
    changed = [name for name, files in from_node.items() if any(disk.get(p) != t for p, t in files.items())]
    files = {path: text for name in changed for path, text in from_node[name].items()}
    scripts.write(target.workflow, files)
    known = {node.name: node.recurrence for node in nodes}
    workspace.control.nodes.deploy(target, known, files)
    return changed


def _files(workspace: Workspace, node: Node, workflow: str) -> dict[str, str]:
    return node_files(node, workflow, workspace.instance.timezone)


def import_package(workspace: Workspace, address: str, name: str) -> Deployment:
    """Migration Assistant: a deployment record of a package by its address, verified before it is kept.

    Raises NotFound, InvalidInput when it is no package.
    """
    package = generating.load(workspace, address)
    packaged_solution(package)
    log = workspace.logs / "import" / f"{time.time_ns()}.log"
    replace_text(log, f"import {name}\npackage {address}\nnodes {len(package.workflow.nodes)}\n")
    started = workspace.control.deployments.start(workspace.instance.name, log=str(log))
    return workspace.control.deployments.generated(
        started.id, address, generating.package_fingerprint(package)
    )


def edit(workspace: Workspace, node_name: str, text: str) -> tuple[WorkflowName, Node]:
    """Replace a deployed node's script. The next run uses it; the next preview shows it as edited."""
    target, node = find_node(workspace, node_name)
    scripts = DeployedScripts(workspace.dataworks(target.workspace))
    scripts.write(target.workflow, {script_path(node): text})
    return target, replace(node, script=text)


def find_node(workspace: Workspace, node_name: str) -> tuple[WorkflowName, Node]:
    """A deployed node by its name, in any workflow. Raises NotFound with the nearest name."""
    for name in _workspaces(workspace):
        scripts = DeployedScripts(workspace.dataworks(name))
        for workflow in scripts.workflows():
            node = scripts.workflow(workflow).node(node_name)
            if node is not None:
                return WorkflowName(name, workflow), node
    raise NotFound("node", node_name, node_names(workspace), hint="pairec node list")


def node_names(workspace: Workspace) -> list[str]:
    return [node.name for node in workspace.control.nodes.all()]


def _workspaces(workspace: Workspace) -> list[str]:
    return sorted({name.workspace for name in workspace.control.nodes.workflows()})


def edited_files(workspace: Workspace, target: WorkflowName) -> list[str]:
    """Paths of files that differ from what was deployed."""
    disk = DeployedScripts(workspace.dataworks(target.workspace)).files(target.workflow)
    base = workspace.control.nodes.files(target)
    return [path for path, file in base.items() if disk.get(path) != file.text]
