"""Option values without pydantic.

typer passes every value through a pydantic TypeAdapter, and importing pydantic costs more than the rest of a
start together (benchmarks/startup.py). Texts, numbers, paths and choices need only their constructors:
the parameters of a command are given the classes below, and any other type goes typer's own way.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.models import ParameterInfo


class PlainOption(TyperOption):
    def process_value(self, ctx: Any, value: Any) -> Any:
        return _process(self, ctx, value, super().process_value)

    def display_type_rich(self, ctx: Any) -> str | None:
        return None if self.is_flag else super().display_type_rich(ctx)


class PlainArgument(TyperArgument):
    def process_value(self, ctx: Any, value: Any) -> Any:
        return _process(self, ctx, value, super().process_value)


class PlainCommand(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _plain(super().get_params(ctx))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with its whole first sentence, by sections, where help goes to a pipe."""
        width = max(len(name) for name in self.commands)
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            section = getattr(command, "rich_help_panel", None) or "Commands"
            line = (command.short_help or command.help or "").partition("\n\n")[0]
            sections.setdefault(str(section), []).append((f"{name:<{width}}", line))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)


def lighten(command: object) -> None:
    """Give `command` and its sub-commands the plain classes; typer takes no class for parameters."""
    if type(command) is TyperCommand:
        command.__class__ = PlainCommand
    elif isinstance(command, TyperGroup):
        if type(command) is TyperGroup:
            command.__class__ = PlainGroup
        for child in command.commands.values():
            lighten(child)


def _plain(params: list[Any]) -> list[Any]:
    for param in params:
        if type(param) is TyperOption:
            param.__class__ = PlainOption
        elif type(param) is TyperArgument:
            param.__class__ = PlainArgument
    return params


def _process(param: PlainOption | PlainArgument, ctx: Any, value: Any, typers: Callable[..., Any]) -> Any:
    info, annotation = param.type_descriptor.parameter_info, param.type_descriptor.annotation
    many = param.multiple or param.nargs == -1
    item = get_args(annotation)[0] if many else annotation
    if value is not None and not _is_plain(item, info, param.nargs):
        return typers(ctx, value)
    if value is None:
        value = () if many else None
    elif many:
        value = [_convert(one, item, info) for one in value]
    else:
        value = _convert(value, item, info)
    if param.required and param.value_is_missing(value):
        return typers(ctx, None)
    return param.callback(ctx, param, value) if param.callback is not None else value


def _is_plain(annotation: Any, info: ParameterInfo, nargs: int) -> bool:
    if nargs not in (1, -1) or info.parser is not None or not isinstance(annotation, type):
        return False
    if annotation is Path:
        checked = info.exists or info.writable or info.resolve_path or info.allow_dash or info.path_type
        return not checked and info.file_okay and info.dir_okay
    return annotation in (str, int, float, bool) or issubclass(annotation, Enum)


def _convert(value: Any, annotation: Any, info: ParameterInfo) -> Any:
    if isinstance(value, annotation):
        return _within(value, info)
    if issubclass(annotation, Enum):
        return _choose(value, annotation)
    if annotation is bool:
        return _truth(value)
    try:
        return _within(annotation(value), info)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}.get(annotation, annotation.__name__)
        raise typer.BadParameter(f"{value!r} is not {kind}.") from None


def _choose(value: object, choices: type[Enum]) -> Enum:
    for choice in choices:
        if str(choice.value).lower() == str(value).lower():
            return choice
    raise typer.BadParameter(f"{value!r} is not one of {', '.join(str(c.value) for c in choices)}.")


def _truth(value: object) -> bool:
    word = str(value).lower()
    if word in ("1", "true", "t", "yes", "y", "on"):
        return True
    if word in ("0", "false", "f", "no", "n", "off"):
        return False
    raise typer.BadParameter(f"{value!r} is neither yes nor no.")


def _within(value: Any, info: ParameterInfo) -> Any:
    low, high = info.min, info.max
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = (
            f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
        )
        raise typer.BadParameter(f"{value} is out of range; {allowed} is allowed.")
    return value
