"""The operators of the expr language on values: numbers, texts, true and false, nil, lists and objects."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pairec_cli.domain.arithmetic import power, quotient
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions.formatting import go_text, go_type

Binary = Callable[[Any, Any], object]

_LONGEST_RANGE = 1_000_000


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def boolean(symbol: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{symbol!r} takes true or false, not {go_text(value)}")
    return value


def negative(value: Any) -> object:
    if not is_number(value):
        raise InvalidInput(f"'-' takes a number, not {go_text(value)}")
    return -value


def positive(value: Any) -> object:
    if not is_number(value):
        raise InvalidInput(f"'+' takes a number, not {go_text(value)}")
    return value


def _misfit(symbol: str, left: object, right: object) -> InvalidInput:
    return InvalidInput(f"{symbol!r} does not take {go_type(left)} and {go_type(right)}")


def _arithmetic(symbol: str, apply: Callable[[Any, Any], Any]) -> Binary:
    def value(left: Any, right: Any) -> object:
        if not (is_number(left) and is_number(right)):
            raise _misfit(symbol, left, right)
        return apply(left, right)

    return value


def _sum(left: Any, right: Any) -> object:
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return left + right
    raise _misfit("+", left, right)


def _remainder(left: Any, right: Any) -> object:
    if type(left) is not int or type(right) is not int:
        raise _misfit("%", left, right)
    if right == 0:
        raise InvalidInput("'%' by zero")
    size = abs(left) % abs(right)
    return -size if left < 0 else size


def equal(left: Any, right: Any) -> bool:
    """Numbers by value, lists and objects by their elements, all else by type and value."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, (list, tuple, range)) and isinstance(right, (list, tuple, range)):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def _ordered(symbol: str, holds: Callable[[Any, Any], bool]) -> Binary:
    def value(left: Any, right: Any) -> object:
        if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return holds(left, right)
        raise _misfit(symbol, left, right)

    return value


def _among(left: Any, right: Any) -> bool:
    if right is None:
        return False
    if isinstance(right, Mapping):
        return isinstance(left, str) and left in right
    if isinstance(right, range):
        return is_number(left) and left in right
    if isinstance(right, (list, tuple)):
        return any(equal(left, one) for one in right)
    raise _misfit("in", left, right)


def _of_texts(symbol: str, holds: Callable[[str, str], bool]) -> Binary:
    def value(left: Any, right: Any) -> object:
        if not (isinstance(left, str) and isinstance(right, str)):
            raise _misfit(symbol, left, right)
        return holds(left, right)

    return value


def _range(left: Any, right: Any) -> object:
    if type(left) is not int or type(right) is not int:
        raise _misfit("..", left, right)
    if right - left >= _LONGEST_RANGE:
        raise InvalidInput(f"a range holds no more than {_LONGEST_RANGE} numbers")
    return range(left, right + 1)


BINARY: dict[str, Binary] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered("<", operator.lt),
    "<=": _ordered("<=", operator.le),
    ">": _ordered(">", operator.gt),
    ">=": _ordered(">=", operator.ge),
    "in": _among,
    "contains": _of_texts("contains", operator.contains),
    "startsWith": _of_texts("startsWith", str.startswith),
    "endsWith": _of_texts("endsWith", str.endswith),
    "..": _range,
    "+": _sum,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", lambda left, right: quotient(float(left), float(right))),
    "%": _remainder,
    "**": _arithmetic("**", lambda left, right: power(float(left), float(right))),
}


def member(owner: Any, name: str) -> object:
    """`owner.name`: nil when the object has no such key."""
    if isinstance(owner, Mapping):
        return owner.get(name)
    raise InvalidInput(f"there is no {name!r} in {go_type(owner)}")


def element(owner: Any, index: Any) -> object:
    """`owner[index]`: a key of an object, a place of a list (from the end when negative)."""
    if isinstance(owner, Mapping):
        return owner.get(index) if isinstance(index, str) else None
    if isinstance(owner, (list, tuple, range)) and is_number(index):
        place = int(index)
        if -len(owner) <= place < len(owner):
            found: object = owner[place]
            return found
        raise InvalidInput(f"there is no element {place} in a list of {len(owner)}")
    raise InvalidInput(f"{go_type(owner)} has no element {go_text(index)}")


def sliced(owner: Any, start: Any, end: Any) -> object:
    """`owner[start:end]` of a list or a text."""
    places = [place for place in (start, end) if place is not None]
    if not isinstance(owner, (list, tuple, range, str)) or not all(type(place) is int for place in places):
        raise InvalidInput(f"{go_type(owner)} has no such part")
    return owner[start:end]
