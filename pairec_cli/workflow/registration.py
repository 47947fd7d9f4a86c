"""Step 3, data registration: a table is looked at before it is registered, and what is wrong is said at once.

Looked at are its columns, its partitions, and the rows of its newest days: ids that are missing, repeated or
hold a character that the recall tables' grammars reserve, times in milliseconds or on another day, unknown
events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.domain.ds import DsRange, ranges, shift, unix_start
from pairec_cli.domain.errors import DataError, NotFound, nearest
from pairec_cli.domain.instance import Instance, RegisteredTable
from pairec_cli.domain.tables import TableName, TableRole, TableSchema
from pairec_cli.workflow.instances import require_premium

if TYPE_CHECKING:
    from pairec_cli.workflow.workspace import Workspace

DISPLAY_NAMES = {
    TableRole.USER: "User Table",
    TableRole.ITEM: "Item Table",
    TableRole.BEHAVIOR: "Behavior Table",
}
FIELDS: dict[TableRole, tuple[str, ...]] = {
    TableRole.USER: ("user_id",),
    TableRole.ITEM: ("item_id",),
    TableRole.BEHAVIOR: ("user_id", "item_id", "event", "event_time"),
}
"""What a table of each role must have; a table's own column names may differ (`fields`)."""
USEFUL = {
    TableRole.USER: {"register_time": "days since registration"},
    TableRole.ITEM: {"pub_time": "days since publication"},
    TableRole.BEHAVIOR: {"request_id": "exact training samples", "exp_id": "comparing experiments"},
}
"""Columns that PAI-Rec recommends, and what is lost without them."""
EVENTS = ("expr", "click", "praise")
CHECKED_DAYS = {TableRole.USER: 1, TableRole.ITEM: 1, TableRole.BEHAVIOR: 7}
MILLISECONDS = 100_000_000_000
"""Unix seconds stay below this until the year 5138; Unix milliseconds are above it since 1973."""
RESERVED = r"[:;,#\x02\x03\x1d]"
MAY_STRAY = 0.01
"""Share of rows whose time may lie outside the day of their partition: logs arrive late."""


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error) or that costs something (warning)."""

    level: Level
    check: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


@dataclass(frozen=True)
class Report:
    """What a look at the table showed. `fields` maps PAI-Rec's field to the table's column."""

    table: str
    role: TableRole
    fields: Mapping[str, str]
    columns: int
    days: int
    first: str | None
    last: str | None
    rows: int
    checked: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "errors": len(self.errors), "warnings": len(self.findings) - len(self.errors)}


def register(
    workspace: Workspace,
    table: str,
    *,
    role: TableRole,
    display_name: str | None = None,
    fields: Mapping[str, str] | None = None,
    events: Sequence[str] = EVENTS,
    instance: str | None = None,
    force: bool = False,
) -> RegisteredTable:
    """Look at the table and register it, or register it again.

    Raises EditionRefused, NotFound (instance, table), DataError when the look found errors and `force` is not
    asked, AlreadyExists when the table is registered under another display name.
    """
    owner = workspace.control.instances.get(instance) if instance else workspace.instance
    require_premium(owner, "data registration for custom solutions")
    name = TableName.parse(table, owner.bindings.maxcompute_project)
    report = inspect(workspace, name, role, owner, fields=fields, events=events)
    if report.errors and not force:
        raise DataError(_told(report), hint="mend it, or register it as it is with --force")
    chosen = display_name or _free_display_name(workspace, owner.name, name, role)
    return workspace.control.tables.register(owner.name, chosen, name, role, report.as_dict())


def inspect(
    workspace: Workspace,
    table: TableName,
    role: TableRole,
    instance: Instance,
    *,
    fields: Mapping[str, str] | None = None,
    events: Sequence[str] = EVENTS,
) -> Report:
    """Look at columns, partitions and the newest days' rows. Raises NotFound for an unknown table."""
    try:
        schema = workspace.warehouse.schema(table)
    except NotFound as error:
        raise NotFound(
            "table", str(table), error.known, hint="pairec data generate, or pairec data import"
        ) from None
    columns = _columns(role, fields or {})
    partitions = workspace.warehouse.partitions(table)
    days = [ds for ds in partitions if ds]
    checked = tuple(days[-CHECKED_DAYS[role] :])
    findings = [*_check_columns(schema, role, columns), *_check_days(schema, days)]
    present = {name: column for name, column in columns.items() if schema.column(column)}
    for ds in checked:
        rows = workspace.warehouse.read(table, [ds], list(present.values()))
        findings += _check_rows(rows.rename_columns(list(present)), role, ds, instance.timezone, events)
    return Report(
        table=str(table),
        role=role,
        fields=columns,
        columns=len(schema.columns),
        days=len(days),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        rows=sum(partition.rows for partition in partitions.values()),
        checked=checked,
        findings=tuple(_merged(findings)),
    )


def _columns(role: TableRole, fields: Mapping[str, str]) -> dict[str, str]:
    for name in fields:
        if name not in FIELDS[role]:
            raise NotFound(f"field of a {role} table", name, FIELDS[role])
    return {name: fields.get(name, name) for name in FIELDS[role]}


