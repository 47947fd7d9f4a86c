"""A look at the warehouse: every table with its days, and a table's rows."""

from __future__ import annotations

from typing import Any

from pairec_cli.domain.ds import ranges
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.tables import PUBLIC_PROJECT, TableName
from pairec_cli.workflow.data import show_public_project
from pairec_cli.workflow.workspace import Workspace


def tables(workspace: Workspace) -> list[dict[str, Any]]:
    """Each table of each project: days, partitions, rows, megabytes."""
    found = []
    for schema in workspace.warehouse.schemas():
        partitions = workspace.warehouse.ledger.partitions(schema.name)
        days = [ds for ds in partitions if ds]
        found.append(
            {
                "table": str(schema.name),
                "days": ", ".join(map(str, ranges(days))),
                "partitions": len(partitions),
                "rows": sum(partition.rows for partition in partitions.values()),
                "mb": round(sum(partition.bytes for partition in partitions.values()) / 1e6, 2),
            }
        )
    return found


def preview(
    workspace: Workspace, table: str, *, ds: str | None, limit: int
) -> tuple[list[dict[str, Any]], list[str], str]:
    """(rows, columns, ds) of the table's newest day or of `ds`. Raises NotFound for the table or the day."""
    name = TableName.parse(table, workspace.instance.bindings.maxcompute_project)
    if name.project == PUBLIC_PROJECT:
        show_public_project(workspace)
    schema = workspace.warehouse.schema(name)
    partitions = workspace.warehouse.partitions(name)
    day = ds or max(partitions, default="")
    if day not in partitions:
        raise NotFound(f"partition of {name}", day or "(any)", partitions, hint="pairec data list")
    text = f"SELECT {', '.join(f'`{column}`' for column in schema.column_names)} FROM {name}"
    where = f" WHERE {schema.partition} = '{day}'" if schema.partition else ""
    rows = workspace.sql.query(f"{text}{where} LIMIT {limit}", project=name.project)
    return rows.to_pylist(), schema.column_names, day
