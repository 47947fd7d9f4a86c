"""Values as texts, the way Go's fmt writes them: `%v` and the common verbs of sprintf."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import InvalidInput

_VERB = re.compile(r"%([-+ 0#]*)(\d*)(?:\.(\d*))?(.)?", re.DOTALL)
_WIDEST = 1_000


def go_text(value: object) -> str:
    """`%v`: 5.0 is `5`, 1e21 is `1e+21`, None is `<nil>`, lists `[a b]`, objects `map[k:v]`."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{go_text(key)}:{go_text(value[key])}' for key in sorted(value, key=str))}]"
    if isinstance(value, (list, tuple, range)):
        return f"[{' '.join(map(go_text, value))}]"
    return str(value)


def _float(value: float) -> str:
    if value and math.isfinite(value) and not 1e-4 <= abs(value) < 1e21:
        digits, _, exponent = repr(value).partition("e")
        if exponent:
            return f"{digits.removesuffix('.0')}e{exponent[0]}{exponent[1:].rjust(2, '0')}"
    return str(to_text(value, ""))


def go_type(value: object) -> str:
    """Go's name of the value's type."""
    names: dict[type, str] = {bool: "bool", int: "int", float: "float64", str: "string"}
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    if isinstance(value, (list, tuple, range)):
        return "[]interface {}"
    return names.get(type(value), "<nil>")


def sprintf(format: str, values: Sequence[Any]) -> str:
    """Go's Sprintf for the verbs v s d f e g x X t q and %. A value that a verb does not take is shown as Go
    shows it: `%!d(string=hi)`. Raises InvalidInput for a width or precision of more than 1000."""
    waiting = list(values)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        if not waiting:
            return f"%!{verb}(MISSING)"
        value = waiting.pop(0)
        text = _formatted(verb, value, flags, precision)
        if text is None:
            text = f"%!{verb}(<nil>)" if value is None else f"%!{verb}({go_type(value)}={go_text(value)})"
        return _padded(text, flags, _bounded(width), number=isinstance(value, (int, float)))

    result = _VERB.sub(one, format)
    if waiting:
        extra = ", ".join("<nil>" if v is None else f"{go_type(v)}={go_text(v)}" for v in waiting)
        result += f"%!(EXTRA {extra})"
    return result


def _bounded(text: str | None) -> int:
    size = int(text) if text else 0
    if size > _WIDEST:
        raise InvalidInput(f"sprintf writes no more than {_WIDEST} characters a value")
    return size


def _formatted(verb: str, value: Any, flags: str, precision: str | None) -> str | None:
    """None when the verb does not take the value."""
    places = None if precision is None else _bounded(precision)
    sign = "+" if "+" in flags else ""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if verb == "v":
        return go_text(value)
    if verb in "feg" and number and isinstance(value, float):
        default = go_text(value) if verb == "g" else f"{value:{sign}.6{verb}}"
        return default if places is None else f"{value:{sign}.{places}{verb}}"
    if verb in "dxX" and number and isinstance(value, int):
        return f"{value:{sign}{verb}}"
    if verb == "t" and isinstance(value, bool):
        return go_text(value)
    if verb in "sq" and isinstance(value, str):
        cut = value if places is None else value[:places]
        return cut if verb == "s" else '"' + cut.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if verb == "s" and isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return go_text(value)
    return None


def _padded(text: str, flags: str, width: int, *, number: bool) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and number:
        return text.zfill(width)
    return text.rjust(width)
