"""Scripts whose tables exist already with other columns.

`CREATE TABLE IF NOT EXISTS` leaves such a table as it is, and `INSERT` fills columns by their place: numbers
of 21 days would stand in a column named after 15. PAI-Rec's answer is the feature version, with which the
names of all generated tables end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pairec_cli.domain.ds import resolve_parameters, yesterday
from pairec_cli.domain.errors import DataError, SqlError
from pairec_cli.domain.ledger import Ledger
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import TableName, TableSchema
from pairec_cli.warehouse.maxcompute.statements import CreateTable, read_statement
from pairec_cli.warehouse.script import StatementKind, split, substitute


def refuse_clashes(ledger: Ledger, nodes: Iterable[Node], project: str, version: str) -> None:
    """Raises DataError naming every table that exists with other columns than its script gives it."""
    found = clashes(ledger, nodes, project)
    if found:
        following = f"v{int(version.removeprefix('v')) + 1}"
        raise DataError(
            "these tables exist with other columns than the scripts give them:\n  " + "\n  ".join(found),
            hint=f"pairec solution configure --set features.version={following}; pairec script generate",
        )


def clashes(ledger: Ledger, nodes: Iterable[Node], project: str) -> list[str]:
    """One sentence per table that exists with other columns than its script gives it."""
    found = []
    for node in nodes:
        exists = any(ledger.schema(TableName.parse(name, project)) for name in node.outputs)
        for schema in _created(node, project) if exists else ():
            standing = ledger.schema(schema.name)
            if standing is not None and _columns(standing) != _columns(schema):
                found.append(f"{schema.name}: {_difference(standing, schema)}")
    return found


def _created(node: Node, project: str) -> Iterator[TableSchema]:
    """The tables that a script creates. One that cannot be read creates none: its run will tell."""
    if node.kind is not NodeKind.ODPS_SQL:
        return
    parameters = resolve_parameters(dict(node.parameters), yesterday())
    try:
        for raw in split(node.script):
            if raw.kind is StatementKind.SQL and raw.text[:6].lower() == "create":
                statement = substitute(raw, parameters)
                found = read_statement(statement.text, statement.line, project)
                if isinstance(found, CreateTable) and found.schema is not None:
                    yield found.schema
    except SqlError:
        return


def _columns(schema: TableSchema) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in schema.columns]


def _difference(standing: TableSchema, wanted: TableSchema) -> str:
    """`lacks a, b; has c instead`, or what else differs."""
    before, after = dict(_columns(standing)), dict(_columns(wanted))
    lacks, extra = [name for name in after if name not in before], [n for n in before if n not in after]
    retyped = [f"{n} is {before[n]}, not {after[n]}" for n in after if before.get(n, after[n]) != after[n]]
    parts = [f"lacks {_few(lacks)}"] if lacks else []
    parts += [f"has {_few(extra)} too"] if extra else []
    return "; ".join([*parts, *retyped]) or "the columns stand in another order"


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
