"""Lists of ids and scores as our own nodes write them, read by a JSON parser: `a::0.5,b::0.25` is one pair of
braces and a few quotes away from an object.

The parser reads numbers several times as fast as Python does one by one. Whatever is not exactly of that form
is left to the whole grammar.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from math import isfinite

_NUMBERS = frozenset((float, int))
_NOT_PLAIN = '"\\[{'
"""What would mean something to the parser."""


def read_scored(text: str, mark: str) -> dict[str, float] | None:
    """Id → score in order, when every entry is an id, `mark` and a plain, finite number and no id comes
    twice; None for anything else. `mark` is one colon or two.

    All quotes of the object are ours, one for each mark and comma. A comma within an id would take an entry
    away, and a second mark in an entry would be a quote in its number.
    """
    if any(map(text.__contains__, _NOT_PLAIN)):
        return None
    try:
        marked = text.encode().replace(mark.encode(), b'":')  # bytes: twice as fast as text
        pairs = marked.replace(b",", b',"')
        entries = len(pairs) - len(marked) + 1  # a replacement adds one: counting would look at all again
        found: dict[str, float] = _loads()(b'{"%b}' % pairs)
        scores = found.values()
        kinds = set(map(type, scores))
        plain = len(found) == entries == pairs.count(b":") and "" not in found
        if not plain or not kinds <= _NUMBERS or not isfinite(sum(scores)):
            return None
        return {id: float(score) for id, score in found.items()} if int in kinds else found
    except (ValueError, OverflowError):
        return None


def _loads() -> Callable[[bytes], dict[str, float]]:
    """The fastest parser at hand. A server has orjson; one recommendation alone does without, as importing
    it takes longer than all its lists."""
    orjson = sys.modules.get("orjson")
    loads: Callable[[bytes], dict[str, float]] = json.loads if orjson is None else orjson.loads
    return loads
