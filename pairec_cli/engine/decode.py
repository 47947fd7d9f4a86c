"""JSON into records by PAI-Rec's rules.

Go's `encoding/json` reads PAI-Rec's configuration: keys match without regard to case, null leaves the
default, a wrong JSON type refuses the document, an unknown key is ignored. We do the same, and warn about
the last one. A field's JSON key is its name without underscores (`recall_count` ↔ `RecallCount`).
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pairec_cli.domain.connections import HIDDEN, SECRET_KEYS
from pairec_cli.domain.errors import Problem, nearest
from pairec_cli.domain.records import Record

T = TypeVar("T", bound=Record)

MISSING = object()
NO_EFFECT = "is a key of PAI-Rec that has no effect here"
_known_hints: dict[type[Record], dict[str, Any]] = {}
_SECTION = re.compile(r"(\w+)Confs?\.", re.IGNORECASE)
_OPEN_SECTIONS = {
    *("scene", "recall", "filter", "sort", "algo", "feature", "userfeature", "generalrank", "rank"),
    *(
        "coldstartrank",
        "coldstartgeneralrank",
        "embedding",
        "dpp",
        "debug",
        "callback",
        "featurelog",
        "pipeline",
        "listen",
        "log",
    ),
}
_NAMES = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}


class Findings:
    """What reading a document found: `problems` refuse it, `warnings` do not."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def problem(self, path: str, message: str, value: object = None) -> None:
        self.problems.append(Problem(path, message, visible(path, value)))

    def warn(self, path: str, message: str, value: object = None) -> None:
        self.warnings.append(Problem(path, message, visible(path, value)))


def visible(path: str, value: object) -> object:
    """A value that may be shown: none below the connections of data sources, and no password."""
    section = _SECTION.match(f"{path}.")
    secret = section is not None and fold(section[1]) not in _OPEN_SECTIONS
    return HIDDEN if secret or SECRET_KEYS.search(path.rpartition(".")[2]) else value


def json_key(name: str) -> str:
    """The JSON key of a field: `retain_num` → `RetainNum`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def fold(key: str) -> str:
    """A key as it is compared: PAI-Rec's keys and ours, in lower case and without underscores."""
    return key.replace("_", "").lower()


def decode(
    cls: type[T],
    value: Any,
    path: str,
    findings: Findings,
    *,
    unserved: Iterable[str] = (),
    also: Iterable[str] = (),
) -> T:
    """`value` as a `cls`. `also` are keys that somebody else reads; `unserved` are keys that PAI-Rec knows
    and we do not serve. Wrong types become problems, and the field keeps its default. A record whose class
    has `doubts()` is asked what in it will have no effect: (field's JSON key, sentence, value) each."""
    if not isinstance(value, Mapping):
        findings.problem(path, f"must be an object, not {_shown(visible(path, value))}", value)
        value = {}
    hints = _hints(cls)
    found: dict[str, Any] = {}
    foreign = {fold(key) for key in also}
    known_elsewhere = {fold(key): key for key in (*unserved, *getattr(cls, "unserved", ()))}
    for key, raw in value.items():
        name = next((name for name in hints if fold(name) == fold(key)), None)
        here = f"{path}.{key}" if path else key
        if name is not None:
            if raw is not None:
                found[name] = _value(hints[name], raw, here, findings)
        elif fold(key) in known_elsewhere:
            findings.warn(here, NO_EFFECT, raw)
        elif fold(key) not in foreign:
            known = [*map(json_key, hints), *known_elsewhere.values(), *also]
            close = nearest(key, known) or nearest(fold(key), map(fold, known))
            close = next((name for name in known if fold(name) == fold(close)), None) if close else None
            findings.warn(here, "is unknown" + (f"; did you mean {close!r}?" if close else ""), raw)
    made = cls(**{name: item for name, item in found.items() if item is not MISSING})
    for key, message, raw in made.doubts() if hasattr(made, "doubts") else ():
        findings.warn(f"{path}.{key}" if path else key, message, raw)
    return made


def _hints(cls: type[Record]) -> dict[str, Any]:
    found = _known_hints.get(cls)
    if found is None:
        hints = get_type_hints(cls)
        found = _known_hints[cls] = {name: hints[name] for name in cls.field_names}
    return found


def _value(kind: Any, raw: Any, path: str, findings: Findings) -> Any:
    """`raw` as `kind`, or MISSING after a problem was noted."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not types.NoneType)
        return _value(kind, raw, path, findings)
    if origin in (tuple, list):
        return _list(get_args(kind)[0], raw, path, findings)
    if origin is not None and issubclass(origin, Mapping):
        return _map(get_args(kind)[1], raw, path, findings)
    if kind in (Any, object):
        return raw
    if kind in _NAMES:
        return _scalar(kind, raw, path, findings)
    return decode(kind, raw, path, findings)


def _scalar(kind: type, raw: Any, path: str, findings: Findings) -> Any:
    number = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    if kind is float and number:
        return float(raw)
    if kind is not float and type(raw) is kind:
        return raw
    findings.problem(path, f"must be {_NAMES[kind]}, not {_shown(visible(path, raw))}", raw)
    return MISSING


def _list(kind: Any, raw: Any, path: str, findings: Findings) -> Any:
    if not isinstance(raw, (list, tuple)):
        findings.problem(path, f"must be a list, not {_shown(visible(path, raw))}", raw)
        return MISSING
    values = [_value(kind, item, f"{path}[{i}]", findings) for i, item in enumerate(raw) if item is not None]
    return tuple(item for item in values if item is not MISSING)


def _map(kind: Any, raw: Any, path: str, findings: Findings) -> Any:
    if not isinstance(raw, Mapping):
        findings.problem(path, f"must be an object, not {_shown(visible(path, raw))}", raw)
        return MISSING
    values = {
        key: _value(kind, item, f"{path}.{key}", findings) for key, item in raw.items() if item is not None
    }
    return {key: item for key, item in values.items() if item is not MISSING}


def _shown(raw: object) -> str:
    if isinstance(raw, Mapping):
        return "an object"
    if isinstance(raw, (list, tuple)):
        return "a list"
    if raw is None or isinstance(raw, bool):
        return {None: "null", True: "true", False: "false"}[raw]
    return repr(raw)
