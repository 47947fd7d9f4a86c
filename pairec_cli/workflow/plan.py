"""The backfill plan: which node must run for which days, in what order, and why. Data, no action.

A run is up to date when its output partition carries the fingerprint that the script and the inputs would
give now. The fingerprints of runs that have not happened yet are known in advance, so one pass over the
graph finds every stale partition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pairec_cli.domain.ds import DsRange, ranges, resolve_parameters
from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.ledger import Ledger
from pairec_cli.domain.package import Node
from pairec_cli.domain.runs import NodeRun, RunState
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.flowspec import ordered
from pairec_cli.workflow.windows import NodeTables, Read, Window, as_written, declared_tables, node_tables


class Reason(StrEnum):
    """Why a node must run for a day."""

    MISSING = "missing"
    SCRIPT_CHANGED = "script changed"
    INPUT_CHANGED = "input changed"
    FORCED = "forced"


@dataclass(frozen=True)
class PlannedTask:
    """A node and the days it must run for, ascending."""

    node: str
    reasons: Mapping[str, Reason]

    @property
    def days(self) -> tuple[str, ...]:
        return tuple(self.reasons)

    @property
    def reason(self) -> str:
        """The reasons with their counts: `missing (14), input changed (1)`."""
        counts: dict[Reason, int] = {}
        for reason in self.reasons.values():
            counts[reason] = counts.get(reason, 0) + 1
        if len(counts) == 1:
            return str(next(iter(counts)))
        return ", ".join(f"{reason} ({count})" for reason, count in counts.items())


@dataclass(frozen=True)
class SourceCheck:
    """A source table, the days a backfill needs of it, and those it lacks."""

    table: TableName
    needed: DsRange
    missing: tuple[str, ...]


@dataclass(frozen=True)
class BackfillPlan:
    """Tasks in the order they run; `targets` are the days that were asked for."""

    targets: DsRange
    required: DsRange
    tasks: tuple[PlannedTask, ...]
    sources: tuple[SourceCheck, ...]
    up_to_date: int = 0
    problems: tuple[SqlError, ...] = ()
    """Scripts that cannot be read; their tasks will fail."""

    @property
    def runs(self) -> int:
        return sum(len(task.days) for task in self.tasks)

    @property
    def missing(self) -> list[DsRange]:
        return ranges([ds for source in self.sources for ds in source.missing])


@dataclass(frozen=True)
class Expected:
    """The two digests a run of a node for a day would have now."""

    script: str
    inputs: str

    @property
    def output(self) -> str:
        return of_text(self.script, self.inputs)


@dataclass
class Planner:
    """Reads nodes, the ledger and past runs; `plan` answers for a range of days.

    A plan takes inputs that this workflow makes as they will be once they are up to date; `actual` takes them
    as they are now, which is what a run that starts now must record.
    """

    nodes: Iterable[Node]
    ledger: Ledger
    latest: Mapping[tuple[str, str], NodeRun]
    project: str
    actual: bool = False
    read: Read = node_tables
    broken: dict[str, SqlError] = field(default_factory=dict)
    """Nodes whose script cannot be read; until it is mended, what they declare stands for it."""
    _tables: dict[str, NodeTables] = field(default_factory=dict)
    _expected: dict[tuple[str, str], Expected] = field(default_factory=dict)
    _partitions: dict[TableName, Mapping[str, str]] = field(default_factory=dict)
    _spans: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = list(self.nodes)
        self._tables = {node.name: self._read(node) for node in nodes}
        self.order = ordered(as_written(node, self._tables[node.name]) for node in nodes)
        self._by_name = {node.name: node for node in nodes}
        self._producer = {table: node.name for node in self.order for table in self._tables[node.name].writes}

    def _read(self, node: Node) -> NodeTables:
        try:
            return self.read(node, self.project)
        except SqlError as error:
            self.broken[node.name] = error
            return declared_tables(node, self.project)

    def node(self, name: str) -> Node:
        """The node as it is declared."""
        return self._by_name[name]

    def plan(
        self,
        targets: DsRange,
        required_days: int,
        *,
        forced: Collection[str] = (),
        goals: Collection[str] | None = None,
    ) -> BackfillPlan:
        """What must run so that the goals (every node when None) are up to date for `targets`.

        `forced` nodes run for their days even when up to date.
        """
        needed = self._needed(list(self._by_name) if goals is None else goals, targets)
        tasks, fresh = self._tasks(needed, forced)
        required = DsRange(DsRange.ending(targets.first, required_days).first, targets.last)
        problems = tuple(self.broken.values())
        return BackfillPlan(targets, required, tasks, self._sources(required, tasks), fresh, problems)

    def expected(self, node: str, ds: str) -> Expected:
        """Digests of a run of `node` for `ds`, were it run now with its inputs up to date."""
        key = (node, ds)
        if key not in self._expected:
            parts = [
                f"{window.table}/{day}={self._fingerprint(node, window.table, day)}"
                for window in self._tables[node].reads
                for day in self._days(window, ds)
            ]
            script = script_fingerprint(self._by_name[node], ds)
            self._expected[key] = Expected(script, of_text(*parts) if parts else "")
        return self._expected[key]

    def forget(self) -> None:
        """Read the ledger again: another node has written since."""
        self._partitions.clear()
        self._expected.clear()

    def missing_inputs(self, node: str, ds: str) -> list[tuple[TableName, str]]:
        """Partitions that a run would read and that do not exist, its own table's earlier days excepted."""
        return [
            (window.table, day)
            for window in self._tables[node].reads
            if self._producer.get(window.table) != node
            for day in self._days(window, ds)
            if day not in self._existing(window.table)
        ]

    def reads_itself(self, node: str) -> bool:
        """Whether a day's run reads what another day's run of the same node has written."""
        return any(self._producer.get(window.table) == node for window in self._tables[node].reads)

    def upstream(self, node: str) -> set[str]:
        """The nodes of this workflow that the node waits for directly."""
        named = {name for name in self._by_name[node].upstream if name in self._by_name}
        read = {self._producer.get(window.table) for window in self._tables[node].reads}
        return (named | {name for name in read if name is not None}) - {node}

    def _needed(self, goals: Iterable[str], targets: DsRange) -> dict[str, set[str]]:
        """node → days: the goals' days, and those of every node that they read, transitively."""
        needed: dict[str, set[str]] = {name: set(targets) for name in goals}
        for node in reversed(self.order):
            for window in self._tables[node.name].reads:
                producer = self._producer.get(window.table)
                if producer is not None and producer != node.name:
                    days = {day for ds in needed.get(node.name, ()) for day in self._days(window, ds)}
                    needed.setdefault(producer, set()).update(days)
        return needed

    def _tasks(
        self, needed: dict[str, set[str]], forced: Collection[str]
    ) -> tuple[tuple[PlannedTask, ...], int]:
        tasks: list[PlannedTask] = []
        fresh = 0
        for node in self.order:
            reasons: dict[str, Reason] = {}
            for ds in sorted(needed.get(node.name, ())):
                reason = Reason.FORCED if node.name in forced else self.reason(node.name, ds)
                if reason is None:
                    fresh += 1
                else:
                    reasons[ds] = reason
            if reasons:
                tasks.append(PlannedTask(node.name, reasons))
        return tuple(tasks), fresh

    def reason(self, node: str, ds: str) -> Reason | None:
        """Why the node must run for the day; None when its result still holds."""
        expected = self.expected(node, ds)
        run = self.latest.get((node, ds))
        writes = self._tables[node].writes
        if writes:
            found = {self._existing(table).get(ds) for table in writes}
            missing, fresh = None in found, found == {expected.output}
        else:
            missing = run is None or run.state is not RunState.OK
            fresh = run is not None and (run.script_fingerprint, run.input_fingerprint) == (
                expected.script,
                expected.inputs,
            )
        if missing:
            return Reason.MISSING
        if fresh:
            return None
        same_script = run is None or run.script_fingerprint == expected.script
        return Reason.INPUT_CHANGED if same_script else Reason.SCRIPT_CHANGED

    def _sources(self, required: DsRange, tasks: tuple[PlannedTask, ...]) -> tuple[SourceCheck, ...]:
        """Each source table over the required days, widened by what the tasks really read."""
        needed: dict[TableName, set[str]] = {}
        for node in self.order:
            for window in self._tables[node.name].reads:
                if window.table not in self._producer:
                    needed.setdefault(window.table, set(required))
        for task in tasks:
            for ds in task.days:
                for window in self._tables[task.node].reads:
                    if window.table in needed:
                        needed[window.table].update(self._days(window, ds))
        return tuple(
            SourceCheck(
                table, DsRange(min(days), max(days)), tuple(sorted(days - self._existing(table).keys()))
            )
            for table, days in needed.items()
        )

    def _days(self, window: Window, ds: str) -> Collection[str]:
        """The days of a window. An open end stands for what exists, up to the run's own day."""
        first, last = window.bounds(ds)
        if first is None or last is None:
            existing = self._existing(window.table)
            return [day for day in existing if (first or "") <= day <= (last or ds)]
        if (first, last) not in self._spans:
            self._spans[first, last] = tuple(DsRange(first, last))
        return self._spans[first, last]

    def _fingerprint(self, reader: str, table: TableName, ds: str) -> str:
        producer = self._producer.get(table)
        if producer is None or producer == reader or self.actual:
            return self._existing(table).get(ds, "none")
        return self.expected(producer, ds).output

    def _existing(self, table: TableName) -> Mapping[str, str]:
        """ds → fingerprint of the partitions that exist."""
        if table not in self._partitions:
            found = self.ledger.partitions(table)
            self._partitions[table] = {ds: partition.fingerprint for ds, partition in found.items()}
        return self._partitions[table]


def script_fingerprint(node: Node, ds: str) -> str:
    """Digest of what a run executes: the script, its parameters for the day, the files it reads beside."""
    parameters = resolve_parameters(dict(node.parameters), ds)
    used = [f"{name}={value}" for name, value in sorted(parameters.items())]
    beside = [part for path, text in sorted(node.resources.items()) for part in (path, text)]
    return of_text(str(node.kind), node.script, *used, *beside)
