"""Where a workspace stands in the tutorial's seven steps, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from pairec_cli.domain.ds import ranges
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.workflow import source_nodes
from pairec_cli.workflow.backfilling import make_plan, missing_data_command
from pairec_cli.workflow.deployed_solutions import Deployed, all_deployed
from pairec_cli.workflow.importing import likely_role
from pairec_cli.workflow.quickstart import SCENARIO, SOLUTION
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


def _tables(workspace: Workspace) -> dict[TableRole, TableName]:
    """The table of each role: the registered one, else the demo's, else one that looks like it."""
    project = workspace.instance.bindings.maxcompute_project
    schemas = {schema.name: schema for schema in workspace.warehouse.schemas(project)}
    tables = {role: TableName(project, name) for role, name in source_nodes.demo_tables().items()}
    for role, demo in tables.items():
        if demo not in schemas:
            alike = (name for name, schema in schemas.items() if likely_role(schema) is role)
            tables[role] = next(alike, demo)
    return {**tables, **{e.role: e.table for e in workspace.control.tables.all(workspace.instance.name)}}


def _data(workspace: Workspace) -> StepStatus:
    ledger = workspace.warehouse.ledger
    days = [set(ledger.partitions(table)) for table in _tables(workspace).values()]
    common = sorted(set.intersection(*days))
    detail = ", ".join(map(str, ranges(common))) or "no day is in all three tables"
    return StepStatus(2, "Data", bool(common), detail, "pairec data generate --days 60")


def _registration(workspace: Workspace) -> StepStatus:
    tables = workspace.control.tables.all(workspace.instance.name)
    roles = {entry.role for entry in tables}
    lacking = [role for role in TableRole if role not in roles]
    detail = ", ".join(f"{e.display_name} ({e.role})" for e in tables) or "none"
    role = lacking[0] if lacking else TableRole.USER
    command = f"pairec table register {_tables(workspace)[role].table} --role {role}"
    return StepStatus(3, "Register data", not lacking, detail, command)


def _scenario(workspace: Workspace) -> StepStatus:
    names = [scenario.name for scenario in workspace.control.scenarios.all(workspace.instance.name)]
    command = f"pairec scenario create {SCENARIO}"
    return StepStatus(4, "Scenario", bool(names), ", ".join(names) or "none", command)


def _solution(workspace: Workspace) -> StepStatus:
    records = workspace.control.solutions.all(workspace.instance.name)
    if not records:
        return StepStatus(5, "Solution", False, "none", f"pairec solution create {SOLUTION}")
    detail = ", ".join(f"{record.name} v{record.latest.number}" for record in records)
    generated = [
        deployment
        for deployment in workspace.control.deployments.all(workspace.instance.name)
        if deployment.package is not None
    ]
    detail += f"; {len(generated)} package(s) generated"
    return StepStatus(5, "Solution", bool(generated), detail, "pairec script generate")


def _deployment(workspace: Workspace) -> StepStatus:
    deployed = all_deployed(workspace)
    if not deployed:
        return StepStatus(6, "Deploy and backfill", False, "not deployed", "pairec deploy run")
    found = [_backfill(workspace, one) for one in deployed]
    command = next((command for _, command in found if command), "pairec backfill run")
    done = not any(command for _, command in found)
    return StepStatus(6, "Deploy and backfill", done, "; ".join(text for text, _ in found), command)


def _backfill(workspace: Workspace, what: Deployed) -> tuple[str, str]:
    """How a deployed workflow stands, and the command that brings it up to date; "" when it is."""
    latest = workspace.control.backfills.latest(what.target)
    name = what.target.workflow
    if latest is not None and latest.state is RunState.FAILED:
        return f"{name}: backfill {latest.id} failed", "pairec backfill continue"
    try:
        plan = make_plan(workspace, what)
    except PairecError as error:
        return f"{name}: {error.message}", error.hint or "pairec backfill plan"
    if not plan.tasks:
        return f"{name}: up to date for {plan.targets}", ""
    text = f"{name}: {plan.runs} runs to do for {plan.targets}"
    return text, (missing_data_command(plan) if plan.missing else None) or "pairec backfill run"


def _freeze(workspace: Workspace) -> StepStatus:
    target = source_nodes.workflow(workspace.instance)
    tables = {table.table for table in _tables(workspace).values()}
    anchors = [node for node in workspace.control.nodes.all(target) if node.name in tables]
    frozen = [node.name for node in anchors if node.frozen]
    detail = f"{len(frozen)} of {len(anchors)} virtual nodes frozen"
    command = "pairec node freeze " + " ".join(sorted(node.name for node in anchors))
    done = len(frozen) == len(anchors) and bool(anchors or all_deployed(workspace))
    return StepStatus(7, "Freeze nodes", done, detail, command)
