"""Which partitions a node reads for a day, told from its script and kept as offsets.

Parsing a script costs milliseconds and a plan asks for hundreds of days, so each node is read for two probe
days: a bound that moved with the day is an offset, one that did not is a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pairec_cli.domain.ds import resolve_parameters, shift, to_date
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
    """Read from the script where it is SQL; a PyODPS node's declared inputs are read for the day itself."""
    parameters = tuple(sorted(node.parameters.items()))
    return _node_tables(node.kind, node.script, parameters, node.inputs, node.outputs, project)


@lru_cache(maxsize=1024)
def _node_tables(
    kind: NodeKind,
    script: str,
    parameters: tuple[tuple[str, str], ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    project: str,
) -> NodeTables:
    if kind is not NodeKind.ODPS_SQL:
        same_day = Bound(offset=0)
        reads = tuple(Window(TableName.parse(name, project), same_day, same_day) for name in inputs)
        return NodeTables(reads, tuple(TableName.parse(name, project) for name in outputs))
    first, second = (
        lineage(script, parameters=resolve_parameters(dict(parameters), ds), project=project)
        for ds in _PROBES
    )
    windows = []
    for early, late in zip(first.reads, second.reads, strict=True):
        ends = [_bound(early.first, late.first), _bound(early.last, late.last)]
        windows.append(Window(early.table, *ends))
    return NodeTables(tuple(windows), tuple(dict.fromkeys(write.table for write in first.writes)))


def _bound(early: str | None, late: str | None) -> Bound:
    if early is None or late is None:
        return Bound()
    offsets = [
        (to_date(day) - to_date(probe)).days for day, probe in zip((early, late), _PROBES, strict=True)
    ]
    return Bound(offset=offsets[0]) if offsets[0] == offsets[1] else Bound(constant=early)
