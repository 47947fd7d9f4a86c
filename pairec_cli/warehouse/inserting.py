"""The query of an INSERT as DuckDB text that gives every column of its table."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.tables import TableSchema
from pairec_cli.warehouse.maxcompute.from_clause import Query
from pairec_cli.warehouse.maxcompute.scope import Columns
from pairec_cli.warehouse.maxcompute.statements import Insert
from pairec_cli.warehouse.maxcompute.values import STRING
from pairec_cli.warehouse.types import parse_type

Translate = Callable[[exp.Expr, Columns], Query]
"""A query, and the columns that it fills by position."""


def insert_text(statement: Insert, schema: TableSchema, translate: Translate) -> str:
    """Raises NotFound for a column that the table does not have, and what `translate` raises."""
    return _all_columns(translate(statement.query, _targets(statement, schema)), statement, schema)


def _targets(statement: Insert, schema: TableSchema) -> Columns:
    """The columns that the query fills, by position; the partition last when the rows decide it."""
    columns = list(schema.columns)
    if statement.columns:
        known = {column.name.lower(): column for column in columns}
        for name in statement.columns:
            if name.lower() not in known:
                raise NotFound(f"column of {schema.name}", name, schema.column_names)
        columns = [known[name.lower()] for name in statement.columns]
    targets = [(column.name, parse_type(column.type)) for column in columns]
    return [*targets, ("ds", STRING)] if statement.dynamic else targets


def _all_columns(query: Query, statement: Insert, schema: TableSchema) -> str:
    """The query's text with every column of the table: those that a column list leaves out are NULL."""
    if not statement.columns:
        return query.text
    given = {name.lower() for name, _ in query.columns}
    items = [
        f'"{c.name}"'
        if c.name.lower() in given
        else f'CAST(NULL AS {parse_type(c.type).duckdb()}) AS "{c.name}"'
        for c in schema.columns
    ]
    items += ['"ds"'] if statement.dynamic else []
    return f"SELECT {', '.join(items)} FROM ({query.text})"
