"""Text → PipelineConfig, with every problem of the text named by its path and line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from pairec_cli.domain.errors import InvalidConfig, Problem, nearest
from pairec_cli.domain.pipeline_config.message import Message
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.text import Block, Entry, Number, Value, Word, read_blocks

TRUTHS = {
    "true": True,
    "True": True,
    "t": True,
    "1": True,
    "false": False,
    "False": False,
    "f": False,
    "0": False,
}
WHOLE = re.compile(r"0[xX][0-9a-fA-F]+|\d+")


M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Slot:
    """What a field takes: `kind` is str, int, float, bool, an enum or a message; a map's is its value's."""

    name: str
    kind: type
    repeated: bool
    key: bool
    required: bool


def parse(text: str) -> PipelineConfig:
    """The config of a text. Raises InvalidConfig with every problem: path, line, what is allowed."""
    reader = _Reader()
    config = reader.message(PipelineConfig, read_blocks(text), "")
    if reader.problems or config is None:
        problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
        raise InvalidConfig(
            "pipeline config", problems, hint="field names are those of TorchEasyRec's protos"
        )
    return config


@cache
def slots(message: type[Message]) -> dict[str, Slot]:
    """Name in the text → what the field takes."""
    hints = get_type_hints(message, include_extras=True)
    found = {}
    for name, info in message.model_fields.items():
        kind, repeated, key = _kind(hints[name])
        found[message.text_name(name)] = Slot(name, kind, repeated, key, info.is_required())
    return found


def _kind(hint: Any) -> tuple[type, bool, bool]:
    """(kind, repeated, map) of an annotation such as `tuple[Uint32, ...]`, `MLP | None`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in (Union, UnionType):
        return _kind(next(part for part in arguments if part is not type(None)))
    if origin is tuple:
        return _kind(arguments[0])[0], True, False
    if origin is dict:
        return _kind(arguments[1])[0], True, True
    return hint, False, False