def _check_columns(schema: TableSchema, role: TableRole, columns: Mapping[str, str]) -> Iterator[Finding]:
    for name, column in columns.items():
        found = schema.column(column)
        if found is None:
            close = nearest(column, schema.column_names)
            option = f"--{name.replace('_', '-')}"
            hint = f"{option} {close or 'COLUMN'} names the column that holds it"
            yield Finding(Level.ERROR, "columns", f"column {column!r} is missing", hint)
        elif name == "event_time" and found.type.upper() not in ("BIGINT", "INT"):
            yield Finding(
                Level.ERROR,
                "columns",
                f"{column} is {found.type}, not BIGINT",
                "write Unix seconds, 10 digits",
            )
    for name, lost in USEFUL[role].items():
        if schema.column(name) is None:
            yield Finding(Level.WARNING, "columns", f"no column {name!r}: without it no {lost}")


def _check_days(schema: TableSchema, days: Sequence[str]) -> Iterator[Finding]:
    if schema.partition is None:
        yield Finding(
            Level.ERROR, "partitions", "the table has no time partition", "create it PARTITIONED BY (ds)"
        )
    elif not days:
        yield Finding(
            Level.ERROR, "partitions", "the table has no partition", "pairec data generate, or data import"
        )
    else:
        held = set(days)
        gaps = [ds for ds in DsRange(days[0], days[-1]) if ds not in held]
        if gaps:
            listed = ", ".join(map(str, ranges(gaps)))
            yield Finding(Level.WARNING, "partitions", f"days without a partition: {listed}")


def _check_rows(
    rows: pa.Table, role: TableRole, ds: str, timezone: str, events: Sequence[str]
) -> Iterator[Finding]:
    for name in rows.column_names:
        yield from _check_presence(rows.column(name), name, ds)
        if name in ("user_id", "item_id"):
            yield from _check_reserved(rows.column(name), name)
    if role is not TableRole.BEHAVIOR and FIELDS[role][0] in rows.column_names:
        yield from _check_unique(rows.column(FIELDS[role][0]), FIELDS[role][0], ds)
    if "event_time" in rows.column_names and pa.types.is_integer(rows.schema.field("event_time").type):
        yield from _check_time(rows.column("event_time"), ds, timezone)
    if "event" in rows.column_names:
        yield from _check_events(rows.column("event"), events)


def _check_presence(values: pa.ChunkedArray, name: str, ds: str) -> Iterator[Finding]:
    missing = values.null_count
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        missing += pc.sum(pc.equal(values, "")).as_py() or 0
    if missing:
        yield Finding(Level.ERROR, "keys", f"{missing:,} of {len(values):,} rows of {ds} have no {name}")


def _check_reserved(values: pa.ChunkedArray, name: str) -> Iterator[Finding]:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return
    distinct = pc.unique(values).drop_null()
    bad = distinct.filter(pc.match_substring_regex(distinct, RESERVED))
    if len(bad):
        yield Finding(
            Level.ERROR,
            "keys",
            f"{name} holds a reserved character (: ; , #), as in {bad[0].as_py()!r}",
            "replace it, for example by _",
        )


def _check_unique(values: pa.ChunkedArray, name: str, ds: str) -> Iterator[Finding]:
    counts = pc.value_counts(values.drop_null())
    repeated = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        example = repeated[0].as_py()
        yield Finding(
            Level.ERROR,
            "keys",
            f"{len(repeated):,} {name}(s) stand in {ds} more than once, as {example['values']!r} "
            f"({example['counts']} times)",
            "keep one row per id and day",
        )


def _check_time(values: pa.ChunkedArray, ds: str, timezone: str) -> Iterator[Finding]:
    greatest = pc.max(values).as_py()
    if greatest is None:
        return
    if greatest >= MILLISECONDS:
        yield Finding(
            Level.ERROR,
            "time",
            f"event_time is in milliseconds, as {greatest}",
            "write seconds: event_time DIV 1000",
        )
        return
    start, end = unix_start(ds, timezone), unix_start(shift(ds, 1), timezone)
    inside = pc.and_(pc.greater_equal(values, start), pc.less(values, end))
    strays = len(values) - values.null_count - (pc.sum(inside).as_py() or 0)
    if strays > MAY_STRAY * len(values):
        share = f"{strays / len(values):.0%}"
        yield Finding(
            Level.WARNING,
            "time",
            f"{share} of the rows of {ds} have an event_time on another day in {timezone}",
            "check the instance's time zone",
        )


def _check_events(values: pa.ChunkedArray, events: Sequence[str]) -> Iterator[Finding]:
    found = {str(event) for event in pc.unique(values).to_pylist() if event}
    unknown = sorted(found - set(events))
    if found and not found & set(events):
        yield Finding(
            Level.ERROR,
            "events",
            f"none of the events {', '.join(events)} occurs; found {', '.join(unknown[:8])}",
            f"--events {','.join(unknown[:8])} names them, exposure first",
        )
    elif unknown:
        close = {event: nearest(event, events) for event in unknown}
        told = [
            f"{event!r}" + (f" (did you mean {near!r}?)" if near else "") for event, near in close.items()
        ]
        yield Finding(Level.WARNING, "events", f"unknown events: {', '.join(told[:8])}")


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first; what several days show alike is said once."""
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda finding: finding.level is not Level.ERROR)


def _told(report: Report) -> str:
    lines = "\n".join(f"  {finding}" for finding in report.errors)
    return f"{report.table} cannot be registered as the {report.role} table:\n{lines}"


def _free_display_name(workspace: Workspace, instance: str, table: TableName, role: TableRole) -> str:
    """The name the table has already, else the role's usual one unless another table has it."""
    entries = workspace.control.tables.all(instance)
    for entry in entries:
        if entry.table == table:
            return entry.display_name
    taken = {entry.display_name for entry in entries}
    return table.table if DISPLAY_NAMES[role] in taken else DISPLAY_NAMES[role]
