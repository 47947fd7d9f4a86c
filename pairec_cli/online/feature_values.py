"""What a raw value says to a model: the rules of `ModelFeature`, one value at a time."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from pairec_cli.domain.model_features import MISSING, Transform

PAIR_SEPARATOR, NUMBER_SEPARATOR, SEQUENCE_SEPARATOR, COMBO = ",", ":", ";", "_"
LARGEST = 1e300
"""A number beyond it, infinite or none at all counts as missing."""
LARGEST_GIVEN = 3.4028234e38
"""The largest number that a model can be given."""
_RESERVED = re.compile("[:,;#]")


def text_of(value: object) -> str:
    """The value as SQL casts it to STRING; empty where it is missing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return ""
    return str(value)


def cleaned(value: object) -> object:
    """A value of the request as the preprocess tables write it: the characters that lists are made with
    become _."""
    return _RESERVED.sub("_", value) if isinstance(value, str) else value


def texts_of(value: object, separator: str) -> list[str]:
    """The values between separators, empty ones left out."""
    return [text for text in text_of(value).split(separator) if text] if separator else _alone(text_of(value))


def _alone(text: str) -> list[str]:
    return [text] if text else []


def entries_of(value: object) -> list[str]:
    """The entries of a sequence, latest first; an entry may be missing (empty)."""
    text = text_of(value)
    return text.split(SEQUENCE_SEPARATOR) if text else []


def combined(left: object, right: object) -> str:
    """The text of a combination; empty where either is missing."""
    first, second = text_of(left), text_of(right)
    return f"{first}{COMBO}{second}" if first and second else ""


def number_of(value: object) -> float | None:
    """The value as a number; None where it is missing, no number, or too large."""
    if type(value) is not float:
        if value is None or value == "":
            return None
        try:
            value = float(value)  # type: ignore[arg-type]  # what cannot be read is the ValueError or TypeError
        except (ValueError, TypeError, OverflowError):
            return None
    return value if abs(value) <= LARGEST else None


def transformed(number: float | None, transform: Transform) -> float:
    """A dense input; 0 where the number is missing."""
    if number is None or not abs(number) <= LARGEST:
        return 0.0
    if transform == "log":
        return math.copysign(math.log(1 + abs(number)), number)
    return max(-LARGEST_GIVEN, min(LARGEST_GIVEN, number))


def bin_of(number: float | None, boundaries: Sequence[float]) -> int:
    """The place among the boundaries, from 1; 0 where the number is missing."""
    return MISSING if number is None else 1 + bisect_right(boundaries, number)


def whole_of(number: float | None, num_buckets: int) -> int:
    """The number itself where it is one of 0 … num_buckets - 1, else 0."""
    if number is None or number != int(number) or not 0 <= number < num_buckets:
        return MISSING
    return int(number)


def pairs_of(value: object) -> dict[str, float]:
    """`k:v,k:v` as key → number. Of equal keys the first counts; what is no pair is left out."""
    text = text_of(value)
    if not text:
        return {}
    pairs = [pair.rpartition(NUMBER_SEPARATOR) for pair in text.split(PAIR_SEPARATOR)]
    try:
        regular = {key: float(last) for key, _, last in reversed(pairs)}
    except ValueError:
        return _some_pairs(pairs)
    sound = "" not in regular and sum(map(abs, regular.values())) <= LARGEST
    return regular if sound else _some_pairs(pairs)


def _some_pairs(pairs: Iterable[tuple[str, str, str]]) -> dict[str, float]:
    """Those of the pairs that have a key and a number."""
    found: dict[str, float] = {}
    for key, _, last in pairs:
        if key and key not in found and (number := number_of(last)) is not None:
            found[key] = number
    return found


def looked_up(pairs: Mapping[str, float], keys: Iterable[str]) -> float:
    """The sum of the keys' numbers."""
    return sum(pairs.get(key, 0.0) for key in keys)