class _Reader:
    """Reads a tree of blocks and gathers problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, path: str, line: int, message: str, value: object = None) -> None:
        self.problems.append(Problem(path or "pipeline config", message, value, line))

    def message(self, kind: type[M], block: Block, path: str) -> M | None:
        """The block as a message, or None after its problems were noted."""
        before, known = len(self.problems), slots(kind)
        lines: dict[str, int] = {}
        values: dict[str, Any] = {}
        for entry in block.entries:
            slot = known.get(entry.name)
            where = f"{path}.{entry.name}" if path else entry.name
            if slot is None:
                self.refuse(where, entry.line, _unknown(kind, entry.name, known))
                continue
            if slot.repeated:
                self._add(values, slot, entry, where)
            elif entry.name in lines:
                self.refuse(where, entry.line, f"is given twice, first on line {lines[entry.name]}")
            else:
                values[slot.name] = self.value(slot.kind, entry.value, where, entry.line)
            lines.setdefault(entry.name, entry.line)
        for name, slot in known.items():
            if slot.required and name not in lines:
                self.refuse(f"{path}.{name}" if path else name, block.line, "is required")
        if len(self.problems) > before:
            return None
        return self._built(kind, values, lines, path, block.line)

    def _add(self, values: dict[str, Any], slot: Slot, entry: Entry, where: str) -> None:
        if slot.key:
            self._pair(values.setdefault(slot.name, {}), slot, entry, where)
            return
        earlier = values.setdefault(slot.name, ())
        found = self.value(slot.kind, entry.value, f"{where}[{len(earlier)}]", entry.line)
        values[slot.name] = (*earlier, found)

    def _pair(self, pairs: dict[str, Any], slot: Slot, entry: Entry, where: str) -> None:
        """One entry of a map: a block of `key` and `value`."""
        if not isinstance(entry.value, Block):
            self.refuse(where, entry.line, f"expected {{ key: … value: … }}, found {_shown(entry.value)}")
            return
        parts = {part.name: part for part in entry.value.entries}
        for name in parts.keys() - {"key", "value"}:
            self.refuse(f"{where}.{name}", parts[name].line, "unknown field; known: key, value")
        if missing := [name for name in ("key", "value") if name not in parts]:
            self.refuse(f"{where}.{missing[0]}", entry.line, "is required")
            return
        key = self.value(str, parts["key"].value, f"{where}.key", parts["key"].line)
        pairs[str(key)] = self.value(slot.kind, parts["value"].value, f"{where}.value", parts["value"].line)

    def value(self, kind: type, value: Value, path: str, line: int) -> Any:
        """The value as `kind`, or None after its problem was noted."""
        if issubclass(kind, Message):
            if isinstance(value, Block):
                return self.message(kind, value, path)
            self.refuse(path, line, f"expected {{ … }}, found {_shown(value)}")
            return None
        try:
            return _scalar(kind, value)
        except ValueError as error:
            self.refuse(path, line, str(error), _shown(value))
            return None

    def _built(
        self, kind: type[M], values: dict[str, Any], lines: dict[str, int], path: str, line: int
    ) -> M | None:
        try:
            return kind(**values)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                name = str(item["loc"][0]) if item["loc"] else ""
                place = path + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in item["loc"])
                message = item["msg"].removeprefix("Value error, ")
                self.refuse(
                    place.lstrip("."), lines.get(name, line), message, item.get("input") if name else None
                )
            return None


def _unknown(kind: type[Message], name: str, known: Iterable[str]) -> str:
    if name in kind.elsewhere:
        served = ", ".join(kind.oneofs.get("model", ()))
        return f"TorchEasyRec has {name}, which cannot be trained here; these can: {served}"
    close = nearest(name, known)
    return f"unknown field; did you mean {close!r}?" if close else "unknown field; known: " + ", ".join(known)


def _shown(value: Value) -> str:
    if isinstance(value, Block):
        return "a block"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return ("-" if value.negative else "") + value.text


def _scalar(kind: type, value: Value) -> Any:
    """Raises ValueError that says what was expected."""
    if kind is str:
        if isinstance(value, str):
            return value
        raise ValueError(f"expected a string in quotes, found {_shown(value)}")
    if isinstance(value, str | Block):
        raise ValueError(f"expected {_expected(kind)}, found {_shown(value)}")
    if kind is bool:
        return _truth(value)
    if kind is int:
        return _whole(value)
    if kind is float:
        return _real(value)
    return _member(kind, value)


def _expected(kind: type) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number"}
    return words.get(kind) or "one of " + ", ".join(member.value for member in _members(kind))


def _members(kind: type) -> list[StrEnum]:
    assert issubclass(kind, StrEnum)
    return list(kind)


def _truth(value: Word | Number) -> bool:
    if value.negative or value.text not in TRUTHS:
        raise ValueError(f"expected true or false, found {_shown(value)}")
    return TRUTHS[value.text]


def _whole(value: Word | Number) -> int:
    if isinstance(value, Word) or not WHOLE.fullmatch(value.text):
        raise ValueError(f"expected a whole number, found {_shown(value)}")
    text = value.text
    base = 16 if text[:2].lower() == "0x" else 8 if text.startswith("0") else 10
    return int(text, base) * (-1 if value.negative else 1)


def _real(value: Word | Number) -> float:
    sign = -1.0 if value.negative else 1.0
    if isinstance(value, Word):
        known = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}
        if value.text.lower() not in known:
            raise ValueError(f"expected a number, found {_shown(value)}")
        return sign * known[value.text.lower()]
    if WHOLE.fullmatch(value.text):
        return float(_whole(value))
    return sign * float(value.text.rstrip("fF"))


def _member(kind: type, value: Word | Number) -> StrEnum:
    members = _members(kind)
    for member in members:
        if isinstance(value, Word) and not value.negative and member.value == value.text:
            return member
    close = nearest(value.text, [member.value for member in members])
    advice = f"did you mean {close!r}?" if close else "known: " + ", ".join(m.value for m in members)
    raise ValueError(f"{_shown(value)} is no value of this field; {advice}")
