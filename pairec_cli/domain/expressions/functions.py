"""The functions of PAI-Rec's expressions: those whose definition is known to the last digit.

Numbers that a function needs are read as PAI-Rec reads them (a text that is no number is 0). Functions of
the engine that are not here (geography, the clock) are refused by name, never approximated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pairec_cli.domain.arithmetic import exponential, logarithm, power, rounded
from pairec_cli.domain.coercion import to_float, to_text
from pairec_cli.domain.errors import InvalidInput, nearest
from pairec_cli.domain.expressions.hashing import murmur3_32, xxhash64
from pairec_cli.domain.expressions.tokens import Function

UNSERVED = (
    *("timestamp", "s2CellID", "s2CellNeighbors", "geoHash", "geoHashWithNeighbors"),
    *("haversine", "sphereDistance"),
)

_LONGEST_TEXT = 100_000


def refused(name: str, functions: Mapping[str, Function], unserved: Iterable[str] = ()) -> InvalidInput:
    """Why a call cannot be compiled."""
    if name in unserved:
        return InvalidInput(f"the function {name!r} is not served here")
    close = nearest(name, functions)
    known = f"known: {', '.join(sorted(functions))}" if functions else "no functions are known here"
    return InvalidInput(f"there is no function {name!r}", hint=f"did you mean {close!r}?" if close else known)


def taking(count: int, name: str, apply: Callable[..., object]) -> Function:
    """A function of exactly `count` arguments."""

    def call(arguments: Sequence[Any]) -> object:
        if len(arguments) != count:
            raise InvalidInput(f"{name} takes {count} argument(s), not {len(arguments)}")
        return apply(*arguments)

    return call


def replaced(text: str, old: str, new: str) -> str:
    """Raises InvalidInput where nested calls would grow a text without bound."""
    if len(text) + text.count(old) * len(new) > _LONGEST_TEXT:
        raise InvalidInput(f"replace makes texts of no more than {_LONGEST_TEXT} characters")
    return text.replace(old, new)


def _text(value: object) -> str:
    return to_text(value, "")


def _bytes(value: object) -> bytes:
    return _text(value).encode("utf-8", "replace")


def _number(value: object) -> float:
    return to_float(value, 0.0)


def _of_numbers(count: int, name: str, apply: Callable[..., float]) -> Function:
    return taking(count, name, lambda *values: apply(*map(_number, values)))


def _get_string(arguments: Sequence[Any]) -> object:
    """The first argument unless it is empty, else the second."""
    if not arguments:
        raise InvalidInput("getString takes one or two arguments")
    return arguments[0] if arguments[0] != "" else next(iter(arguments[1:]), "")


def _round(arguments: Sequence[Any]) -> object:
    """One argument: to the nearest whole number. Two: cut after so many decimals, as the engine does."""
    if len(arguments) not in (1, 2):
        raise InvalidInput("round takes one or two arguments")
    value = _number(arguments[0])
    if len(arguments) == 1:
        return rounded(value)
    scale = power(10.0, _number(arguments[1]))
    scaled = value * scale
    if not math.isfinite(scaled) or not scale:
        return math.nan
    return math.trunc(scaled) / scale


def _logarithm_to(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: base(value) if value > 0 and math.isfinite(value) else logarithm(value)


def larger(left: float, right: float) -> float:
    return math.nan if math.isnan(left) or math.isnan(right) else max(left, right)


def smaller(left: float, right: float) -> float:
    return math.nan if math.isnan(left) or math.isnan(right) else min(left, right)


def _numbers(values: Sequence[Any]) -> list[float]:
    """A list arrives as the arguments themselves."""
    if not values:
        raise InvalidInput("the greatest of no numbers is asked for")
    return [_number(value) for value in values]


def _max_index(values: Sequence[Any]) -> object:
    numbers = _numbers(values)
    return max(range(len(numbers)), key=numbers.__getitem__)


GOVALUATE_FUNCTIONS: dict[str, Function] = {
    "getString": _get_string,
    "trim": taking(2, "trim", lambda text, cut: _text(text).strip(_text(cut))),
    "trimPrefix": taking(2, "trimPrefix", lambda text, cut: _text(text).removeprefix(_text(cut))),
    "replace": taking(3, "replace", lambda *values: replaced(*map(_text, values))),
    "round": _round,
    "hash": taking(1, "hash", lambda value: xxhash64(_bytes(value))),
    "hash32": taking(1, "hash32", lambda value: float(murmur3_32(_bytes(value)))),
    "toFloat64": _of_numbers(1, "toFloat64", float),
    "exp": _of_numbers(1, "exp", exponential),
    "log": _of_numbers(1, "log", logarithm),
    "log10": _of_numbers(1, "log10", _logarithm_to(math.log10)),
    "log2": _of_numbers(1, "log2", _logarithm_to(math.log2)),
    "max": _of_numbers(2, "max", larger),
    "min": _of_numbers(2, "min", smaller),
    "pow": _of_numbers(2, "pow", power),
    "maxIndex": _max_index,
    "maxValue": lambda values: max(_numbers(values)),
}
