"""Where a workspace stands in the tutorial's seven steps, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from pairec_cli.domain.ds import ranges
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.workflow import backfilling, source_nodes
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class StepStatus:
    """One of the seven steps: done or not, what is there, and the command that does it."""

    step: int
    title: str
    done: bool
    detail: str
    command: str


def steps(workspace: Workspace) -> list[StepStatus]:
    """The seven steps in order."""
    return [
        _instance(workspace),
        _data(workspace),
        _registration(workspace),
        _scenario(workspace),
        _solution(workspace),
        _deployment(workspace),
        _freeze(workspace),
    ]


def next_command(found: list[StepStatus]) -> str:
    """The command of the first step that is not done; `pairec recommend` when all are."""
    return next((step.command for step in found if not step.done), "pairec recommend --user 123")


def _instance(workspace: Workspace) -> StepStatus:
    instance = workspace.instance
    detail = f"{instance.name}, {instance.service_type}, {instance.region}"
    return StepStatus(1, "Instance", instance.initialised, detail, "pairec instance init")


def _data(workspace: Workspace) -> StepStatus:
    project = workspace.instance.bindings.maxcompute_project
    registered = [entry.table for entry in workspace.control.tables.all(workspace.instance.name)]
    tables = registered or [TableName(project, table) for table in source_nodes.demo_tables().values()]
    ledger = workspace.warehouse.ledger
    days = [set(ledger.partitions(table)) for table in tables]
    common = sorted(set.intersection(*days)) if days else []
    detail = ", ".join(map(str, ranges(common))) or "no day is in all three tables"
    return StepStatus(2, "Data", bool(common), detail, "pairec data generate --days 60")


def _registration(workspace: Workspace) -> StepStatus:
    tables = workspace.control.tables.all(workspace.instance.name)
    roles = {entry.role for entry in tables}
    lacking = [role for role in TableRole if role not in roles]
    detail = ", ".join(f"{e.display_name} ({e.role})" for e in tables) or "none"
    role = lacking[0] if lacking else TableRole.USER
    command = f"pairec table register {source_nodes.demo_tables()[role]} --role {role}"
    return StepStatus(3, "Register data", not lacking, detail, command)


def _scenario(workspace: Workspace) -> StepStatus:
    names = [scenario.name for scenario in workspace.control.scenarios.all(workspace.instance.name)]
    command = "pairec scenario create HomePage"
    return StepStatus(4, "Scenario", bool(names), ", ".join(names) or "none", command)


def _solution(workspace: Workspace) -> StepStatus:
    records = workspace.control.solutions.all(workspace.instance.name)
    if not records:
        return StepStatus(5, "Solution", False, "none", "pairec solution create rec_sln_demo")
    detail = ", ".join(f"{record.name} v{record.latest.number}" for record in records)
    generated = [
        deployment
        for deployment in workspace.control.deployments.all(workspace.instance.name)
        if deployment.package is not None
    ]
    detail += f"; {len(generated)} package(s) generated"
    return StepStatus(5, "Solution", bool(generated), detail, "pairec script generate")


def _deployment(workspace: Workspace) -> StepStatus:
    deployed = backfilling.all_deployed(workspace)
    if not deployed:
        return StepStatus(6, "Deploy and backfill", False, "not deployed", "pairec deploy run")
    backfills = {one.target: workspace.control.backfills.latest(one.target) for one in deployed}
    states = {target: backfill.state if backfill else None for target, backfill in backfills.items()}
    texts = [f"{target.workflow}: backfill {state or 'not run'}" for target, state in states.items()]
    done = all(state is RunState.OK for state in states.values())
    failed = any(state is RunState.FAILED for state in states.values())
    command = "pairec backfill continue" if failed else "pairec backfill run"
    return StepStatus(6, "Deploy and backfill", done, ", ".join(texts), command)


def _freeze(workspace: Workspace) -> StepStatus:
    target = source_nodes.workflow(workspace.instance)
    anchors = set(source_nodes.demo_tables().values())
    found = [node for node in workspace.control.nodes.all(target) if node.name in anchors]
    frozen = [node.name for node in found if node.frozen]
    detail = f"{len(frozen)} of {len(found)} virtual nodes frozen"
    command = "pairec node freeze " + " ".join(sorted(anchors))
    return StepStatus(7, "Freeze nodes", bool(found) and len(frozen) == len(found), detail, command)
