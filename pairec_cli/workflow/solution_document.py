"""`solution.yaml`: read with line numbers, checked against the registered tables, written with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from pairec_cli.domain.errors import InvalidConfig, NotFound, PairecError, Problem
from pairec_cli.domain.solution import RecallConfig, Solution, SourceTable, parse_solution
from pairec_cli.domain.tables import TableRole, TableSchema
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow.solution_writing import scalar as scalar
from pairec_cli.workflow.solution_writing import write as write

MEND = "mend it, then: pairec solution validate"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader reads a solution ten times faster than the Python one."""


@dataclass(frozen=True)
class Document:
    """A parsed text: its values, the line of each path, and what is wrong with the text itself."""

    body: Mapping[str, Any]
    lines: Mapping[str, int]
    problems: tuple[Problem, ...] = ()

    def names(self, path: str) -> bool:
        """Whether the text itself holds the field at `path`, be it a list written as one text."""
        return re.sub(r"\[\d+\]$", "", path) in self.lines

    def locate(self, problem: Problem) -> Problem:
        """The problem with the line of its path, or of the nearest part above it that the text holds."""
        path = problem.path
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["))] if re.search(r"[.\[]", path) else ""
        return Problem(problem.path, problem.message, problem.value, self.lines.get(path) if path else None)


def read(text: str, source: str = "solution.yaml") -> Solution:
    """The solution in `text`. Raises InvalidConfig with the path, line, value and what is allowed."""
    document = parse(text, source)
    try:
        solution = parse_solution(document.body, recall_types())
    except InvalidConfig as error:
        raise InvalidConfig(
            source, [*document.problems, *map(document.locate, error.problems)], hint=MEND
        ) from None
    if document.problems:
        raise InvalidConfig(source, list(document.problems), hint=MEND)
    return solution


def examine(
    text: str, check: Callable[[Solution], list[Problem]], source: str = "solution.yaml"
) -> list[Problem]:
    """Every problem of the text at once, with lines: its form, then what `check` finds in the rest.

    A part whose form is wrong is left out before the rest is checked. Raises InvalidConfig for a text that is
    no YAML mapping.
    """
    document = parse(text, source)
    problems: list[Problem] = []
    try:
        found = check(parse_solution(document.body, recall_types()))
    except InvalidConfig as error:
        problems = error.problems
        sound = _without(document.body, error.problems)
        found = [problem for problem in check(sound) if document.names(problem.path)] if sound else []
    known = {problem.path for problem in problems}
    rest = [problem for problem in found if problem.path not in known]
    return [*document.problems, *map(document.locate, [*problems, *rest])]


def _without(body: Mapping[str, Any], problems: list[Problem]) -> Solution | None:
    """The solution without the parts that have problems; None when too little is left to read."""
    rest: Any = deepcopy(dict(body))
    for problem in problems:
        parts = re.findall(r"\[\d+\]|[^.\[\]]+", problem.path)
        if not parts:
            return None
        if parts[0] == "recalls" and (len(parts) < 3 or parts[2] in ("type", "name")):
            rest.pop("recalls", None)
            continue
        owner: Any = rest
        for part in parts[:-1]:
            owner = _inside(owner, part)
        if isinstance(owner, dict):
            owner.pop(parts[-1], None)
    try:
        return parse_solution(rest, recall_types())
    except InvalidConfig:
        return None


def _inside(body: Any, part: str) -> Any:
    if part.startswith("["):
        index = int(part[1:-1])
        return body[index] if isinstance(body, list) and index < len(body) else None
    return body.get(part) if isinstance(body, dict) else None


def parse(text: str, source: str = "solution.yaml") -> Document:
    """The text as values with lines. Raises InvalidConfig for a text that is no YAML mapping."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        body = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        message = getattr(error, "problem", None) or str(error)
        problem = Problem("document", str(message), line=mark.line + 1 if mark else None)
        raise InvalidConfig(source, [problem], hint=MEND) from error
    finally:
        loader.dispose()
    if not isinstance(body, dict):
        raise InvalidConfig(source, [Problem("document", "must be a mapping", body)], hint=MEND)
    lines: dict[str, int] = {}
    twice: list[Problem] = []
    for path, line in _lines(root, ""):
        if path in lines:
            message = f"stands twice; the first is on line {lines[path]}"
            twice.append(Problem(path, message, line=line))
        lines.setdefault(path, line)
    return Document(body, lines, tuple(twice))


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """(path, line) of every key and list entry."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{path}[{index}]", value.start_mark.line + 1
            yield from _lines(value, f"{path}[{index}]")


def check_fields(
    solution: Solution, schema_of: Callable[[TableRole, SourceTable], TableSchema]
) -> list[Problem]:
    """Every field that a form names, looked up among the columns of its registered table."""
    problems: list[Problem] = []
    for role, form in forms(solution).items():
        path = f"data_tables.{role}"
        try:
            schema = schema_of(role, form)
        except PairecError as error:
            advice = f" ({error.hint})" if error.hint else ""
            problems.append(Problem(f"{path}.table", error.message + advice, form.table))
            continue
        if schema.partition != form.partition:
            found = schema.partition or "no partition"
            message = f"the table is partitioned by {found}, not {form.partition}"
            problems.append(Problem(f"{path}.partition", message, form.partition))
        known = schema.column_names
        problems += [
            Problem(f"{path}.{field}", str(NotFound(f"column of {schema.name}", column, known)), column)
            for field, column in named_columns(form)
            if column not in known
        ]
    return [*problems, *_check_events(solution)]


def _check_events(solution: Solution) -> list[Problem]:
    known = solution.data_tables.behavior.event_values
    problems = [
        Problem("features.key_behaviors", str(NotFound("event", event, known)), event)
        for event in solution.features.key_behaviors
        if event not in known
    ]
    if solution.ranking is not None:
        problems += [
            Problem("ranking.sequence_events", str(NotFound("event", event, known)), event)
            for event in solution.ranking.sequence_events
            if event not in known
        ]
    for index, recall in enumerate(solution.recalls):
        problems += [
            Problem(f"recalls[{index}].{field}", str(NotFound("event", event, known)), event)
            for field, events in _named_events(recall)
            for event in events
            if event not in known
        ]
    return problems


def _named_events(recall: RecallConfig) -> Iterator[tuple[str, list[str]]]:
    """(field, events) of every field of a recall that names events; their names say so."""
    for field in type(recall).model_fields:
        if field == "behavior_weights" or field.endswith(("_event", "_events")):
            value = getattr(recall, field)
            yield field, [value] if isinstance(value, str) else list(value)


def forms(solution: Solution) -> dict[TableRole, SourceTable]:
    tables = solution.data_tables
    return {
        TableRole.BEHAVIOR: tables.behavior,
        TableRole.USER: tables.user,
        TableRole.ITEM: tables.item,
    }


_NOT_COLUMNS = {
    *SourceTable.model_fields,
    "event_values",
    "scene_values",
    "event_time_format",
    "register_time_format",
    "pub_time_format",
}


def named_columns(form: SourceTable) -> list[tuple[str, str]]:
    """(field path, column name) of every field of the form that names columns."""
    found: list[tuple[str, str]] = []
    for field in type(form).model_fields:
        value = getattr(form, field)
        if field in _NOT_COLUMNS or value is None:
            continue
        if isinstance(value, str):
            found.append((field, value))
        else:
            found.extend((f"{field}[{index}]", name) for index, name in enumerate(value))
    return found


def json_schema() -> dict[str, Any]:
    """JSON Schema of `solution.yaml`, for editors. Every recall type is one alternative of `recalls`."""
    schema = Solution.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    alternatives = []
    for name, config in recall_types().items():
        entry = config.model_json_schema()
        definitions.update(entry.pop("$defs", {}))
        entry["properties"]["type"] = {"const": name, "type": "string"}
        definitions[config.__name__] = entry
        alternatives.append({"$ref": f"#/$defs/{config.__name__}"})
    schema["properties"]["recalls"]["items"] = {"oneOf": alternatives}
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {**schema, "$schema": dialect, "title": "pairec solution"}


def json_schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
