"""Values without code generation.

A dataclass compiles its methods every time its module is imported, about a millisecond for a frozen one; the
online path has thirty value types and must start at once. `Record` gives the same to the eye and to a type
checker, from methods written once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen value: annotated attributes are its fields, in order, class values their defaults.

    Equality and hash go by type and fields. Defaults are shared between values, so a default must not be
    changed by anybody.
    """

    field_names: ClassVar[tuple[str, ...]] = ()
    field_defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063  # importing inspect takes 5 ms
        added = [
            name for name, kind in own.items() if not str(kind).startswith(("ClassVar", "typing.ClassVar"))
        ]
        cls.field_names = tuple(dict.fromkeys((*cls.field_names, *added)))
        cls.field_defaults = {name: getattr(cls, name) for name in cls.field_names if hasattr(cls, name)}

    def __init__(self, *values: Any, **named: Any) -> None:
        names, fields = self.field_names, self.__dict__
        if len(values) < len(names):
            fields.update(self.field_defaults)
        elif len(values) > len(names):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(names)}")
        fields.update(zip(names, values))  # noqa: B905  # the rest have defaults, or follow by name
        if named:
            self._check(named, given=names[: len(values)])
            fields.update(named)
        if len(fields) < len(names):
            missing = next(name for name in names if name not in fields)
            raise TypeError(f"{type(self).__name__} needs {missing!r}")
        self._settle()

    def _check(self, named: dict[str, Any], given: tuple[str, ...]) -> None:
        """Raises TypeError for names that are no fields, or have their value already."""
        if not named.keys().isdisjoint(given):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self.field_names)}")
        if unknown := named.keys() - set(self.field_names):
            raise TypeError(f"{type(self).__name__} has no field {unknown.pop()!r}")

    def _settle(self) -> None:
        """For subclasses: check the new value, or fill in what was left open, in `__dict__`."""

    def replace(self, **changes: Any) -> Self:
        """The same value with other fields."""
        return type(self)(**{**self.__dict__, **changes})

    def _values(self) -> tuple[Any, ...]:
        return tuple(self.__dict__[name] for name in self.field_names)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.field_names)
        return f"{type(self).__name__}({shown})"
