"""PipelineConfig → text: declared order, only what is given, four spaces a level."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pairec_cli.domain.pipeline_config.message import Message
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig
from pairec_cli.domain.pipeline_config.text import quoted, shown_float

INDENT = "    "


def write(config: PipelineConfig) -> str:
    """The config as TorchEasyRec reads it. `parse(write(config)) == config`."""
    return "\n".join(_lines(config, "")) + "\n"


def _lines(message: Message, indent: str) -> Iterator[str]:
    for name in message.given:
        text_name = message.text_name(name)
        value = getattr(message, name)
        if isinstance(value, dict):
            for key, item in value.items():
                yield f"{indent}{text_name} {{"
                yield f"{indent}{INDENT}key: {quoted(key)}"
                yield from _field("value", item, indent + INDENT)
                yield f"{indent}}}"
        elif isinstance(value, tuple) and not isinstance(value[0], Message | str):
            yield f"{indent}{text_name}: [{', '.join(map(_shown, value))}]"
        else:
            for item in value if isinstance(value, tuple) else (value,):
                yield from _field(text_name, item, indent)


def _field(name: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, Message):
        yield f"{indent}{name}: {_shown(value)}"
    elif not value.given:
        yield f"{indent}{name} {{}}"
    else:
        yield f"{indent}{name} {{"
        yield from _lines(value, indent + INDENT)
        yield f"{indent}}}"


def _shown(value: Any) -> str:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown_float(value) if isinstance(value, float) else str(value)
