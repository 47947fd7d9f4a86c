"""Preprocess nodes: the registered tables with clean keys, clean texts and the basic derived features."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import context_attributes, entity_attributes, event_fields
from pairec_cli.features.script import (
    INDENT,
    Field,
    Target,
    indent,
    quoted,
    reference,
    select_list,
    source_form,
    sql_node,
)

_ENTITY = """\
Cleaned {role} table: ids as STRING, one row per id, rows without an id left out, as are ids with : , ; #,
which would end an entry of a recall list.
Times are overwritten by days since then; : , ; # in texts become _."""
_BEHAVIOR = """\
Cleaned behavior log: ids as STRING, rows without both ids or an event left out, as are ids with : , ; #.
event_unix_time, event_value and scene have these names whatever the source calls them."""

RESERVED = "[:;,#]"
"""Characters that separate the entries of lists. Registration refuses a table whose ids hold one; a later day
of it must not spoil the lists of everybody else."""


def node(solution: Solution, role: TableRole) -> Node:
    """The preprocess node of one registered table."""
    return _behavior(solution) if role is TableRole.BEHAVIOR else _entity(solution, role)


def nodes(solution: Solution) -> list[Node]:
    return [node(solution, role) for role in (TableRole.USER, TableRole.ITEM, TableRole.BEHAVIOR)]


def fields(solution: Solution, role: TableRole) -> list[Field]:
    """The columns of a preprocess table, key first."""
    if role is TableRole.BEHAVIOR:
        context = [a for side in (TableRole.USER, TableRole.ITEM) for a in context_attributes(solution, side)]
        return [*event_fields(solution), *(attribute.field for attribute in context)]
    names, tables = TableNames(solution), solution.data_tables
    user = role is TableRole.USER
    source = tables.user.user_id if user else tables.item.item_id
    key = Field(
        names.user_id if user else names.item_id,
        "STRING",
        f"CAST({quoted(source)} AS STRING)",
        "User ID" if user else "Item ID",
    )
    return [key, *(attribute.field for attribute in entity_attributes(solution, role))]


def _entity(solution: Solution, role: TableRole) -> Node:
    """Of several rows with one id the greatest is kept, column by column: the same whatever the row order."""
    names, form = TableNames(solution), source_form(solution, role)
    key, *rest = columns = fields(solution, role)
    order = ", ".join(f"{quoted(field.name)} DESC" for field in rest or [key])
    listed = [quoted(field.name) for field in columns]
    query = f"""\
SELECT
    {select_list(listed)}
FROM (
    SELECT
        {indent(select_list(listed))},
        ROW_NUMBER() OVER (PARTITION BY {key.name} ORDER BY {order}) AS copy_number
    FROM (
        SELECT
            {indent(select_list(columns), 2)}
        FROM {reference(solution, names.source(role))}
        WHERE {quoted(form.partition)} = '${{bizdate}}'
    ) cleaned
    WHERE {key.name} IS NOT NULL AND {key.name} <> '' AND NOT {key.name} RLIKE '{RESERVED}'
) numbered
WHERE copy_number = 1"""
    about = _ENTITY.format(role=role)
    target = Target(names.preprocess(role), columns, about.split("\n")[0], form.lifecycle)
    return sql_node(solution, target.table, target.filled_by(query), about=about, inputs=[names.source(role)])


def _behavior(solution: Solution) -> Node:
    names, form = TableNames(solution), solution.data_tables.behavior
    columns = fields(solution, TableRole.BEHAVIOR)
    keys = [quoted(column) for column in (form.user_id, form.item_id, form.event)]
    present = [f"{key} IS NOT NULL AND CAST({key} AS STRING) <> ''" for key in keys]
    present += [f"NOT CAST({key} AS STRING) RLIKE '{RESERVED}'" for key in keys[:2]]
    known = f"\n{INDENT}AND ".join(present)
    query = f"""\
SELECT
    {select_list(columns)}
FROM {reference(solution, names.source(TableRole.BEHAVIOR))}
WHERE {quoted(form.partition)} = '${{bizdate}}'
    AND {known}"""
    target = Target(names.preprocess(TableRole.BEHAVIOR), columns, _BEHAVIOR.split("\n")[0], form.lifecycle)
    inputs = [names.source(TableRole.BEHAVIOR)]
    return sql_node(solution, target.table, target.filled_by(query), about=_BEHAVIOR, inputs=inputs)
