"""Which partitions a node reads for a day, told from its script and kept as offsets.

Parsing a script costs milliseconds and a plan asks for hundreds of days, so each script is read once, for a
day that no data will ever have: a bound near it moved with the day, any other is a constant.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pairec_cli.domain.ds import resolve_parameters, shift, to_date
from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse import lineage as rules
from pairec_cli.warehouse.lineage import lineage
from pairec_cli.workflow.deployed_scripts import replace_text

_PROBE = "29000615"
_FAR = 100 * 365
"""Bounds this many days from the probe are constants; no scheduling parameter reaches that far."""


@dataclass(frozen=True)
class Bound:
    """One end of a window: `offset` days from the run's ds, or a constant day; neither means unbounded."""

    offset: int | None = None
    constant: str | None = None

    def on(self, ds: str) -> str | None:
        return self.constant if self.offset is None else shift(ds, self.offset)


@dataclass(frozen=True)
class Window:
    """The days of `table` that a run reads."""

    table: TableName
    first: Bound
    last: Bound

    def bounds(self, ds: str) -> tuple[str | None, str | None]:
        return self.first.on(ds), self.last.on(ds)


@dataclass(frozen=True)
class NodeTables:
    """What a node reads and writes, whatever the day."""

    reads: tuple[Window, ...]
    writes: tuple[TableName, ...]


Read = Callable[[Node, str], NodeTables]
"""Tables of a node whose MaxCompute project is given."""


def node_tables(node: Node, project: str) -> NodeTables:
    """Read from the script where it is SQL; a PyODPS node's declared inputs are read for the day itself.

    A virtual node writes nothing: the tables it declares come from elsewhere. Raises SqlError naming the node
    and the line when the script cannot be read.
    """
    if node.kind is NodeKind.VIRTUAL:
        return NodeTables((), ())
    if node.kind is not NodeKind.ODPS_SQL:
        return declared_tables(node, project)
    try:
        found = lineage(
            node.script, parameters=resolve_parameters(dict(node.parameters), _PROBE), project=project
        )
    except SqlError as error:
        raise unreadable(node, error) from error
    reads = (Window(read.table, _bound(read.first), _bound(read.last)) for read in found.reads)
    return NodeTables(tuple(reads), tuple(dict.fromkeys(write.table for write in found.writes)))


class ReadScripts:
    """Scripts that were read before, one small file each, so that no script is parsed twice.

    A file's name is the digest of all that decides: the script, its parameters, the project, and the rules by
    which scripts are read.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "cache" / "scripts"
        self._known: dict[str, NodeTables] = {}

    def __call__(self, node: Node, project: str) -> NodeTables:
        """As `node_tables`."""
        if node.kind is not NodeKind.ODPS_SQL:
            return node_tables(node, project)
        parameters = json.dumps(dict(node.parameters), sort_keys=True)
        key = of_text(_rules(), project, parameters, node.script)
        if key not in self._known:
            self._known[key] = self._load(key) or self._store(key, node_tables(node, project))
        return self._known[key]

    def _load(self, key: str) -> NodeTables | None:
        try:
            return _from_json(json.loads((self._folder / key).read_bytes()))
        except (OSError, ValueError, TypeError, KeyError):
            return None  # never read before, or the file is damaged: read the script

    def _store(self, key: str, tables: NodeTables) -> NodeTables:
        replace_text(self._folder / key, json.dumps(_to_json(tables)))
        return tables


@cache
def _rules() -> str:
    """Digest of the modules that read scripts: when they change, every script is read anew."""
    folder = Path(str(rules.__file__)).parent
    sources = [*folder.glob("*.py"), *folder.glob("maxcompute/*.py")]
    return of_text(*(path.read_text(encoding="utf-8") for path in sorted(sources)))


def _to_json(tables: NodeTables) -> dict[str, Any]:
    return {
        "reads": [
            {"table": str(w.table), "first": vars(w.first), "last": vars(w.last)} for w in tables.reads
        ],
        "writes": [str(table) for table in tables.writes],
    }


def _from_json(body: dict[str, Any]) -> NodeTables:
    reads = (
        Window(TableName.parse(read["table"], ""), Bound(**read["first"]), Bound(**read["last"]))
        for read in body["reads"]
    )
    return NodeTables(tuple(reads), tuple(TableName.parse(name, "") for name in body["writes"]))


def unreadable(node: Node, error: SqlError) -> SqlError:
    """The error of a script, with its node's name."""
    named = SqlError(f"node {node.name}: {error.message}", hint=error.hint or f"pairec node edit {node.name}")
    named.line = error.line
    return named


def declared_tables(node: Node, project: str) -> NodeTables:
    """What the node's schedule declares, read for the day itself."""
    same_day = Bound(offset=0)
    reads = (Window(TableName.parse(name, project), same_day, same_day) for name in node.inputs)
    return NodeTables(tuple(reads), tuple(TableName.parse(name, project) for name in node.outputs))


def as_written(node: Node, tables: NodeTables) -> Node:
    """The node with the inputs and outputs that its SQL script really has."""
    if node.kind is not NodeKind.ODPS_SQL:
        return node
    inputs = tuple(str(window.table) for window in tables.reads)
    return replace(node, inputs=inputs, outputs=tuple(map(str, tables.writes)))


def _bound(day: str | None) -> Bound:
    if day is None:
        return Bound()
    offset = (to_date(day) - to_date(_PROBE)).days
    return Bound(offset=offset) if abs(offset) < _FAR else Bound(constant=day)
