"""Solutions of an instance: made, changed, checked and kept in versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import DataError, InvalidConfig, NotFound, Problem
from pairec_cli.domain.instance import Instance, SolutionRecord, SolutionVersion
from pairec_cli.domain.solution import Environment, Solution, SourceTable
from pairec_cli.domain.tables import TableName, TableRole, TableSchema
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.instances import require_premium
from pairec_cli.workflow.workspace import Workspace

QUICK_RECALLS = ("etrec_u2i", "global_hot")
"""Recalls of the tutorial's quick deployment, in merge order: personal items first."""


def default_solution(instance: Instance, name: str, scenario: str) -> Solution:
    """The tutorial's solution on the instance's own resources: two recalls, defaults everywhere."""
    bindings = instance.bindings
    environment = Environment(
        offline_store=bindings.maxcompute_project,
        dataworks_workspace=bindings.dataworks_workspace,
        oss_bucket=bindings.oss_bucket,
        featurestore_project=bindings.featurestore_project,
    )
    types = recall_types()
    recalls = tuple(types[kind].model_validate({"type": kind, "name": kind}) for kind in QUICK_RECALLS)
    return Solution(name=name, scenario=scenario, environment=environment, recalls=recalls)


def save(
    workspace: Workspace, document: str, *, comment: str = "", check: bool = True
) -> tuple[SolutionVersion, Solution]:
    """Keep the document as the solution's next version. The same document twice is one version.

    Raises InvalidConfig naming every problem, EditionRefused on a Standard instance.
    """
    instance = workspace.instance
    require_premium(instance, "custom recommendation solutions")
    solution = solution_document.read(document)
    if check:
        refuse_problems(validate(workspace, solution))
    version = workspace.control.solutions.save(
        instance.name, solution.name, solution.scenario, document, comment=comment
    )
    return version, solution


def validate(workspace: Workspace, solution: Solution) -> list[Problem]:
    """What is wrong with a well-formed solution: scenario, tables, columns, events."""
    instance = workspace.instance.name
    scenarios = [scenario.name for scenario in workspace.control.scenarios.all(instance)]
    problems = []
    if solution.scenario not in scenarios:
        message = str(NotFound("scenario", solution.scenario, scenarios))
        problems.append(Problem("scenario", message, solution.scenario))
    lookup = schema_lookup(workspace, solution.environment.offline_store)
    return problems + solution_document.check_fields(solution, lookup)


def refuse_problems(problems: list[Problem]) -> None:
    if problems:
        raise InvalidConfig("solution", problems, hint="mend solution.yaml, then: pairec solution validate")


def schema_lookup(workspace: Workspace, project: str) -> Callable[[TableRole, SourceTable], TableSchema]:
    """The schema of the registered table a form names, by display name or table name."""
    control, instance = workspace.control, workspace.instance.name

    def lookup(role: TableRole, form: SourceTable) -> TableSchema:
        return workspace.warehouse.schema(registered_name(control, instance, role, form.table, project))

    return lookup


def registered_name(control: Control, instance: str, role: TableRole, name: str, project: str) -> TableName:
    """The table behind a registered name. Raises NotFound unless it is registered with that role."""
    registered = control.tables.all(instance)
    for entry in registered:
        if entry.display_name == name or name in (entry.table.table, str(entry.table)):
            if entry.role is not role:
                message = f"{name!r} is registered as the {entry.role} table, not as the {role} table"
                raise DataError(message, hint=f"pairec table register {name} --role {role}")
            return entry.table
    known = [n for entry in registered if entry.role is role for n in (entry.display_name, entry.table.table)]
    raise NotFound(f"registered {role} table", name, known, hint="pairec table register")


def resolved(workspace: Workspace, solution: Solution) -> Solution:
    """The solution with display names of tables replaced by `project.table`."""
    control, instance = workspace.control, workspace.instance.name
    tables = solution.data_tables
    forms: dict[str, Any] = {}
    for role, form in solution_document.forms(solution).items():
        name = registered_name(control, instance, role, form.table, solution.environment.offline_store)
        forms[str(role)] = form.model_copy(update={"table": str(name)})
    return solution.model_copy(update={"data_tables": tables.model_copy(update=forms)})


def current(workspace: Workspace, name: str | None = None) -> tuple[SolutionRecord, Solution]:
    """The named solution, or the only one. Raises NotFound with what to run."""
    records = workspace.control.solutions.all(workspace.instance.name)
    names = [record.name for record in records]
    if name is None and len(records) != 1:
        what = "several solutions exist; name one" if records else "no solution exists"
        hint = f"pairec … --solution {names[0]}" if records else "pairec solution create"
        raise NotFound("solution", "(unnamed)", names, hint=f"{what}: {hint}")
    chosen = name or names[0]
    record = workspace.control.solutions.get(workspace.instance.name, chosen)
    return record, solution_document.read(record.latest.document, f"solution {chosen}")


def configure(document: str, assignments: dict[str, str]) -> str:
    """The document with fields set by path, as `features.periods=3,7` or `recalls[0].trigger_count=20`.

    Raises InvalidConfig for a path that does not exist; values are YAML.
    """
    solution = solution_document.read(document)
    plain = solution.model_dump(mode="json")
    plain["recalls"] = [recall.model_dump(mode="json") for recall in solution.recalls]
    for path, value in assignments.items():
        _assign(plain, path, yaml.safe_load(value))
    return solution_document.write(solution_document.read(yaml.safe_dump(plain, sort_keys=False)))


def _assign(body: Any, path: str, value: object) -> None:
    parts = path.replace("[", ".[").split(".")
    for part in parts[:-1]:
        body = _step(body, part, path)
    last = parts[-1]
    if last.startswith("["):
        _step(body, last, path)
        body[int(last[1:-1])] = value
    elif not isinstance(body, dict) or last not in body:
        known = list(body) if isinstance(body, dict) else []
        raise InvalidConfig("solution", [Problem(path, str(NotFound("field", last, known)))])
    else:
        body[last] = value


def _step(body: Any, part: str, path: str) -> Any:
    if part.startswith("[") and part.endswith("]"):
        index = part[1:-1]
        if isinstance(body, list) and index.isdigit() and int(index) < len(body):
            return body[int(index)]
        named = [entry for entry in body if isinstance(entry, dict) and entry.get("name") == index]
        if named:
            return named[0]
        known = [entry["name"] for entry in body if isinstance(entry, dict)]
        raise InvalidConfig("solution", [Problem(path, str(NotFound("entry", index, known)))])
    if not isinstance(body, dict) or part not in body:
        known = list(body) if isinstance(body, dict) else []
        raise InvalidConfig("solution", [Problem(path, str(NotFound("field", part, known)))])
    return body[part]


def write_files(folder: Path, document: str) -> list[Path]:
    """Put `solution.yaml` and its JSON Schema in a folder, for an editor."""
    target, schema = folder / "solution.yaml", folder / "solution.schema.json"
    target.write_text(document)
    schema.write_text(solution_document.json_schema_text())
    return [target, schema]


def history(workspace: Workspace, name: str) -> list[SolutionVersion]:
    return workspace.control.solutions.history(workspace.instance.name, name)
