"""`data import`: a file's rows as partitions of a table, each row on its day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.domain.ds import parse_ds, refuse_future, yesterday
from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.tables import TableName, TableRole, TableSchema
from pairec_cli.warehouse.importing import SourceFile, open_source
from pairec_cli.workflow.registration import FIELDS, MILLISECONDS
from pairec_cli.workflow.workspace import Workspace

BUFFER_ROWS = 2_000_000
"""Rows that are held before they are written, as one file for each of their days."""
SHOWN = 3


@dataclass(frozen=True)
class DayRule:
    """Where a row's day comes from: a column of days, a column of Unix seconds, or one day for all.

    All None is a table without partitions.
    """

    day_column: str | None = None
    time_column: str | None = None
    ds: str | None = None
    timezone: str = "UTC"


@dataclass(frozen=True)
class ImportPlan:
    """What an import will write: the table, made first where `creates`, and the rows of each day."""

    source: SourceFile
    schema: TableSchema
    rule: DayRule
    rows: dict[str, int]
    creates: bool
    append: bool

    @property
    def table(self) -> TableName:
        return self.schema.name


def plan_import(
    workspace: Workspace,
    file: Path,
    table: str,
    *,
    ds: str | None = None,
    time_column: str | None = None,
    append: bool = False,
) -> ImportPlan:
    """Read the whole file once: its columns, its rows per day, and everything that is wrong with it.

    A row's day is its partition column in the file, else `time_column`'s (Unix seconds, in the instance's
    time zone), else `ds`. Raises NotFound (file, column), InvalidInput (table's name, how the day is told),
    DataError for a file that cannot be read, does not fit the table, or has rows without a day that is over.
    """
    instance = workspace.instance
    name = TableName.parse(table, instance.bindings.maxcompute_project)
    existing = workspace.warehouse.ledger.schema(name)
    partition = existing.partition if existing else "ds"
    types = {column.name: column.type for column in existing.columns} if existing else {}
    if partition:
        types[partition] = "STRING"
    if time_column:
        types.setdefault(time_column, "BIGINT")
    source = open_source(file, types)
    rule = _rule(source, partition, ds, time_column, instance.timezone)
    schema = existing or _schema(source, name)
    _refuse_other_columns(source, schema)
    rows: dict[str, int] = {}
    for day, part in _dated(source, rule):
        rows[day] = rows.get(day, 0) + part.num_rows
    if not rows:
        raise DataError(f"{file} holds no rows")
    return ImportPlan(source, schema, rule, dict(sorted(rows.items())), existing is None, append)


def run_import(workspace: Workspace, plan: ImportPlan) -> list[Partition]:
    """Write the planned days, all at once. Raises DataError when the file has changed since the plan."""
    if plan.creates:
        workspace.warehouse.create_table(plan.schema)
    # What is added twice is not the same as what was added once.
    fingerprint = of_text(str(plan.table), str(time.time_ns())) if plan.append else None
    return workspace.warehouse.write_many(_parts(plan), fingerprint=fingerprint, append=plan.append)


def likely_role(schema: TableSchema) -> TableRole | None:
    """The role whose columns the table has; None when that is not clear."""
    names = set(schema.column_names)
    roles = (TableRole.BEHAVIOR, TableRole.USER, TableRole.ITEM)
    fitting = [role for role in roles if names.issuperset(FIELDS[role])]
    return fitting[0] if fitting and (len(fitting) == 1 or fitting[0] is TableRole.BEHAVIOR) else None


def _rule(
    source: SourceFile, partition: str | None, ds: str | None, time_column: str | None, timezone: str
) -> DayRule:
    names = [column.name for column in source.columns]
    if partition is None:
        if ds or time_column:
            raise InvalidInput("the table has no partitions, so its rows have no day")
        return DayRule()
    if time_column and time_column not in names:
        raise NotFound(f"column of {source.path}", time_column, names)
    own = next((name for name in names if name.lower() == partition.lower()), None)
    told = [name for name, given in (("--ds", ds), ("--time-column", time_column)) if given]
    if own and told:
        raise InvalidInput(
            f"{source.path} tells each row's day in its column {own}", hint=f"leave out {' and '.join(told)}"
        )
    if len(told) > 1:
        raise InvalidInput("--ds and --time-column both tell the day", hint="leave one of them out")
    if not own and not told:
        last = yesterday(timezone)
        raise InvalidInput(
            f"nothing tells the day of the rows: {source.path} has no column {partition}",
            hint=f"add --ds {last}, or --time-column with the column of Unix seconds",
        )
    if ds:
        refuse_future(parse_ds(ds), timezone)
    return DayRule(own, time_column, ds, timezone)


def _schema(source: SourceFile, name: TableName) -> TableSchema:
    columns = tuple(column for column in source.columns if column.name.lower() != "ds")
    return TableSchema(name, columns, "ds")


def _refuse_other_columns(source: SourceFile, schema: TableSchema) -> None:
    """Raises DataError unless the file has exactly the table's columns, whatever their order and case."""
    partition = (schema.partition or "").lower()
    given = [column.name for column in source.columns if column.name.lower() != partition]
    lowered = {name.lower() for name in given}
    wanted = {name.lower() for name in schema.column_names}
    lacking = [name for name in schema.column_names if name.lower() not in lowered]
    extra = [name for name in given if name.lower() not in wanted]
    told = [f"lacks {', '.join(lacking)}"] if lacking else []
    told += [f"has unknown {', '.join(extra)}"] if extra else []
    if told:
        raise DataError(
            f"{source.path} {' and '.join(told)}: {schema.name} exists with other columns",
            hint=f"its columns are {', '.join(schema.column_names)}",
        )


def _parts(plan: ImportPlan) -> Iterator[tuple[TableName, str, pa.Table]]:
    """The rows by day, a buffer at a time."""
    waiting: dict[str, list[pa.RecordBatch]] = {}
    written: dict[str, int] = {}
    held = 0
    for day, part in _dated(plan.source, plan.rule):
        waiting.setdefault(day, []).append(part)
        written[day] = written.get(day, 0) + part.num_rows
        held += part.num_rows
        if held >= BUFFER_ROWS:
            yield from _flushed(plan.table, waiting)
            held = 0
    yield from _flushed(plan.table, waiting)
    if written != plan.rows:
        raise DataError(f"{plan.source.path} changed while it was imported", hint="run the command again")


def _flushed(
    table: TableName, waiting: dict[str, list[pa.RecordBatch]]
) -> Iterator[tuple[TableName, str, pa.Table]]:
    for day in sorted(waiting):
        yield table, day, pa.Table.from_batches(waiting[day])
    waiting.clear()


def _dated(source: SourceFile, rule: DayRule) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Each batch's rows by day. Raises DataError for rows without a day that is over."""
    before = 0
    for batch in source.batches():
        if rule.day_column or rule.time_column:
            days = _days(source.path, batch, rule, before)
            for code, day in enumerate(days.dictionary.to_pylist()):
                chosen = np.flatnonzero(days.indices.to_numpy() == code)
                yield day, batch.take(pa.array(chosen))
        elif batch.num_rows:
            yield rule.ds or "", batch
        before += batch.num_rows


def _days(path: Path, batch: pa.RecordBatch, rule: DayRule, before: int) -> pa.DictionaryArray:
    """Each row's ds. Raises DataError with the first rows whose day cannot be, or is not over yet."""
    if rule.time_column:
        seconds = batch.column(rule.time_column)
        _refuse_milliseconds(path, rule.time_column, seconds)
        moments = seconds.cast(pa.timestamp("s")).cast(pa.timestamp("s", rule.timezone))
        texts = pc.strftime(moments, "%Y%m%d")
    else:
        texts = batch.column(rule.day_column)
    encoded = texts.dictionary_encode()
    known = {text: _day(text, rule.timezone) for text in encoded.dictionary.to_pylist()}
    bad = {text: why for text, (_, why) in known.items() if why}
    if bad or texts.null_count:
        _refuse_days(path, rule, batch, texts, bad, before)
    days = pa.array([known[text][0] for text in encoded.dictionary.to_pylist()], pa.string())
    if len(set(days.to_pylist())) < len(days):  # 20260101 and 2026-01-01 are one day
        return days.take(encoded.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, days)


def _day(text: str, timezone: str) -> tuple[str, str]:
    """(ds, "") of a text, or ("", what is wrong with it)."""
    try:
        return refuse_future(parse_ds(text), timezone), ""
    except InvalidInput as error:
        return "", error.message


def _refuse_milliseconds(path: Path, name: str, seconds: pa.Array) -> None:
    if not pa.types.is_integer(seconds.type):
        raise DataError(
            f"{path}: column {name} is no column of whole numbers",
            hint="--time-column takes Unix seconds, 10 digits",
        )
    greatest = pc.max(seconds).as_py()
    if greatest is not None and greatest >= MILLISECONDS:
        raise DataError(
            f"{path}: column {name} holds milliseconds, as {greatest}",
            hint="Unix seconds have 10 digits: divide by 1000",
        )


def _refuse_days(
    path: Path, rule: DayRule, batch: pa.RecordBatch, texts: pa.Array, bad: dict[str, str], before: int
) -> None:
    told = rule.day_column or rule.time_column
    wrong = pc.or_(pc.is_null(texts), pc.is_in(texts, pa.array(list(bad), pa.string())))
    rows = np.flatnonzero(wrong.to_numpy(zero_copy_only=False))
    lines = [
        f"  row {before + row + 1}: {told} is {batch.column(told)[row].as_py()!r}: "
        f"{bad.get(texts[row].as_py(), 'no day')}"
        for row in rows[:SHOWN].tolist()
    ]
    raise DataError(
        f"{path}: {len(rows):,} row(s) have no day that is over:\n" + "\n".join(lines),
        hint="rows are counted after the header; days are YYYYMMDD",
    )
