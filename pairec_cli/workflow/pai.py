"""PAI commands of a script, run on our own components: the table in, the table out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from pairec_cli.components.registry import COMPONENTS
from pairec_cli.domain.components import NOTES
from pairec_cli.domain.errors import DataError, InvalidInput
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.store import Warehouse


@dataclass(frozen=True)
class ComponentRunner:
    """Runs one command against the warehouse; `fingerprint` marks what it writes."""

    warehouse: Warehouse
    project: str
    fingerprint: str | None
    log: Callable[[str], None]

    def __call__(self, command: PaiCommand) -> int:
        """Rows written. Raises NotFound for an unknown component, SqlError for its parameters."""
        component = COMPONENTS.load(command.name)()
        parameters = component.Parameters.parse(command.name, command.parameters)
        source = TableName.parse(parameters.input_table_name, self.project)
        days = _days(parameters.input_table_partitions)
        columns = list(component.input_columns(parameters))
        known = self.warehouse.schema(source).column_names
        missing = [column for column in columns if column not in known]
        if missing:
            raise DataError(f"{source} has no column {missing[0]!r}; it has {', '.join(known)}")
        inputs = self.warehouse.read(source, days, columns)
        self.log(f"{command.name}: {inputs.num_rows} rows of {source}")
        result = component.run(inputs, parameters, threads=os.cpu_count() or 1)
        for note in (result.schema.metadata or {}).get(NOTES, b"").decode().splitlines():
            self.log(f"{command.name}: {note}")
        return self._write(parameters.output_table_name, parameters.output_table_partition, result)

    def _write(self, table: str, partition: str | None, result: pa.Table) -> int:
        target = TableName.parse(table, self.project)
        days = _days(partition)
        if self.warehouse.ledger.schema(target) is None:
            columns = tuple(Column(field.name, _type(field.type)) for field in result.schema)
            self.warehouse.create_table(TableSchema(target, columns, "ds" if days else None))
        ds = days[0] if days else ""
        written = self.warehouse.write(target, ds, result, fingerprint=self.fingerprint)
        self.log(f"{target}: {written.rows} rows")
        return written.rows


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
