"""What a script reads and writes, read from its text alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from pairec_cli.domain.errors import InvalidInput, SqlError
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.constants import constant_day
from pairec_cli.warehouse.maxcompute.statements import (
    AddPartition,
    CreateTable,
    DropPartition,
    Insert,
    Select,
    Truncate,
    read_statement,
)
from pairec_cli.warehouse.script import Statement, StatementKind, split, substitute
from pairec_cli.warehouse.windows import OPEN, Window, table_uses


@dataclass(frozen=True, order=True)
class TableRead:
    """A table and the days of it that are read, both included; None is unbounded (or no partitions)."""

    table: TableName
    first: str | None
    last: str | None


@dataclass(frozen=True, order=True)
class TableWrite:
    """A table and the partition written; None for a table without partitions, or when the rows decide."""

    table: TableName
    ds: str | None


@dataclass(frozen=True)
class Lineage:
    """Reads merged per table, writes in order of first mention, both without repeats."""

    reads: tuple[TableRead, ...]
    writes: tuple[TableWrite, ...]


PartitionColumn = Callable[[TableName], str | None]
"""The partition column of a table that the script does not create."""


def _usual(table: TableName) -> str | None:
    return "ds"


@dataclass
class _Tracker:
    project: str
    partition_column: PartitionColumn
    reads: dict[TableName, Window] = field(default_factory=dict)
    writes: dict[TableWrite, None] = field(default_factory=dict)
    created: dict[TableName, str | None] = field(default_factory=dict)

    def read(self, table: TableName, window: Window) -> None:
        if table in self.created and any(write.table == table for write in self.writes):
            return
        known = self.reads.get(table)
        self.reads[table] = window if known is None else known.either(window)

    def write(self, table: TableName, ds: str | None) -> None:
        self.writes[TableWrite(table, ds)] = None

    def query(self, query: exp.Expr) -> None:
        def partition_of(node: exp.Table) -> str | None:
            return self.partition(TableName(node.db or self.project, node.name))

        for use in table_uses(query, partition_of):
            self.read(TableName(use.node.db or self.project, use.node.name), use.window)

    def partition(self, table: TableName) -> str | None:
        return self.created[table] if table in self.created else self.partition_column(table)


def lineage(
    script: str,
    *,
    parameters: Mapping[str, str],
    project: str,
    partition_column: PartitionColumn = _usual,
) -> Lineage:
    """Reads and writes of a script after `${name}` is replaced; unqualified tables belong to `project`.

    A table that the script itself creates and writes before it reads it is not a read. `partition_column`
    tells the partition column of other tables (`ds` when nothing better is known).
    Raises SqlError for a syntax error or an unknown `${name}`, with the script's line.
    """
    tracker = _Tracker(project, partition_column)
    for statement in split(script):
        filled = substitute(statement, parameters)
        if filled.kind is StatementKind.SQL:
            _sql(filled, tracker)
        elif filled.kind is StatementKind.PAI:
            _pai(filled, tracker)
    reads = (TableRead(table, window.first, window.last) for table, window in sorted(tracker.reads.items()))
    return Lineage(tuple(reads), tuple(tracker.writes))


def _sql(statement: Statement, tracker: _Tracker) -> None:
    found = read_statement(statement.text, statement.line, tracker.project)
    if isinstance(found, Select):
        tracker.query(found.query)
    elif isinstance(found, CreateTable):
        if found.query is not None:
            tracker.query(found.query)
        partition = found.schema.partition if found.schema is not None else None
        if found.like is not None:
            partition = tracker.partition(found.like)
        tracker.created[found.table] = partition
        if found.query is not None:
            tracker.write(found.table, None)
    elif isinstance(found, Insert):
        tracker.query(found.query)
        tracker.write(found.table, found.ds)
    elif isinstance(found, (AddPartition, Truncate)):
        tracker.write(found.table, found.ds)
    elif isinstance(found, DropPartition):
        for _, operator, value in found.tests:
            tracker.write(found.table, value if operator == "=" else None)


def _pai(statement: Statement, tracker: _Tracker) -> None:
    """`input…Table…` parameters are reads, `output…Table…` writes; `…Partition(s)` give their days."""
    command = PaiCommand.parse(statement.text, line=statement.line)
    tables = pai_tables(command, tracker.project, line=statement.line)
    for table, window in tables.inputs:
        tracker.read(table, window)
    for table, ds in tables.outputs:
        tracker.write(table, ds)


@dataclass(frozen=True)
class PaiTables:
    inputs: tuple[tuple[TableName, Window], ...]
    outputs: tuple[tuple[TableName, str | None], ...]


_TABLE_KEY = re.compile(r"(input|output)(\w*?)Table(Name)?", re.IGNORECASE)
_ODPS = re.compile(r"odps://([^/]+)/tables/([^/]+)(?:/(.*))?")


def pai_tables(command: PaiCommand, project: str, *, line: int | None = None) -> PaiTables:
    """Tables that a PAI command names. Raises SqlError for a table name or partition that cannot be read."""
    inputs: list[tuple[TableName, Window]] = []
    outputs: list[tuple[TableName, str | None]] = []
    for key, value in command.parameters.items():
        match = _TABLE_KEY.fullmatch(key)
        if not match or not value:
            continue
        table, partition = _table_and_partition(value, project, line)
        days = [partition] if partition else _partner_days(command, match, line)
        if match[1].lower() == "input":
            inputs.append((table, Window(min(days), max(days)) if days else OPEN))
        else:
            outputs.append((table, days[0] if days else None))
    return PaiTables(tuple(inputs), tuple(outputs))


def _table_and_partition(value: str, project: str, line: int | None) -> tuple[TableName, str | None]:
    """`table`, `project.table`, `table/ds=…`, or `odps://project/tables/table/ds=…`."""
    address = _ODPS.fullmatch(value)
    name, _, rest = (f"{address[1]}.{address[2]}", "", address[3] or "") if address else value.partition("/")
    try:
        return TableName.parse(name, project), _day(rest, line) if rest else None
    except InvalidInput as error:
        raise SqlError(error.message, line=line, hint=error.hint) from None


def _partner_days(command: PaiCommand, match: re.Match[str], line: int | None) -> list[str]:
    for ending in ("TablePartitions", "TablePartition", "Partitions", "Partition"):
        for key, value in command.parameters.items():
            if key.lower() == f"{match[1]}{match[2]}{ending}".lower() and value:
                return [_day(part, line) for part in re.split(r"[,;]", value) if part]
    return []


def _day(text: str, line: int | None) -> str:
    """`ds=20260101` as its day."""
    _, _, value = text.strip().partition("=")
    day = constant_day(exp.Literal.string(value.strip("\"' ")))
    if day is None:
        raise SqlError(f"cannot read the partition {text!r}", line=line, hint="write ds=YYYYMMDD")
    return day
