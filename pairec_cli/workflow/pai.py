"""PAI commands of a script, run on our own components: the table in, the table out."""

from __future__ import annotations

import re

import pyarrow as pa

from pairec_cli.components.registry import COMPONENTS
from pairec_cli.domain.components import NOTES
from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.ledger import Partition
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.commands import CommandContext


def run_component(command: PaiCommand, context: CommandContext) -> list[Partition]:
    """Run one command on the component of its name; returns the partition it wrote.

    Raises NotFound for an unknown component, SqlError for its parameters, DataError for its input.
    """
    component = COMPONENTS.load(command.name)()
    parameters = component.Parameters.parse(command.name, command.parameters)
    source = TableName.parse(parameters.input_table_name, context.project)
    days = _days(parameters.input_table_partitions)
    columns = list(component.input_columns(parameters))
    known = context.warehouse.schema(source).column_names
    missing = [column for column in columns if column not in known]
    if missing:
        raise DataError(f"{source} has no column {missing[0]!r}; it has {', '.join(known)}")
    inputs = context.warehouse.read(source, days, columns)
    context.log(f"{command.name}: {inputs.num_rows} rows of {source}")
    result = component.run(inputs, parameters, threads=context.threads)
    for note in (result.schema.metadata or {}).get(NOTES, b"").decode().splitlines():
        context.log(f"{command.name}: {note}")
    return [_write(context, parameters.output_table_name, parameters.output_table_partition, result)]


def _write(context: CommandContext, table: str, partition: str | None, result: pa.Table) -> Partition:
    """The output table is made from the result where it does not exist, as PAI does."""
    target = TableName.parse(table, context.project)
    days = _days(partition)
    if context.warehouse.ledger.schema(target) is None:
        columns = tuple(Column(field.name, _type(field.type)) for field in result.schema)
        context.warehouse.create_table(TableSchema(target, columns, "ds" if days else None))
    written = context.warehouse.write(
        target, days[0] if days else "", result, fingerprint=context.fingerprint
    )
    context.log(f"{target}: {written.rows} rows")
    return written


def _days(partitions: str | None) -> list[str] | None:
    """The days of `ds=20260101,ds=20260102`; None when no partition is named."""
    if not partitions:
        return None
    days = []
    for part in partitions.split(","):
        match = re.fullmatch(r"\s*ds='?(\d{8})'?\s*", part)
        if not match:
            raise InvalidInput(f"partition {part!r} is not ds=YYYYMMDD")
        days.append(match.group(1))
    return days


def _type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "BIGINT"
    return "DOUBLE" if pa.types.is_floating(kind) else "STRING"
