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
        names = self.field_names
        if len(values) == len(names) and not named:  # most values that a request makes
            self.__dict__.update(zip(names, values))  # noqa: B905  # just compared
            self._settle()
            return
        given = dict(zip(names, values, strict=False))
        if len(values) > len(names) or not given.keys().isdisjoint(named):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(names)}")
        given.update(named)
        if len(given) < len(names) or named:
            if unknown := given.keys() - set(names):
                raise TypeError(f"{type(self).__name__} has no field {unknown.pop()!r}")
            given = {**self.field_defaults, **given}
            if len(given) < len(names):
                missing = next(name for name in names if name not in given)
                raise TypeError(f"{type(self).__name__} needs {missing!r}")
        self.__dict__.update(given)
        self._settle()

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
