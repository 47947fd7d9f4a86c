"""Free parameters: google.protobuf.Struct."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.message import Message


class NullValue(StrEnum):
    """JSON's null."""

    NULL_VALUE = "NULL_VALUE"


class StructValue(Message):
    """One JSON value."""

    oneofs: ClassVar = {
        "kind": (
            "null_value",
            "number_value",
            "string_value",
            "bool_value",
            "struct_value",
            "list_value",
        )
    }
    null_value: NullValue | None = None
    number_value: float | None = None
    string_value: str | None = None
    bool_value: bool | None = None
    struct_value: Struct | None = None
    list_value: ListValue | None = None


class Struct(Message):
    """A JSON object."""

    fields: dict[str, StructValue] = {}


class ListValue(Message):
    """A JSON list."""

    values: tuple[StructValue, ...] = ()


StructValue.model_rebuild()
