"""The functions of the expr language that are served: those on numbers, texts, lists and types.

Definitions: the language definition of expr-lang; `sprintf` is the engine's own addition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pairec_cli.domain.arithmetic import rounded
from pairec_cli.domain.coercion import to_float, to_int
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.expressions.expr_values import element, is_number
from pairec_cli.domain.expressions.formatting import go_text, go_type, sprintf
from pairec_cli.domain.expressions.functions import replaced, taking
from pairec_cli.domain.expressions.tokens import Function

_LISTS = (list, tuple, range)


def _of_numbers(name: str, apply: Callable[[Any], object]) -> Function:
    def call(value: Any) -> object:
        if not is_number(value):
            raise InvalidInput(f"{name} takes a number, not {go_text(value)}")
        return apply(value)

    return taking(1, name, call)


def _of_texts(count: int, name: str, apply: Callable[..., object]) -> Function:
    def call(*values: Any) -> object:
        for value in values:
            if not isinstance(value, str):
                raise InvalidInput(f"{name} takes texts, not {go_text(value)}")
        return apply(*values)

    return taking(count, name, call)


def _whole(towards: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(towards(value)) if math.isfinite(value) else value


def _numbers(name: str, arguments: Sequence[Any]) -> list[Any]:
    """The numbers among the arguments, those in lists too."""
    found: list[Any] = []
    for argument in arguments:
        found += argument if isinstance(argument, _LISTS) else [argument]
    if not all(map(is_number, found)):
        raise InvalidInput(f"{name} takes numbers")
    return found


def _extreme(name: str, choose: Callable[[list[Any]], object]) -> Function:
    def call(arguments: Sequence[Any]) -> object:
        numbers = _numbers(name, arguments)
        if not numbers:
            raise InvalidInput(f"{name} takes at least one number")
        return choose(numbers)

    return call


def _mean(numbers: list[Any]) -> float:
    return float(sum(numbers)) / len(numbers)


def _length(value: Any) -> int:
    if isinstance(value, (str, Mapping, *_LISTS)):
        return len(value)
    raise InvalidInput(f"len takes a text, a list or an object, not {go_text(value)}")


def _int(value: Any) -> object:
    found = None if isinstance(value, float) and not math.isfinite(value) else to_int(value, None)
    if found is None:
        raise InvalidInput(f"{go_text(value)} is no integer")
    return found


def _float(value: Any) -> object:
    found = to_float(value, None)
    if found is None:
        raise InvalidInput(f"{go_text(value)} is no number")
    return found


def _type(value: Any) -> str:
    names = {"float64": "float", "[]interface {}": "array", "map[string]interface {}": "map", "<nil>": "nil"}
    kind = go_type(value)
    return names.get(kind, kind)


def _trimmed(arguments: Sequence[Any]) -> object:
    if len(arguments) not in (1, 2) or not all(isinstance(one, str) for one in arguments):
        raise InvalidInput("trim takes a text and the characters to take off")
    return arguments[0].strip(*arguments[1:]) if arguments[1:] != [""] else arguments[0]


def _split(arguments: Sequence[Any]) -> object:
    if len(arguments) not in (2, 3) or not all(isinstance(one, str) for one in arguments[:2]):
        raise InvalidInput("split takes a text, a delimiter and perhaps a count")
    text, delimiter, count = arguments[0], arguments[1], next(iter(arguments[2:]), -1)
    if type(count) is not int or count == 0:
        raise InvalidInput("split takes a count of 1 or more")
    if not delimiter:
        return list(text) if count < 0 else [*text[: count - 1], text[count - 1 :]]
    return text.split(delimiter, count - 1 if count > 0 else -1)


def _joined(arguments: Sequence[Any]) -> object:
    if len(arguments) not in (1, 2) or not isinstance(arguments[0], (list, tuple)):
        raise InvalidInput("join takes a list of texts and a delimiter")
    delimiter = next(iter(arguments[1:]), "")
    if not all(isinstance(one, str) for one in (delimiter, *arguments[0])):
        raise InvalidInput("join takes a list of texts and a delimiter")
    return str(delimiter).join(arguments[0])


def _end(name: str, place: int) -> Function:
    def call(value: Any) -> object:
        if not isinstance(value, _LISTS):
            raise InvalidInput(f"{name} takes a list, not {go_text(value)}")
        return value[place] if len(value) else None

    return taking(1, name, call)


def _get(owner: Any, key: Any) -> object:
    try:
        return element(owner, key)
    except InvalidInput:
        return None


def _sprintf(arguments: Sequence[Any]) -> object:
    if not arguments or not isinstance(arguments[0], str):
        raise InvalidInput("sprintf takes a format first")
    return sprintf(arguments[0], arguments[1:])


EXPR_FUNCTIONS: dict[str, Function] = {
    "abs": _of_numbers("abs", abs),
    "ceil": _of_numbers("ceil", _whole(math.ceil)),
    "floor": _of_numbers("floor", _whole(math.floor)),
    "round": _of_numbers("round", lambda value: rounded(float(value))),
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "mean": _extreme("mean", _mean),
    "sum": lambda arguments: sum(_numbers("sum", arguments)),
    "len": taking(1, "len", _length),
    "int": taking(1, "int", _int),
    "float": taking(1, "float", _float),
    "string": taking(1, "string", go_text),
    "type": taking(1, "type", _type),
    "get": taking(2, "get", _get),
    "first": _end("first", 0),
    "last": _end("last", -1),
    "upper": _of_texts(1, "upper", str.upper),
    "lower": _of_texts(1, "lower", str.lower),
    "trim": _trimmed,
    "trimPrefix": _of_texts(2, "trimPrefix", str.removeprefix),
    "trimSuffix": _of_texts(2, "trimSuffix", str.removesuffix),
    "hasPrefix": _of_texts(2, "hasPrefix", str.startswith),
    "hasSuffix": _of_texts(2, "hasSuffix", str.endswith),
    "indexOf": _of_texts(2, "indexOf", str.find),
    "lastIndexOf": _of_texts(2, "lastIndexOf", str.rfind),
    "replace": _of_texts(3, "replace", replaced),
    "split": _split,
    "join": _joined,
    "sprintf": _sprintf,
}
