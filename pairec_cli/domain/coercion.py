"""Values of loose types as numbers and texts, by the rules of PAI-Rec's engine.

Its features come from JSON and from columns, and its conditions name a type to compare as. Each function
here takes any value and what to give when it has no such form. Booleans, null, lists and objects have none;
a text has the form of a number only when all of it is one. Source: the open engine's utils (behaviour
observed, Go's strconv where texts are read).
"""

from __future__ import annotations

import re
from typing import TypeVar

D = TypeVar("D")

MAX_INT = 2**63 - 1
MIN_INT = -(2**63)
MAX_FLOAT = 1.7976931348623157e308
MIN_FLOAT = 5e-324
"""The smallest positive float."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9.][0-9._]*(?:[eE][+-]?[0-9_]+)?")
_HEX_NUMBER = re.compile(r"[+-]?0[xX][0-9a-fA-F._]+[pP][+-]?[0-9]+")
_INFINITY = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)


def to_int(value: object, default: D) -> int | D:
    """A 64-bit integer: floats lose their fraction, texts are plain base 10 (`"5.0"` has no such form)."""
    if type(value) is int:
        return value
    if type(value) is float:
        return _truncated(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        number = int(value)
        return number if MIN_INT <= number <= MAX_INT else default
    return default


def _truncated(value: float) -> int:
    """Go's conversion on 64-bit machines: what does not fit is the smallest integer."""
    if -9.223372036854775808e18 <= value < 9.223372036854775808e18:
        return int(value)
    return MIN_INT


def to_float(value: object, default: D) -> float | D:
    """A float. Texts are read as Go reads them: no blanks; `inf`, `nan`, hexadecimal floats; too large a
    number has no such form."""
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    return _parsed(value, default) if isinstance(value, str) else default


def _parsed(text: str, default: D) -> float | D:
    try:
        if _NUMBER.fullmatch(text):
            number = float(text)
        elif _HEX_NUMBER.fullmatch(text):
            number = float.fromhex(text.replace("_", ""))
        else:
            return float(text) if _INFINITY.fullmatch(text) else default
    except (ValueError, OverflowError):
        return default
    return number if abs(number) <= MAX_FLOAT else default


def to_text(value: object, default: D) -> str | D:
    """A text: numbers in full, without exponent and without a fraction of zeros (5.0 is `"5"`)."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    return _spelled(value) if isinstance(value, float) else default


def _spelled(value: float) -> str:
    """The shortest digits that mean this float, written out."""
    text = repr(value)
    if text in ("inf", "-inf", "nan"):
        return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}[text]
    digits, _, exponent = text.partition("e")
    if not exponent:
        return digits.removesuffix(".0")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-").partition(".")
    places = int(exponent)
    if places < 0:
        return f"{sign}0.{'0' * (-places - 1)}{whole}{fraction}"
    return f"{sign}{whole}{fraction.ljust(places, '0')}"


def to_ints(value: object) -> list[int]:
    """The elements of a list as integers, 0 for those that have no such form. What is no list is empty."""
    if not isinstance(value, (list, tuple)):
        return []
    return [to_int(element, 0) for element in value]


def to_texts(value: object) -> list[str]:
    """The elements of a list as texts, without those that are empty or have no such form. What is no list is
    empty: `"a,b"` too."""
    if not isinstance(value, (list, tuple)):
        return []
    return [text for element in value if (text := to_text(element, ""))]


def label(value: object) -> str:
    """A property as the name of a group: texts as they are, numbers as truncated integers, all else `""`."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    return str(_truncated(value)) if isinstance(value, float) else ""
