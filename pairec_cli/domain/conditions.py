"""FilterParams: PAI-Rec's conditions on the properties of a user and an item.

A condition compares the property `Name` of its `Domain` (item when empty) with `Value`: a literal, or
`user.x` or `item.x` for a property of either. `Type` names what both sides are read as; a side that has no
such form takes a default that depends on the operator. Source: "Configure filters" in PAI-Rec's help and
the open engine's filter_op.go, as observed; the page lists eight of the fifteen operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pairec_cli.domain.coercion import (
    MAX_FLOAT,
    MAX_INT,
    MIN_FLOAT,
    MIN_INT,
    to_float,
    to_int,
    to_ints,
    to_text,
    to_texts,
)
from pairec_cli.domain.errors import InvalidInput, nearest
from pairec_cli.domain.expressions import Evaluate, compile_expr
from pairec_cli.domain.moments import nanoseconds
from pairec_cli.domain.records import Record

Properties = Mapping[str, object]
Test = Callable[[Properties, Properties], bool]
"""(user, item) → whether the condition holds. Raises InvalidInput when it cannot be told."""
Convert = Callable[[object, Any], Any]

USER, ITEM = "user", "item"
_ABSENT = object()


class FilterParam(Record):
    """One condition. `configs` are the conditions that operator `bool` joins: by OR when `type` is `or` or
    empty, by AND else."""

    name: str = ""
    domain: str = ""
    operator: str = ""
    type: str = ""
    value: object = None
    configs: tuple[FilterParam, ...] = ()

    def doubts(self) -> Iterator[tuple[str, str, object]]:
        """What makes the condition mean something else than its author hoped, by key."""
        if self.operator not in _OPERATORS:
            yield "Operator", _unknown("operator", self.operator, _OPERATORS), self.operator
        elif self.domain not in ("", USER, ITEM) and self.operator != "bool":
            effect = "fails" if self.operator in _PRESENCE else "is ignored"
            yield "Domain", f"is unknown: the condition {effect}; known: user, item", self.domain
        elif (types := _TYPES.get(self.operator)) and self.type not in types:
            message = f"{self.operator} compares {', '.join(types)}: with another type it never compares"
            yield "Type", message, self.type
        elif self.operator in ("in", "not_in", "not_contains") and _is_plain_text(self.value):
            yield "Value", "is a text, not a list: nothing is in it", self.value
        elif self.operator == "expression" and isinstance(error := _compile(self.value), InvalidInput):
            yield "Value", f"{error.message}: the condition never holds", self.value


class Conditions:
    """A FilterParams list: all must hold. An unknown operator or domain leaves its condition out."""

    def __init__(self, params: Iterable[FilterParam]) -> None:
        self._tests = _compiled(params)

    def evaluate(self, user: Properties, item: Properties) -> bool:
        """Raises InvalidInput when a condition cannot be told: a null test of an unknown domain, an
        expression that cannot be read or fails."""
        for test in self._tests:  # noqa: SIM110  # twice as fast as all() over a generator
            if not test(user, item):
                return False
        return True

    def hold(self, user: Properties, item: Properties) -> bool:
        """As `evaluate`, where what cannot be told does not hold."""
        try:
            return self.evaluate(user, item)
        except InvalidInput:
            return False


def _compiled(params: Iterable[FilterParam]) -> tuple[Test, ...]:
    found = (_OPERATORS[param.operator](param) for param in params if param.operator in _OPERATORS)
    return tuple(test for test in found if test is not None)


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    hint = f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
    return f"{kind} {name!r} is unknown: the condition is ignored; {hint}"


def _is_plain_text(value: object) -> bool:
    return isinstance(value, str) and not value.startswith(("user.", "item."))


def _side(domain: str) -> bool | None:
    """Whether the left side is the user's; None for a domain that nobody knows."""
    return {"": False, ITEM: False, USER: True}.get(domain)


def _reference(value: object) -> tuple[bool, str] | None:
    """`user.x` → (True, x), `item.x` → (False, x), None for a literal."""
    if isinstance(value, str) and value.startswith(("user.", "item.")):
        return value.startswith("user."), value[5:]
    return None


class _Missing(NamedTuple):
    """What holds when the property compared, or the user's or item's property compared with, is absent."""

    left: bool
    user: bool
    item: bool


