"""Users and items as people know them: whether they exist, and what an item is called."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.script import quoted
from pairec_cli.workflow.workspace import Workspace

_TITLES = ("title", "name", "item_title", "item_name")
Labels = dict[str, dict[str, object]]


def label_columns(workspace: Workspace, solution: Solution) -> tuple[str, ...]:
    """The item table's title column, where it has one, and the first categorical column of its form."""
    known = workspace.warehouse.schema(TableNames(solution).source(TableRole.ITEM)).column_names
    title = [name for name in _TITLES if name in known][:1]
    return tuple(dict.fromkeys((*title, *solution.data_tables.item.categorical[:1])))


def item_labels(workspace: Workspace, solution: Solution, items: Collection[str]) -> Labels:
    """Item id → its label columns on the newest day of the item table; items that it lacks are left out."""
    table, key = TableNames(solution).source(TableRole.ITEM), solution.data_tables.item.item_id
    columns = label_columns(workspace, solution)
    days = workspace.warehouse.partitions(table)
    if not days or not items:
        return {}
    rows = workspace.warehouse.read(table, [max(days)], [key, *columns])
    ids = pc.cast(rows.column(key), pa.string())
    wanted = pc.is_in(ids, value_set=pa.array(sorted(items), pa.string()))
    found = rows.filter(wanted)
    return {str(row[key]): {name: row[name] for name in columns} for row in found.to_pylist()}


def require_item(workspace: Workspace, solution: Solution, item: str) -> None:
    """Raises NotFound for an item that the item table's newest day lacks, DataError where it has no day."""
    _require(workspace, solution, TableRole.ITEM, solution.data_tables.item.item_id, item)


def require_user(workspace: Workspace, solution: Solution, user: str) -> None:
    """Raises as `require_item`, for a user."""
    _require(workspace, solution, TableRole.USER, solution.data_tables.user.user_id, user)


def _require(workspace: Workspace, solution: Solution, role: TableRole, key: str, wanted: str) -> None:
    table = TableNames(solution).source(role)
    days = workspace.warehouse.partitions(table)
    if not days:
        raise DataError(f"{table} holds no data yet", hint="pairec data list")
    ids = pc.cast(workspace.warehouse.read(table, [max(days)], [key]).column(key), pa.string())
    if not pc.any(pc.equal(ids, wanted)).as_py():
        some = f"SELECT {quoted(key)} FROM {table} WHERE ds = '{max(days)}' LIMIT 5"
        raise NotFound(str(role), wanted, hint=f'pairec sql "{some}"')
