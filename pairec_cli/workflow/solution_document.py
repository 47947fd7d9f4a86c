"""`solution.yaml`: read with line numbers, checked against the registered tables, written with comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem
from pairec_cli.domain.solution import Solution, SourceTable, parse_solution
from pairec_cli.domain.tables import TableRole, TableSchema
from pairec_cli.recall.registry import recall_types

SCHEMA_LINE = "# yaml-language-server: $schema=solution.schema.json\n"


def read(text: str, source: str = "solution.yaml") -> Solution:
    """The solution in `text`. Raises InvalidConfig with the path, line, value and what is allowed."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        message = getattr(error, "problem", None) or str(error)
        raise InvalidConfig(source, [Problem("document", str(message), line=line)]) from error
    if not isinstance(document, dict):
        raise InvalidConfig(source, [Problem("document", "must be a mapping", document)])
    lines = dict(_lines(root, "")) if root is not None else {}
    return parse_solution(document, recall_types(), lines=lines)


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
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
        except NotFound as error:
            problems.append(Problem(f"{path}.table", error.message, form.table))
            continue
        if schema.partition != form.partition:
            found = schema.partition or "no partition"
            message = f"the table is partitioned by {found}, not {form.partition}"
            problems.append(Problem(f"{path}.partition", message, form.partition))
        known = schema.column_names
        for field, column in named_columns(form):
            if column not in known:
                message = str(NotFound("column", column, known)).replace(
                    "column", f"column of {schema.name}", 1
                )
                problems.append(Problem(f"{path}.{field}", message, column))
    return [*problems, *_check_events(solution)]


def _check_events(solution: Solution) -> list[Problem]:
    known = solution.data_tables.behavior.event_values
    problems = [
        Problem("features.key_behaviors", str(NotFound("event", event, known)), event)
        for event in solution.features.key_behaviors
        if event not in known
    ]
    for index, recall in enumerate(solution.recalls):
        for field in ("trigger_events", "target_event", "exposure_event", "behavior_weights"):
            value = getattr(recall, field, ())
            events = [value] if isinstance(value, str) else list(value)
            problems.extend(
                Problem(f"recalls[{index}].{field}", str(NotFound("event", event, known)), event)
                for event in events
                if event not in known
            )
    return problems


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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pairec solution", **schema}


def json_schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def write(solution: Solution) -> str:
    """The whole solution as YAML, every field with its value and, above it, what it means."""
    lines = [SCHEMA_LINE]
    _write_model(solution, 0, lines)
    return "".join(lines)


def _write_model(model: BaseModel, depth: int, lines: list[str], skip: tuple[str, ...] = ()) -> None:
    for name, field in type(model).model_fields.items():
        if name not in skip:
            _write_field(name, field, getattr(model, name), depth, lines)


def _write_field(name: str, field: FieldInfo, value: object, depth: int, lines: list[str]) -> None:
    indent = "  " * depth
    if field.description:
        lines.append(f"{indent}# {' '.join(field.description.split())}\n")
    if isinstance(value, BaseModel):
        lines.append(f"{indent}{name}:\n")
        _write_model(value, depth + 1, lines)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        lines.append(f"{indent}{name}:\n")
        for entry in value:
            _write_entry(entry, depth + 1, lines)
    else:
        lines.append(f"{indent}{name}: {_scalar(value)}\n")


def _write_entry(entry: BaseModel, depth: int, lines: list[str]) -> None:
    inner: list[str] = []
    _write_model(entry, depth + 1, inner)
    first = next(i for i, line in enumerate(inner) if not line.lstrip().startswith("#"))
    head = inner.pop(first)
    indent = "  " * depth
    lines.append(f"{indent}- {head.lstrip()}")
    lines.extend(inner[first:] if first == 0 else inner)


def _scalar(value: object) -> str:
    """A YAML flow value; JSON is one, and is never misread (`no`, `1e3`, `:`)."""
    if isinstance(value, str) and value.replace("_", "").isalnum() and yaml.safe_load(value) == value:
        return value
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
