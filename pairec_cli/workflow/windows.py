"""Which partitions a node reads for a day, told from its script and kept as offsets.

Parsing a script costs milliseconds and a plan asks for hundreds of days, so each node is read for two probe
days: a bound that moved with the day is an offset, one that did not is a constant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from pairec_cli.domain.ds import resolve_parameters, shift, to_date
from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.lineage import lineage

_PROBES = ("20240110", "20240220")


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


def node_tables(node: Node, project: str) -> NodeTables:
    """Read from the script where it is SQL; a PyODPS node's declared inputs are read for the day itself.

    A virtual node writes nothing: the tables it declares come from elsewhere. Raises SqlError naming the node
    and the line when the script cannot be read.
    """
    if node.kind is NodeKind.VIRTUAL:
        return NodeTables((), ())
    if node.kind is not NodeKind.ODPS_SQL:
        return declared_tables(node, project)
    parameters = tuple(sorted(node.parameters.items()))
    try:
        return _sql_tables(node.script, parameters, project)
    except SqlError as error:
        raise unreadable(node, error) from error


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


@lru_cache(maxsize=1024)
def _sql_tables(script: str, parameters: tuple[tuple[str, str], ...], project: str) -> NodeTables:
    first, second = (
        lineage(script, parameters=resolve_parameters(dict(parameters), ds), project=project)
        for ds in _PROBES
    )
    reads = [
        Window(early.table, _bound(early.first, late.first), _bound(early.last, late.last))
        for early, late in zip(first.reads, second.reads, strict=True)
    ]
    return NodeTables(tuple(reads), tuple(dict.fromkeys(write.table for write in first.writes)))


def _bound(early: str | None, late: str | None) -> Bound:
    if early is None or late is None:
        return Bound()
    offsets = [
        (to_date(day) - to_date(probe)).days for day, probe in zip((early, late), _PROBES, strict=True)
    ]
    return Bound(offset=offsets[0]) if offsets[0] == offsets[1] else Bound(constant=early)
