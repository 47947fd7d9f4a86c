"""All features of an entity on a day: its own attributes and its statistics."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import preprocess
from pairec_cli.features.script import Field, Target, quoted, select_list, source_form, sql_node
from pairec_cli.features.spec import FeatureKind, statistics
from pairec_cli.features.static_feat import key_column

_ABOUT = """\
All features of {side}s: attributes of the day joined with statistics up to the day.
Without behavior in the window, counts are 0 and other statistics NULL."""


def fields(solution: Solution, side: TableRole) -> list[Field]:
    """Columns with their expressions over p(reprocess) and s(tatistics), key first."""
    own = preprocess.fields(solution, side)
    found = [Field(field.name, field.type, f"p.{quoted(field.name)}", field.comment) for field in own]
    for spec in statistics(solution, side):
        counted = spec.kind is FeatureKind.COUNT
        value = f"COALESCE(s.{spec.name}, 0)" if counted else f"s.{spec.name}"
        found.append(Field(spec.name, spec.type, value, spec.comment))
    return found


def node(solution: Solution, side: TableRole) -> Node:
    """The node that writes every feature of users or items for one day."""
    names, key = TableNames(solution), key_column(solution, side)
    own, static = names.preprocess(side), names.static_feat(side)
    columns = fields(solution, side)
    query = f"""\
SELECT
    {select_list(columns)}
FROM (SELECT * FROM {own} WHERE ds = '${{bizdate}}') p
LEFT JOIN (SELECT * FROM {static} WHERE ds = '${{bizdate}}') s
    ON p.{key} = s.{key}"""
    about = _ABOUT.format(side=side)
    target = Target(
        names.all_feat(side), columns, about.split("\n")[0], source_form(solution, side).lifecycle
    )
    return sql_node(solution, target.table, target.filled_by(query), about=about, inputs=[own, static])
