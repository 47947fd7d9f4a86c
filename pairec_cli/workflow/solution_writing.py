"""A solution as the text of `solution.yaml`: every field with its value and, above it, what it means."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping

import yaml
from pydantic import BaseModel

from pairec_cli.domain.solution import Solution

SCHEMA_LINE = "# yaml-language-server: $schema=solution.schema.json\n"
_WIDTH = 100
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What JSON writes as it is, and YAML does not read, or reads as a line break."""


def write(solution: Solution) -> str:
    """The whole solution as YAML with comments."""
    lines = [SCHEMA_LINE]
    _write_model(solution, 0, lines)
    return "".join(lines)


def _write_model(model: BaseModel, depth: int, lines: list[str]) -> None:
    for name in type(model).model_fields:
        _write_field(model, name, depth, lines)


def _write_field(model: BaseModel, name: str, depth: int, lines: list[str]) -> None:
    value = getattr(model, name)
    indent = "  " * depth
    comment = _meaning(model, name, value)
    lines.extend(f"{indent}# {line}\n" for line in textwrap.wrap(comment, _WIDTH - len(indent)))
    if isinstance(value, BaseModel):
        lines.append(f"{indent}{name}:\n")
        _write_model(value, depth + 1, lines)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        lines.append(f"{indent}{name}:\n")
        for entry in value:
            _write_entry(entry, depth + 1, lines)
    else:
        lines.append(f"{indent}{name}: {scalar(value)}\n")


def _meaning(model: BaseModel, name: str, value: object) -> str:
    """The field's description, a parent's where the field only changes a default; else its class's."""
    for owner in type(model).__mro__:
        fields = owner.model_fields if issubclass(owner, BaseModel) else {}
        if name in fields and fields[name].description:
            return " ".join(str(fields[name].description).split())
    documented = value if isinstance(value, BaseModel) else model if name == "type" else None
    text = (type(documented).__doc__ or "").strip() if documented is not None else ""
    return " ".join(text.split("\n\n")[0].split())


def _write_entry(entry: BaseModel, depth: int, lines: list[str]) -> None:
    """One list entry: the dash before its first field, under that field's comment."""
    inner: list[str] = []
    _write_model(entry, depth + 1, inner)
    first = next(i for i, line in enumerate(inner) if not line.lstrip().startswith("#"))
    indent = "  " * depth
    lines.extend(indent + comment.lstrip() for comment in inner[:first])
    lines.append(f"{indent}- {inner[first].lstrip()}")
    lines.extend(inner[first + 1 :])


def scalar(value: object) -> str:
    """A YAML flow value that is never misread (`no`, `1e3`, `:`): JSON, with floats as YAML has them."""
    match value:
        case str():
            return _text(value)
        case float():
            # YAML 1.1 sees a number in 1.0e-07 only, not in 1e-07.
            text = repr(value)
            return text if "." in text else text.replace("e", ".0e")
        case tuple() | list():
            return f"[{', '.join(map(scalar, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_text(key)}: {scalar(inner)}' for key, inner in value.items())}}}"
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    plain = value.replace("_", "").isalnum() and yaml.safe_load(value) == value
    return value if plain else _quoted(value)


def _quoted(value: str) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
