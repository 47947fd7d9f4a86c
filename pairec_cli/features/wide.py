"""The wide table: each behavior of the day with everything known of its user and its item on that day."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import preprocess
from pairec_cli.features.columns import entity_attributes
from pairec_cli.features.script import Field, Target, quoted, select_list, sql_node

_ABOUT = """\
Wide behavior table: all behaviors of the day with the attributes of their user and item.
A behavior whose user or item is missing from its table keeps NULL attributes."""


def fields(solution: Solution) -> list[Field]:
    """Columns of the wide table with their expressions over b(ehavior), u(ser) and i(tem)."""
    behavior = preprocess.fields(solution, TableRole.BEHAVIOR)
    found = [Field(field.name, field.type, f"b.{quoted(field.name)}", field.comment) for field in behavior]
    for role, alias in ((TableRole.USER, "u"), (TableRole.ITEM, "i")):
        found += [
            Field(a.wide, a.field.type, f"{alias}.{quoted(a.field.name)}", a.field.comment)
            for a in entity_attributes(solution, role)
        ]
    return found


def node(solution: Solution) -> Node:
    """The node that joins the three preprocess tables of one day."""
    names = TableNames(solution)
    behavior, user, item = (
        names.preprocess(role) for role in (TableRole.BEHAVIOR, TableRole.USER, TableRole.ITEM)
    )
    columns = fields(solution)
    query = f"""\
SELECT
    {select_list(columns)}
FROM (SELECT * FROM {behavior} WHERE ds = '${{bizdate}}') b
LEFT JOIN (SELECT * FROM {user} WHERE ds = '${{bizdate}}') u
    ON b.{names.user_id} = u.{names.user_id}
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') i
    ON b.{names.item_id} = i.{names.item_id}"""
    lifecycle = solution.data_tables.behavior.lifecycle
    target = Target(names.wide(), columns, _ABOUT.split("\n")[0], lifecycle)
    inputs = [behavior, user, item]
    return sql_node(solution, target.table, target.filled_by(query), about=_ABOUT, inputs=inputs)
