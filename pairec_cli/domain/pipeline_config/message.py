"""What every message of a pipeline config has: typed fields in writing order, groups of which one may be set.

A field that was not given holds TorchEasyRec's default and is not written again; `given` tells them apart.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Uint32 = Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)]
Uint64 = Annotated[int, Field(strict=True, ge=0, le=2**64 - 1)]
Int32 = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]


class Message(BaseModel):
    """Base of every message. Repeated fields are tuples; an absent message is None."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    oneofs: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Group name → its fields, of which at most one is given."""
    elsewhere: ClassVar[tuple[str, ...]] = ()
    """Fields that TorchEasyRec has and that are not served here."""
    always: ClassVar[tuple[str, ...]] = ()
    """Fields with a default that TorchEasyRec's protos require all the same: written always."""
    first: ClassVar[tuple[str, ...]] = ()
    """Fields that are written before the others; those follow as they are declared."""

    renamed: ClassVar[dict[str, str]] = {}
    """Field → its name in the text, where that is another."""

    @classmethod
    def text_name(cls, field: str) -> str:
        """What the text calls a field."""
        return cls.renamed.get(field, field)

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the fields that hold a value of their own, in the order in which they are written."""
        held = [name for name in {*self.model_fields_set, *self.always} if _holds(getattr(self, name))]
        return tuple(sorted(held, key=_places(type(self)).__getitem__))

    def which(self, group: str) -> str | None:
        """The field of the group that is given."""
        given = self.given
        return next((name for name in self.oneofs[group] if name in given), None)

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        given = self.given if self.oneofs else ()
        for group, names in self.oneofs.items():
            if len(both := [name for name in names if name in given]) > 1:
                raise ValueError(f"{' and '.join(both)} exclude each other: one {group} is allowed")
        return self


@cache
def _places(message: type[Message]) -> dict[str, int]:
    """Field → its place in the text."""
    fields = message.model_fields
    leading = [name for name in message.first if name in fields]
    names = (*leading, *(name for name in fields if name not in leading))
    return {name: place for place, name in enumerate(names)}


def _holds(value: object) -> bool:
    return value is not None and not (isinstance(value, tuple | dict) and not value)
