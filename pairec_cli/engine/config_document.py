"""engine.json as a document: checked as a whole, shown without its secrets, and edited at one path.

A path is keys and places: `FilterConfs[0].RetainNum`, `FilterConfs[top1].RetainNum` (the entry of that Name),
`SceneConfs.home.default.RecallNames[0]`, `FilterNames["a.b"]`. Keys match as PAI-Rec matches them, without
regard to case.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pairec_cli.domain.connections import HIDDEN, SECRET_KEYS
from pairec_cli.domain.errors import InvalidConfig, InvalidInput, NotFound, Problem
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Resources
from pairec_cli.engine.config import MEND, WHAT, EngineConfig
from pairec_cli.engine.decode import fold
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.memory import MemoryDatabase, MemoryViews

_STEP = re.compile(
    r'(?:^|\.)(?P<key>[^.\[\]"]+)|\[(?P<place>\d+)\]|\["(?P<quoted>[^"]*)"\]|\[(?P<name>[^\]"]+)\]'
)
_VARIABLE = re.compile(r"\$\{\w+\}")

Step = str | int


class Report(Record):
    """What is wrong with a configuration, and what in it has no effect."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def refuse(self) -> None:
        """Raises InvalidConfig when there are problems."""
        if self.problems:
            raise InvalidConfig(WHAT, list(self.problems), hint=MEND)


def read_document(path: Path) -> dict[str, Any]:
    """Raises InvalidInput for a file that cannot be read or holds no JSON object."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{path} must hold a JSON object")
    return document


def check(document: Mapping[str, Any]) -> Report:
    """Everything at once: what cannot be read, and which stages cannot be built. No data source is asked."""
    config, findings = EngineConfig.examine(document)
    problems = {problem.path: problem for problem in findings.problems}
    sources = ConfiguredSources(config.connections, FeatureDB("never-opened.db"))
    resources = Resources(MemoryViews(MemoryDatabase({})), config.feature_stores, sources)
    try:
        for fallback in Planner(config, resources).fallbacks.values():
            fallback.close()
    except InvalidConfig as error:
        for problem in error.problems:
            problems.setdefault(problem.path, problem)
    finally:
        sources.close()
    return Report(tuple(problems.values()), tuple(findings.warnings))


def masked(value: Any, key: str = "") -> Any:
    """The value with every secret below it hidden; one that only names environment variables is none."""
    if isinstance(value, Mapping):
        return {name: masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, key) for inner in value]
    given = value not in (None, False, True) and _VARIABLE.sub("", str(value))
    return HIDDEN if given and SECRET_KEYS.search(key) else value


def steps_of(path: str) -> list[Step]:
    """Raises InvalidInput for a path that cannot be read."""
    steps: list[Step] = []
    at = 0
    for found in _STEP.finditer(path):
        if found.start() != at:
            break
        place = found["place"]
        quoted = found["quoted"]
        steps.append(int(place) if place else quoted if quoted is not None else found["key"] or found["name"])
        at = found.end()
    if not steps or at != len(path):
        hint = 'write it like FilterConfs[top1].RetainNum or FilterNames["a.b"]'
        raise InvalidInput(f"{path!r} is no path", hint=hint)
    return steps


def at(document: Any, path: str) -> Any:
    """What lies at the path; the whole document for an empty one. Raises NotFound."""
    found = document
    for step in steps_of(path) if path else ():
        found = found[_place(found, step)]
    return found


def with_value(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with `value` at the path. Objects on the way are made; a list takes an element at its end.
    Raises NotFound for a way through what is no object or list, and for elements that are not there."""
    changed = copy.deepcopy(dict(document))
    *way, last = steps_of(path)
    found: Any = changed
    for step in way:
        if isinstance(found, dict) and isinstance(step, str) and _key(found, step) not in found:
            found[step] = {}
        found = found[_place(found, step)]
    if isinstance(found, list) and last == len(found):
        found.append(value)
    elif isinstance(found, dict) and isinstance(last, str):
        found[_key(found, last)] = value
    else:
        found[_place(found, last)] = value
    return changed


def without_value(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A copy without what lies at the path. Raises NotFound."""
    changed = copy.deepcopy(dict(document))
    *way, last = steps_of(path)
    found: Any = changed
    for step in way:
        found = found[_place(found, step)]
    del found[_place(found, last)]
    return changed


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Replaces the file whole, with the rights that it had."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def _key(found: Mapping[str, Any], step: str) -> str:
    """The object's own spelling of a key."""
    if step in found:
        return step
    return next((key for key in found if fold(key) == fold(step)), step)


def _place(found: Any, step: Step) -> Any:
    if isinstance(found, list):
        names = [one.get(_key(one, "Name")) if isinstance(one, dict) else one for one in found]
        if isinstance(step, int) and step < len(found):
            return step
        if step in names:
            return names.index(step)
        raise NotFound("list element", str(step), map(str, names or range(len(found))))
    if not isinstance(found, dict):
        raise NotFound("key", str(step), hint="the path leads through a value that is no object or list")
    key = _key(found, str(step))
    if key not in found:
        raise NotFound("key", str(step), found)
    return key
