"""Solutions of an instance: made, changed, checked and kept in versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, DataError, InvalidConfig, InvalidInput, NotFound, Problem
from pairec_cli.domain.instance import Instance, SolutionRecord, SolutionVersion
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import (
    Environment,
    Ranking,
    RecallConfig,
    Solution,
    SourceTable,
    parse_solution,
)
from pairec_cli.domain.tables import TableName, TableRole, TableSchema
from pairec_cli.features.spec import feature_specs
from pairec_cli.ranking.pipeline import ranking_problems
from pairec_cli.recall.registry import RECALLS, recall_types
from pairec_cli.workflow import ranking_form, solution_document
from pairec_cli.workflow.deployed_scripts import replace_text
from pairec_cli.workflow.instances import require_premium
from pairec_cli.workflow.workspace import Workspace

FILE, SCHEMA_FILE = "solution.yaml", "solution.schema.json"
QUICK_RECALLS = ("etrec_u2i", "global_hot")
"""Recalls of the tutorial's quick deployment, in merge order: personal items first."""


def default_solution(instance: Instance, name: str, scenario: str) -> Solution:
    """The tutorial's solution on the instance's own resources: two recalls, DBMTL, defaults everywhere."""
    bindings = instance.bindings
    environment = Environment(
        offline_store=bindings.maxcompute_project,
        dataworks_workspace=bindings.dataworks_workspace,
        oss_bucket=bindings.oss_bucket,
        featurestore_project=bindings.featurestore_project,
    )
    types = recall_types()
    recalls = tuple(types[kind].model_validate({"type": kind, "name": kind}) for kind in QUICK_RECALLS)
    return Solution(name=name, scenario=scenario, environment=environment, recalls=recalls, ranking=Ranking())


def save(
    workspace: Workspace, document: str, *, comment: str = "", check: bool = True
) -> tuple[SolutionVersion, Solution]:
    """Keep the document as the solution's next version. The same document twice is one version.

    Raises InvalidConfig naming every problem, EditionRefused on a Standard instance.
    """
    instance = workspace.instance
    require_premium(instance, "custom recommendation solutions")
    if check:
        refuse_problems(examine(workspace, document))
    solution = solution_document.read(document)
    version = workspace.control.solutions.save(
        instance.name, solution.name, solution.scenario, document, comment=comment
    )
    return version, solution


def examine(workspace: Workspace, document: str, source: str = "solution.yaml") -> list[Problem]:
    """Every problem of a document, with lines: its form, scenario, tables, columns, events.

    Raises InvalidConfig for a text that is no YAML mapping.
    """
    return solution_document.examine(document, lambda solution: validate(workspace, solution), source)


def validate(workspace: Workspace, solution: Solution) -> list[Problem]:
    """What is wrong with a well-formed solution: scenario, tables, columns, events, names of features."""
    instance = workspace.instance.name
    scenarios = [scenario.name for scenario in workspace.control.scenarios.all(instance)]
    problems = _scenario_problems(solution, scenarios)
    lookup = schema_lookup(workspace, solution.environment.offline_store)
    problems += solution_document.check_fields(solution, lookup)
    return problems or _feature_problems(solution)


def _scenario_problems(solution: Solution, known: Sequence[str]) -> list[Problem]:
    """Scenarios that do not exist, and those of recalls that are none of the solution's."""
    named = [("scenario", solution.scenario)]
    named += [(f"other_scenarios[{index}]", name) for index, name in enumerate(solution.other_scenarios)]
    problems = [
        Problem(path, f"{NotFound('scenario', name, known)} (pairec scenario create {name})", name)
        for path, name in named
        if name not in known
    ]
    for index, recall in enumerate(solution.recalls):
        problems += [
            Problem(
                f"recalls[{index}].scenarios[{place}]",
                NotFound("scenario of the solution", name, solution.scenarios).message,
                name,
            )
            for place, name in enumerate(recall.scenarios)
            if name not in solution.scenarios
        ]
    return problems


def _feature_problems(solution: Solution) -> list[Problem]:
    """What is wrong with names of features, and with the ranking, which is made of them."""
    try:
        feature_specs(solution)
    except InvalidConfig as error:
        return error.problems
    return ranking_form.sql_problems(solution) + ranking_problems(solution)


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
    """The table behind a display name, `project.table` or `table` (of `project` when it is in several).

    Raises NotFound, and DataError when it is registered with another role only.
    """
    registered = control.tables.all(instance)
    found = [e for e in registered if name in (e.display_name, str(e.table), e.table.table)]
    found.sort(key=lambda entry: (entry.role is not role, entry.table.project != project))
    if not found:
        known = [n for e in registered if e.role is role for n in (e.display_name, e.table.table)]
        hint = f"pairec table register {name} --role {role}"
        raise NotFound(f"registered {role} table", name, known, hint=hint)
    if found[0].role is not role:
        message = f"{name!r} is registered as the {found[0].role} table, not as the {role} table"
        raise DataError(message, hint="pairec table list")
    return found[0].table


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
    """The named solution, or the only one. Raises NotFound, or InvalidInput when there is none or several."""
    record = current_record(workspace, name)
    return record, solution_document.read(record.latest.document, f"solution {record.name}")