def _binary(
    param: FilterParam,
    left: Callable[[object], Any],
    right: Callable[[object], Any],
    holds: Callable[[Any, Any], bool],
    missing: _Missing,
    literal: Callable[[object], Any] | None = None,
) -> Test | None:
    """Both sides read, then compared. `literal` reads a Value that is no reference, `right` when None."""
    of_user = _side(param.domain)
    if of_user is None:
        return None
    name, reference = param.name, _reference(param.value)
    if reference is None:
        against = (literal or right)(param.value)

        def compare(user: Properties, item: Properties) -> bool:
            value = (user if of_user else item).get(name, _ABSENT)
            return missing.left if value is _ABSENT else holds(left(value), against)

        return compare
    to_user, other = reference
    without = missing.user if to_user else missing.item

    def compare_both(user: Properties, item: Properties) -> bool:
        value = (user if of_user else item).get(name, _ABSENT)
        if value is _ABSENT:
            return missing.left
        compared = (user if to_user else item).get(other, _ABSENT)
        return without if compared is _ABSENT else holds(left(value), right(compared))

    return compare_both


class _Reading(NamedTuple):
    """How a type is read, and what stands for a left and a right side that have no such form."""

    convert: Convert
    left: object
    right: object


def _reader(convert: Convert, default: object) -> Callable[[object], Any]:
    return lambda value: convert(value, default)


def _to_moment(value: object, default: object) -> int | object:
    moment = nanoseconds(to_text(value, ""))
    return default if moment is None else moment


def _never(value: object, default: object) -> object:
    return default


_UNREAD = _Reading(_never, None, None)


def _equality(
    holds: Callable[[Any, Any], bool], readings: Mapping[str, _Reading], *, when_missing: bool
) -> Callable[[FilterParam], Test | None]:
    """equal and not_equal: a type they do not know never holds, unless the property is absent."""

    def build(param: FilterParam) -> Test | None:
        known = param.type in readings
        reading = readings.get(param.type, _UNREAD)
        missing = _Missing(when_missing, when_missing and known, when_missing and known)
        compare = holds if known else _nothing
        left, right = _reader(reading.convert, reading.left), _reader(reading.convert, reading.right)
        return _binary(param, left, right, compare, missing)

    return build


def _nothing(left: object, right: object) -> bool:
    return False


def _order(
    holds: Callable[[Any, Any], bool], readings: Mapping[str, _Reading]
) -> Callable[[FilterParam], Test | None]:
    """greater, greaterThan (≥), less, lessThan (≤). A float compared with an absent property of the item
    holds: the engine says so, of floats alone."""

    def of_moments(left: Any, right: Any) -> bool:
        return left is not None and right is not None and holds(left, right)

    def build(param: FilterParam) -> Test | None:
        compare = {"time": of_moments}.get(param.type, holds)
        reading = readings.get(param.type)
        if reading is None:
            reading, compare = _UNREAD, _nothing
        missing = _Missing(False, False, param.type == "float")
        left, right = _reader(reading.convert, reading.left), _reader(reading.convert, reading.right)
        return _binary(param, left, right, compare, missing)

    return build


_ELEMENTS: dict[str, tuple[Callable[[object], Any], Callable[[object], Sequence[object]]]] = {
    "string": (_reader(to_text, ""), to_texts),
    "int": (_reader(to_int, -(2**31)), to_ints),
}


def _membership(*, inside: bool) -> Callable[[FilterParam], Test | None]:
    """in and not_in. Nothing is in a Value that is neither a list nor a reference."""

    def build(param: FilterParam) -> Test | None:
        if param.type not in _ELEMENTS:
            return _binary(param, _itself, _itself, _nothing, _Missing(False, False, False))
        left, elements = _ELEMENTS[param.type]

        def among(value: object) -> frozenset[object]:
            return frozenset(elements(value))

        def holds(value: object, against: frozenset[object]) -> bool:
            return (value in against) is inside

        return _binary(param, left, among, holds, _Missing(False, not inside, True))

    return build


def _itself(value: object) -> object:
    return value


_LISTS: dict[str, Callable[[object], Sequence[object]]] = {"[]string": to_texts, "[]int": to_ints}


