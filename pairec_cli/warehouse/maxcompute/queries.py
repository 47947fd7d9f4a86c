"""Queries of MaxCompute SQL as DuckDB text with named, typed columns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.warehouse.maxcompute.aggregation import ordered_text
from pairec_cli.warehouse.maxcompute.dialect import line_of
from pairec_cli.warehouse.maxcompute.expressions import Expressions
from pairec_cli.warehouse.maxcompute.from_clause import Catalog, FromClause, Query, renamed
from pairec_cli.warehouse.maxcompute.generators import selected_explode
from pairec_cli.warehouse.maxcompute.scope import Columns, Scope, Source
from pairec_cli.warehouse.maxcompute.values import (
    STRING,
    VOID,
    Value,
    cast,
    common,
    quote,
)


class QueryTranslator:
    """Translates queries against a catalog; `line` is where the statement starts in its script."""

    def __init__(self, catalog: Catalog, line: int = 1, *, positions: bool = False) -> None:
        """`positions`: whether GROUP BY 1 and ORDER BY 1 mean columns (odps.sql.groupby.position.alias)."""
        self.line, self.positions = line, positions
        self.expressions = Expressions(self, line)
        self.named: list[dict[str, Columns]] = []
        self.from_clause = FromClause(self, catalog)

    # Entry points

    def query(self, node: exp.Expr, targets: Columns | None = None, outer: Scope | None = None) -> Query:
        """`targets` renames and casts the columns by position, as INSERT does.

        Raises SqlError, UnsupportedSql with the script's line.
        """
        if isinstance(node, exp.Subquery) and not node.args.get("alias"):
            if node.args.get("joins") or node.args.get("laterals"):
                raise self._unsupported(node, "a join in parentheses")
            return self.query(node.this, targets, outer)
        with_text = self._with(node, outer)
        try:
            if isinstance(node, exp.Select):
                query = self._select(node, targets, outer)
            elif isinstance(node, exp.SetOperation):
                query = self._set_operation(node, targets, outer)
            elif isinstance(node, exp.Values):
                query = self._retarget(self.values(node, outer), targets, node)
            else:
                raise self._unsupported(node)
        finally:
            self.named.pop()
        return Query(with_text + query.text, query.columns)

    def subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, Columns]:
        found = self.query(node, outer=scope)
        return found.text, found.columns

    def with_columns(self, name: str) -> Columns | None:
        """The columns of the WITH query of that name, innermost first."""
        return next((names[name.lower()] for names in reversed(self.named) if name.lower() in names), None)

    def _unsupported(self, node: exp.Expr, what: str | None = None) -> UnsupportedSql:
        return self.expressions.unsupported(node, what)

    # WITH

    def _with(self, node: exp.Expr, outer: Scope | None) -> str:
        """Push the names that the query defines; the caller pops them."""
        clause = node.args.get("with_")
        names: dict[str, Columns] = {}
        self.named.append(names)
        if clause is None:
            return ""
        parts = []
        for cte in clause.expressions:
            found = self.query(cte.this, outer=outer)
            columns = renamed(found.columns, cte.args.get("alias"), self.line)
            names[cte.alias.lower()] = columns
            listed = ", ".join(quote(name) for name, _ in columns)
            parts.append(f"{quote(cte.alias)}({listed}) AS ({found.text})")
        return f"WITH {', '.join(parts)} "

    # SELECT

    def _select(self, node: exp.Select, targets: Columns | None, outer: Scope | None) -> Query:
        origin, scope = self.from_clause.translate(node, outer)
        where = node.args.get("where")
        tail = [f" WHERE {self.expressions.condition(where.this, scope)}"] if where else []
        outputs = self._outputs(node, scope)
        if targets is not None and not node.args.get("distinct"):
            self._check_count(outputs, targets, node)
            selected = [
                (name, cast(value, kind)) for (_, value), (name, kind) in zip(outputs, targets, strict=True)
            ]
        else:
            selected = outputs
        scope.aliases = {name.lower(): value for name, value in outputs}
        tail.append(self._group(node, scope, [value for _, value in outputs]))
        for name in ("having", "qualify"):
            if node.args.get(name):
                tail.append(f" {name.upper()} {self._aliased_condition(node.args[name].this, scope)}")
        tail.append(self._ordering(node, scope, outputs))
        items = ", ".join(f"{value.text} AS {quote(name)}" for name, value in selected)
        distinct = "DISTINCT " if node.args.get("distinct") else ""
        text = f"SELECT {distinct}{items}{origin}{''.join(tail)}{self._limit(node)}"
        query = Query(text, [(name, value.type) for name, value in selected])
        return self._retarget(query, targets, node) if selected is outputs else query

    def _outputs(self, node: exp.Select, scope: Scope) -> list[tuple[str, Value]]:
        found: list[tuple[str, Value]] = []
        for item in node.expressions:
            if isinstance(item, exp.Star):
                found += self._star(item, scope, None)
            elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
                found += self._star(item.this, scope, item.table)
            elif exploded := selected_explode(self.expressions, item, scope):
                found += exploded
            elif isinstance(item, exp.Aliases):
                raise self._unsupported(item, "several aliases for one expression")
            else:
                if isinstance(item, exp.Alias) and not isinstance(item.args["alias"], exp.Identifier):
                    raise self._unsupported(item, "this alias")
                name = item.alias or (item.name if isinstance(item, (exp.Column, exp.Dot)) else "")
                inner = item.this if isinstance(item, exp.Alias) else item
                found.append((name or f"_c{len(found)}", self.expressions.translate(inner, scope)))
        return found

    def _star(self, star: exp.Star, scope: Scope, table: str | None) -> list[tuple[str, Value]]:
        excluded = {column.name.lower() for column in star.args.get("except_") or []}
        sources = [s for s in scope.sources if table is None or s.name.lower() == table.lower()]
        if not sources:
            where = f"{table}.* names nothing" if table else "* without FROM"
            raise SqlError(where, line=line_of(star, self.line))
        merged = scope.merged if table is None else {}
        found = [(name, value) for name, value in merged.items()]
        found += [
            (name, Value(f"{quote(source.name)}.{quote(name)}", kind))
            for source in sources
            for name, kind in source.columns
            if name.lower() not in merged
        ]
        return [(name, value) for name, value in found if name.lower() not in excluded]

    def _aliased(self, node: exp.Expr, scope: Scope) -> Value:
        """An expression that may name an output column, where no source has that name."""
        if isinstance(node, exp.Column) and not node.table:
            known = any(source.find(node.name) for source in scope.sources)
            if not known and node.name.lower() in scope.aliases:
                return scope.aliases[node.name.lower()]
        return self.expressions.translate(node, scope)

    def _aliased_condition(self, node: exp.Expr, scope: Scope) -> str:
        return self.expressions.condition(node, _with_aliases(scope))

    # GROUP BY

    def _group(self, node: exp.Select, scope: Scope, outputs: Sequence[Value]) -> str:
        group = node.args.get("group")
        if group is None:
            return ""
        plain = [item for item in group.expressions if not isinstance(item, (exp.Rollup, exp.Cube))]
        special = [
            *(item for item in group.expressions if isinstance(item, (exp.Rollup, exp.Cube))),
            *(group.args.get("grouping_sets") or []),
            *(group.args.get("rollup") or []),
            *(group.args.get("cube") or []),
        ]
        keys = [self._group_key(item, scope, outputs) for item in plain]
        if not special:
            return f" GROUP BY {', '.join(keys)}"
        if len(special) > 1:
            raise self._unsupported(group, "more than one of GROUPING SETS, ROLLUP, CUBE")
        word = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE"}.get(type(special[0]), "GROUPING SETS")
        inner = [self._grouping_set(item, scope, outputs) for item in special[0].expressions]
        if not inner:
            inner, keys = keys, []
        elif word == "GROUPING SETS":
            keys = []
        lead = f"{', '.join(keys)}, " if keys else ""
        return f" GROUP BY {lead}{word} ({', '.join(inner)})"

    def _grouping_set(self, item: exp.Expr, scope: Scope, outputs: Sequence[Value]) -> str:
        if isinstance(item, exp.Tuple):
            return f"({', '.join(self._group_key(part, scope, outputs) for part in item.expressions)})"
        if isinstance(item, exp.Paren):
            return f"({self._group_key(item.this, scope, outputs)})"
        return self._group_key(item, scope, outputs)

    def _group_key(self, item: exp.Expr, scope: Scope, outputs: Sequence[Value]) -> str:
        position = self._position(item, len(outputs))
        return outputs[position].text if position is not None else self._aliased(item, scope).text

    def _position(self, item: exp.Expr, count: int) -> int | None:
        """The column that a whole number stands for, when the script asked for that meaning."""
        if not (isinstance(item, exp.Literal) and not item.is_string):
            return None
        if not self.positions:
            raise UnsupportedSql(
                "a column position in GROUP BY or ORDER BY",
                line=line_of(item, self.line),
                hint="name the column, or set odps.sql.groupby.position.alias=true;",
            )
        if not 1 <= int(item.name) <= count:
            raise SqlError(f"there is no column {item.name}", line=line_of(item, self.line))
        return int(item.name) - 1

    # ORDER BY, LIMIT

    def _ordering(self, node: exp.Expr, scope: Scope, outputs: Sequence[tuple[str, Value]]) -> str:
        """ORDER BY. CLUSTER, DISTRIBUTE and SORT BY become one total order, which keeps what they promise."""
        clauses = [node.args.get(name) for name in ("order", "cluster", "distribute", "sort")]
        if node.args.get("order") and any(clauses[1:]):
            raise self._unsupported(node, "ORDER BY beside DISTRIBUTE BY or SORT BY")
        if node.args.get("distribute") and not node.args.get("sort"):
            return ""  # only says which machine holds a row
        items = [item for clause in clauses if clause is not None for item in clause.expressions]
        texts = [self._ordered(item, scope, outputs) for item in items]
        return f" ORDER BY {', '.join(texts)}" if texts else ""

    def _ordered(self, item: exp.Expr, scope: Scope, outputs: Sequence[tuple[str, Value]]) -> str:
        this = item.this if isinstance(item, exp.Ordered) else item
        position = self._position(this, len(outputs))
        if position is not None:
            return ordered_text(item, outputs[position][1])
        if isinstance(this, exp.Column) and not this.table and this.name.lower() in scope.aliases:
            return ordered_text(item, scope.aliases[this.name.lower()])
        return ordered_text(item, self.expressions.translate(this, _with_aliases(scope)))

    def _limit(self, node: exp.Expr) -> str:
        text = ""
        for name in ("limit", "offset"):
            clause = node.args.get(name)
            if clause is None:
                continue
            number = clause.expression
            if not isinstance(clause, (exp.Limit, exp.Offset)) or not (
                isinstance(number, exp.Literal) and number.name.isdigit()
            ):
                raise self._unsupported(clause, f"this {name.upper()}")
            text += f" {name.upper()} {number.name}"
        return text

    # UNION, VALUES

    def _set_operation(self, node: exp.SetOperation, targets: Columns | None, outer: Scope | None) -> Query:
        left, right = self.query(node.this, outer=outer), self.query(node.expression, outer=outer)
        if len(left.columns) != len(right.columns):
            raise SqlError(
                f"the sides have {len(left.columns)} and {len(right.columns)} columns",
                line=line_of(node, self.line),
            )
        kinds = [common([a[1], b[1]]) for a, b in zip(left.columns, right.columns, strict=True)]
        columns = [(name, kind) for (name, _), kind in zip(left.columns, kinds, strict=True)]
        word = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}[type(node)]
        every = "" if node.args.get("distinct") else " ALL"
        sides = (self._as_columns(side, columns) for side in (left, right))
        text = f" {word}{every} ".join(f"({side})" for side in sides)
        scope = Scope(outer, [Source("_u", columns)])
        outputs = [(name, Value(f"{quote('_u')}.{quote(name)}", kind)) for name, kind in columns]
        scope.aliases = {name.lower(): value for name, value in outputs}
        order = self._ordering(node, scope, outputs)
        if order or self._limit(node):
            text = f"SELECT * FROM ({text}) AS {quote('_u')}{order}{self._limit(node)}"
        return self._retarget(Query(text, columns), targets, node)

    def _as_columns(self, query: Query, columns: Columns) -> str:
        """The query's text with these names and types, by position."""
        if [kind for _, kind in query.columns] == [kind for _, kind in columns]:
            return query.text
        inner = [(f"c{index}", kind) for index, (_, kind) in enumerate(query.columns)]
        items = ", ".join(
            f"{cast(Value(quote(given), kind), target).text} AS {quote(name)}"
            for (given, kind), (name, target) in zip(inner, columns, strict=True)
        )
        return f"SELECT {items} FROM ({query.text}) AS q({', '.join(quote(name) for name, _ in inner)})"

    def _retarget(self, query: Query, targets: Columns | None, node: exp.Expr) -> Query:
        if targets is None:
            return query
        self._check_count(query.columns, targets, node)
        inner = [(f"c{index}", kind) for index, (_, kind) in enumerate(query.columns)]
        items = ", ".join(
            f"{cast(Value(quote(given), kind), target).text} AS {quote(name)}"
            for (given, kind), (name, target) in zip(inner, targets, strict=True)
        )
        text = f"SELECT {items} FROM ({query.text}) AS q({', '.join(quote(name) for name, _ in inner)})"
        return Query(text, list(targets))

    def _check_count(self, given: Sequence[object], targets: Columns, node: exp.Expr) -> None:
        if len(given) != len(targets):
            names = ", ".join(name for name, _ in targets)
            raise SqlError(
                f"the query gives {len(given)} columns, the table takes {len(targets)}",
                line=line_of(node, self.line),
                hint=f"the table takes {names}",
            )

    def values(self, node: exp.Values, outer: Scope | None) -> Query:
        scope = Scope(outer)
        rows = [
            [self.expressions.translate(item, scope) for item in row.expressions] for row in node.expressions
        ]
        if len({len(row) for row in rows}) != 1:
            raise SqlError("VALUES rows differ in length", line=line_of(node, self.line))
        kinds = [common(row[index].type for row in rows) for index in range(len(rows[0]))]
        kinds = [STRING if kind == VOID else kind for kind in kinds]
        lines = ", ".join(
            f"({', '.join(cast(value, kind).text for value, kind in zip(row, kinds, strict=True))})"
            for row in rows
        )
        columns = [(f"_c{index}", kind) for index, kind in enumerate(kinds)]
        listed = ", ".join(quote(name) for name, _ in columns)
        return Query(f"SELECT * FROM (VALUES {lines}) AS v({listed})", columns)


def _with_aliases(scope: Scope) -> Scope:
    """The scope in which HAVING and ORDER BY are read: sources first, then output names."""
    hidden = {name for source in scope.sources for name, _ in source.columns}
    merged = {name: value for name, value in scope.aliases.items() if name not in {h.lower() for h in hidden}}
    return Scope(scope.parent, scope.sources, scope.aliases, {**scope.merged, **merged})