def current_record(workspace: Workspace, name: str | None = None) -> SolutionRecord:
    """As `current`, without reading the document."""
    instance = workspace.instance.name
    if name is not None:
        return workspace.control.solutions.get(instance, name)
    records = workspace.control.solutions.all(instance)
    if not records:
        raise InvalidInput("no solution exists", hint="pairec solution create")
    if len(records) > 1:
        names = ", ".join(record.name for record in records)
        raise InvalidInput(f"several solutions exist: {names}", hint="name one of them")
    return records[0]


def configure(
    document: str,
    assignments: Mapping[str, str],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    add_targets: Sequence[str] = (),
    remove_targets: Sequence[str] = (),
) -> str:
    """The document with fields set by path, as `features.periods=3,7` or `recalls[0].trigger_count=20`.

    Values are YAML. `add` holds recalls as `type` or `type:name`, with their defaults; `remove`, `enable`
    and `disable` names, of which the last keeps the settings;
    targets of the ranking are as `ranking_form.parse_target` reads them. A field of a ranking that there is
    not yet makes one with defaults. Raises InvalidConfig for a path or value that cannot be, NotFound for a
    recall's or target's name.
    """
    body = plain(solution_document.read(document))
    for name in remove:
        del body["recalls"][_place_of(body["recalls"], name)]
    for entry in add:
        kind, _, name = entry.partition(":")
        _add_recall(body["recalls"], {"type": kind, "name": name or kind})
    for names, enabled in ((enable, True), (disable, False)):
        for name in names:
            body["recalls"][_place_of(body["recalls"], name)]["enabled"] = enabled
    if add:
        body = plain(parse_solution(body, recall_types()))
    ranking_form.place_targets(body, add_targets, remove_targets)
    if body["ranking"] is None and any(path.startswith("ranking.") for path in assignments):
        body["ranking"] = ranking_form.default()
    for path, text in assignments.items():
        assign(body, path, text)
    return solution_document.write(parse_solution(body, recall_types()))


def plain(solution: Solution) -> dict[str, Any]:
    """The solution as JSON-like values, recalls with the fields of their own type."""
    body = solution.model_dump(mode="json", exclude={"recalls"})
    return {**body, "recalls": [recall.model_dump(mode="json") for recall in solution.recalls]}


def assign(body: dict[str, Any], path: str, text: str) -> None:
    """Set one field of `plain`'s values. Raises InvalidConfig for an unknown path or a text not YAML."""
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(path, f"{text!r} is not YAML: {getattr(error, 'problem', error)}") from error
    *owners, last = path.replace("[", ".[").split(".")
    owner: Any = body
    for part in owners:
        owner = owner[_key(owner, part, path)]
    owner[_key(owner, last, path)] = value


def _key(owner: Any, part: str, path: str) -> str | int:
    """Where `part` of a path stands in `owner`: a field's name, or an entry's index by number or name."""
    if isinstance(owner, dict):
        if part in owner:
            return part
        raise _refused(path, str(NotFound("field", part, owner)))
    index = part.removeprefix("[").removesuffix("]")
    if not isinstance(owner, list) or part == index:
        raise _refused(path, f"has no field {part!r}")
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in owner]
    if index in names:
        return names.index(index)
    if index.isdigit() and int(index) < len(owner):
        return int(index)
    raise _refused(path, str(NotFound("entry", index, [str(name) for name in names if name])))


def _refused(path: str, message: str) -> InvalidConfig:
    return InvalidConfig("solution", [Problem(path, message)], hint="pairec solution show")


def _add_recall(recalls: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    """At the end, but a recall that has a list per user before those that have none: of an item that several
    recalls give, the first one's score counts."""
    solution = parse_solution({"recalls": [*recalls, entry]}, recall_types())
    shared = [
        place for place, recall in enumerate(solution.recalls[:-1]) if not _is_personal(recall, solution)
    ]
    own = _is_personal(solution.recalls[-1], solution)
    recalls.insert(shared[0] if own and shared else len(recalls), entry)


def _is_personal(recall: RecallConfig, solution: Solution) -> bool:
    """Whether its list is looked up by user."""
    names = TableNames(solution)
    published = RECALLS.load(recall.type)().publications(recall, solution)
    keys = [one.key for one in published if one.table == names.recall(recall.name)]
    return names.user_id in keys


def _place_of(recalls: list[dict[str, Any]], name: str) -> int:
    names = [recall["name"] for recall in recalls]
    if name not in names:
        raise NotFound("recall", name, names, hint="pairec solution show")
    return names.index(name)


def write_files(folder: Path, document: str) -> list[Path]:
    """Put `solution.yaml` and its JSON Schema in a folder, for an editor."""
    files = {folder / FILE: document, folder / SCHEMA_FILE: solution_document.json_schema_text()}
    for path, text in files.items():
        replace_text(path, text)
    return list(files)


def refuse_overwriting(folder: Path, document: str) -> None:
    """Raises AlreadyExists when the folder's `solution.yaml` holds another document."""
    path = folder / FILE
    if path.exists() and path.read_bytes() != document.encode():
        raise AlreadyExists(
            f"{path} exists and holds another document",
            hint=f"use it with --file {path}, or choose --output DIR",
        )


def recall_titles() -> dict[str, str]:
    """Type name of every recall → what it is, in one line."""
    return {name: RECALLS.load(name).title for name in RECALLS}


def history(workspace: Workspace, name: str) -> list[SolutionVersion]:
    return workspace.control.solutions.history(workspace.instance.name, name)