def _overlap(*, wanted: bool) -> Callable[[FilterParam], Test | None]:
    """contains (the lists share an element) and not_contains. An empty side never holds, nor does a type
    that is no list."""

    def build(param: FilterParam) -> Test | None:
        read = _LISTS.get(param.type)
        missing = _Missing(False, False, False)
        if read is None:
            return _binary(param, _itself, _itself, _nothing, missing)

        def among(value: object) -> frozenset[object]:
            return frozenset(read(value))

        def literal(value: object) -> frozenset[object]:
            one_text = wanted and param.type == "[]string" and isinstance(value, str)
            return frozenset((value,) if one_text else read(value))

        def holds(left: Sequence[object], against: frozenset[object]) -> bool:
            return bool(left and against) and against.isdisjoint(left) is not wanted

        return _binary(param, read, among, holds, missing, literal)

    return build


def _presence(*, present: bool) -> Callable[[FilterParam], Test]:
    """is_null and is_not_null ask whether the property is there; a null that is there is not null."""

    def build(param: FilterParam) -> Test:
        of_user, name = _side(param.domain), param.name
        if of_user is None:

            def refuse(user: Properties, item: Properties) -> bool:
                raise InvalidInput(f"there is no domain {param.domain!r}", hint="use user or item")

            return refuse
        return lambda user, item: (name in (user if of_user else item)) is present

    return build


def _compile(text: object) -> Evaluate | InvalidInput:
    """The expression, or why there is none."""
    try:
        return compile_expr(to_text(text, ""))
    except InvalidInput as error:
        return error


def _expression(param: FilterParam) -> Test | None:
    """expression: a boolean of the names `item`, `user` and `properties`, which are those of the domain."""
    of_user = _side(param.domain)
    if of_user is None:
        return None
    evaluate = _compile(param.value)

    def test(user: Properties, item: Properties) -> bool:
        if isinstance(evaluate, InvalidInput):
            raise InvalidInput(evaluate.message)
        found = evaluate({"item": item, "user": user, "properties": user if of_user else item})
        if not isinstance(found, bool):
            raise InvalidInput(f"{param.value!r} is neither true nor false")
        return found

    return test


def _joined(param: FilterParam) -> Test:
    tests = _compiled(param.configs)
    if param.type in ("", "or"):
        return lambda user, item: any(test(user, item) for test in tests)
    return lambda user, item: all(test(user, item) for test in tests)


_EQUAL = {
    "string": _Reading(to_text, "v1", "v2"),
    "int": _Reading(to_int, -1, -2),
    "int64": _Reading(to_int, -1, -2),
}
_NOT_EQUAL = {
    "string": _Reading(to_text, "", ""),
    "int": _Reading(to_int, 0, 0),
    "int64": _Reading(to_int, 0, 0),
}
_MOMENTS = _Reading(_to_moment, None, None)
_ZEROES = _Reading(to_int, 0, 0)
_GREATER = {"float": _Reading(to_float, 0.0, 0.0), "int": _ZEROES, "int64": _ZEROES, "time": _MOMENTS}
_AT_LEAST = {
    "float": _Reading(to_float, MIN_FLOAT, MAX_FLOAT),
    "int": _Reading(to_int, MIN_INT, MAX_INT),
    "int64": _ZEROES,
    "time": _MOMENTS,
}
_AT_MOST = {
    "float": _Reading(to_float, MAX_FLOAT, MIN_FLOAT),
    "int": _Reading(to_int, MAX_INT, MIN_INT),
    "int64": _ZEROES,
    "time": _MOMENTS,
}
_PRESENCE = {"is_null": _presence(present=False), "is_not_null": _presence(present=True)}
_OPERATORS: dict[str, Callable[[FilterParam], Test | None]] = {
    "equal": _equality(operator.eq, _EQUAL, when_missing=False),
    "not_equal": _equality(operator.ne, _NOT_EQUAL, when_missing=True),
    "greater": _order(operator.gt, _GREATER),
    "greaterThan": _order(operator.ge, _AT_LEAST),
    "less": _order(operator.lt, _AT_MOST),
    "lessThan": _order(operator.le, _AT_MOST),
    "in": _membership(inside=True),
    "not_in": _membership(inside=False),
    "contains": _overlap(wanted=True),
    "not_contains": _overlap(wanted=False),
    **_PRESENCE,
    "bool": _joined,
    "expression": _expression,
}
_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("equal", "not_equal"), tuple(_EQUAL)),
    **dict.fromkeys(("greater", "greaterThan", "less", "lessThan"), tuple(_GREATER)),
    **dict.fromkeys(("in", "not_in"), tuple(_ELEMENTS)),
    **dict.fromkeys(("contains", "not_contains"), tuple(_LISTS)),
}
