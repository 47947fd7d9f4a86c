"""Which parts of a syntax tree are read here. Others are refused, so that none is lost in silence."""

from __future__ import annotations

import re

from sqlglot import exp

from pairec_cli.domain.errors import UnsupportedSql
from pairec_cli.warehouse.maxcompute.dialect import line_of

_QUERY = ("with_", "order", "limit", "offset", "sort", "distribute", "cluster")
_CLAUSES = ("where", "group", "having", "qualify")
_SET_OPERATIONS = (exp.Union, exp.Except, exp.Intersect)
_USUAL = frozenset({"this", "expression", "expressions"})


def _parts(*names: str) -> frozenset[str]:
    return frozenset(names)


READ: dict[type[exp.Expr], frozenset[str]] = {
    # Statements
    exp.Insert: _parts("with_", "this", "expression", "overwrite"),
    exp.Create: _parts("this", "kind", "expression", "exists", "properties"),
    exp.Drop: _parts("kind", "tables", "exists", "purge"),
    exp.Alter: _parts("this", "kind", "actions"),
    exp.TruncateTable: _parts("expressions", "partition"),
    exp.Describe: _parts("this"),
    exp.AddPartition: _parts("this", "exists"),
    exp.DropPartition: _parts("expressions", "exists"),
    exp.ColumnDef: _parts("this", "kind", "constraints"),
    exp.ColumnConstraint: _parts("kind"),
    exp.Property: _parts("this", "value"),
    exp.FileFormatProperty: _parts("this", "hive_format"),
    # Queries
    exp.Select: _parts("expressions", "hint", "distinct", "from_", "joins", "laterals", *_CLAUSES, *_QUERY),
    **dict.fromkeys(_SET_OPERATIONS, _parts("this", "expression", "distinct", *_QUERY)),
    exp.Subquery: _parts("this", "alias", "joins", "laterals"),
    exp.Values: _parts("expressions", "alias"),
    exp.Table: _parts("this", "alias", "db", "catalog", "joins", "laterals", "partition"),
    exp.Join: _parts("this", "on", "side", "kind", "using", "method"),
    exp.Lateral: _parts("this", "view", "outer", "alias"),
    exp.CTE: _parts("this", "alias"),
    exp.TableAlias: _parts("this", "columns"),
    exp.Alias: _parts("this", "alias"),
    exp.Star: _parts("except_"),
    exp.Group: _parts("expressions", "grouping_sets", "cube", "rollup"),
    exp.Ordered: _parts("this", "desc", "nulls_first"),
    # Expressions
    exp.Identifier: _parts("this", "quoted"),
    exp.Literal: _parts("this", "is_string"),
    exp.Column: _parts("this", "table", "db", "catalog"),
    exp.DataType: _parts("this", "expressions", "nested"),
    exp.Between: _parts("this", "low", "high"),
    exp.In: _parts("this", "expressions", "query"),
    exp.Like: _parts("this", "expression", "negate"),
    exp.Case: _parts("this", "ifs", "default"),
    exp.If: _parts("this", "true"),
    **dict.fromkeys((exp.Cast, exp.TryCast), _parts("this", "to")),
    # `safe` and `typed` say how Hive divides and concatenates; here both are done as MaxCompute does.
    exp.Div: _parts("this", "expression", "safe", "typed"),
    exp.DPipe: _parts("this", "expression", "safe"),
    exp.Window: _parts("this", "partition_by", "order", "spec", "over", "alias", "first"),
    exp.WindowSpec: _parts("kind", "start", "start_side", "end", "end_side"),
}
"""The parts of each node that are read; of other nodes only their operands are."""


def check_parts(tree: exp.Expr, line: int) -> None:
    """Raises UnsupportedSql naming the first part that nothing reads, such as a table's sample."""
    for node in tree.walk():
        known = READ.get(type(node), _USUAL)
        for name, value in node.args.items():
            if value and name not in known:
                raise UnsupportedSql(
                    f"{name.strip('_').upper()} in {name_of(node)} is not supported",
                    line=line_of(value if isinstance(value, exp.Expr) else node, line),
                )


def name_of(node: exp.Expr) -> str:
    """A node's kind in words: `NullSafeEQ` → `NULL SAFE EQ`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()
