"""Deployed workflows with the solutions they were made from, and their planners."""

from __future__ import annotations

from dataclasses import dataclass

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import InvalidInput, NotDeployed
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.workflow import solution_document, solutions
from pairec_cli.workflow.archive import SOLUTION_FILE
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.plan import Planner
from pairec_cli.workflow.windows import ReadScripts
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Deployed:
    """A deployed workflow and the solution it was made from."""

    target: WorkflowName
    solution: Solution
    nodes: tuple[Node, ...]

    @property
    def project(self) -> str:
        return self.solution.environment.offline_store


def deployed(workspace: Workspace, solution: str | None = None) -> Deployed:
    """The deployed workflow of a solution. Raises NotDeployed with what to run."""
    found = [one for one in all_deployed(workspace) if solution in (None, one.solution.name)]
    if not found:
        what = f"solution {solution!r} is not deployed" if solution else "no solution is deployed"
        raise NotDeployed(what, hint="pairec deploy run")
    if len(found) > 1:
        names = ", ".join(one.solution.name for one in found)
        raise InvalidInput(f"several solutions are deployed: {names}", hint="name one with --solution")
    return found[0]


def deployed_for(workspace: Workspace, scene: str) -> Deployed:
    """The deployed solution that serves a scene. Raises NotDeployed."""
    found = [one for one in all_deployed(workspace) if scene in one.solution.scenarios]
    if not found:
        raise NotDeployed(f"no deployed solution serves scene {scene!r}", hint="pairec deploy run")
    return found[-1]


def all_deployed(workspace: Workspace) -> list[Deployed]:
    """Every workflow that a solution was deployed to."""
    found = []
    for target in workspace.control.nodes.workflows(workspace.instance.bindings.dataworks_workspace):
        scripts = DeployedScripts(workspace.dataworks(target.workspace))
        text = scripts.files(target.workflow).get(SOLUTION_FILE)
        if text is not None:
            nodes = scripts.workflow(target.workflow).nodes
            solution = solutions.resolved(workspace, solution_document.read(text, SOLUTION_FILE))
            found.append(Deployed(target, solution, nodes))
    return found


def planner(workspace: Workspace, what: Deployed) -> Planner:
    latest = workspace.control.runs.latest(what.target)
    read = ReadScripts(workspace.home)
    return Planner(what.nodes, workspace.warehouse.ledger, latest, what.project, read=read)


def as_it_is(workspace: Workspace, what: Deployed) -> Planner:
    """A planner for runs that start now: inputs are what the ledger holds."""
    read = ReadScripts(workspace.home)
    return Planner(what.nodes, workspace.warehouse.ledger, {}, what.project, actual=True, read=read)
