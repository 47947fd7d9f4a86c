"""FROM: tables, subqueries, joins and lateral views as DuckDB text, and the names they bring into scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.warehouse.maxcompute.dialect import line_of
from pairec_cli.warehouse.maxcompute.expressions import Expressions
from pairec_cli.warehouse.maxcompute.generators import lateral_view
from pairec_cli.warehouse.maxcompute.scope import Columns, Scope, Source
from pairec_cli.warehouse.maxcompute.values import Value, common, comparable, quote

_JOINS = {
    ("", "", ""): "INNER JOIN",
    ("", "INNER", ""): "INNER JOIN",
    ("", "CROSS", ""): "CROSS JOIN",
    ("LEFT", "", ""): "LEFT JOIN",
    ("LEFT", "OUTER", ""): "LEFT JOIN",
    ("RIGHT", "", ""): "RIGHT JOIN",
    ("RIGHT", "OUTER", ""): "RIGHT JOIN",
    ("FULL", "", ""): "FULL JOIN",
    ("FULL", "OUTER", ""): "FULL JOIN",
    ("LEFT", "SEMI", ""): "SEMI JOIN",
    ("LEFT", "ANTI", ""): "ANTI JOIN",
    ("", "SEMI", ""): "SEMI JOIN",
    ("", "ANTI", ""): "ANTI JOIN",
}


@dataclass(frozen=True)
class Relation:
    """A table as the engine gives it: a DuckDB FROM item (without alias), its columns, partition last."""

    text: str
    columns: Columns
    project: str


class Catalog(Protocol):
    """Where tables come from."""

    def relation(self, node: exp.Table) -> Relation:
        """Raises NotFound for an unknown table."""
        ...


@dataclass(frozen=True)
class Query:
    """A translated query."""

    text: str
    columns: Columns


class Queries(Protocol):
    """What FROM needs from the query translator."""

    expressions: Expressions

    def query(self, node: exp.Expr, targets: Columns | None = None, outer: Scope | None = None) -> Query: ...

    def values(self, node: exp.Values, outer: Scope | None) -> Query: ...

    def with_columns(self, name: str) -> Columns | None: ...


class FromClause:
    """Translates the FROM of one statement's queries."""

    def __init__(self, queries: Queries, catalog: Catalog) -> None:
        self.queries, self.catalog, self.expressions = queries, catalog, queries.expressions
        self.line = queries.expressions.line
        self._unnamed = 0

    def unsupported(self, node: exp.Expr, what: str | None = None) -> UnsupportedSql:
        return self.expressions.unsupported(node, what)

    def translate(self, node: exp.Select, outer: Scope | None) -> tuple[str, Scope]:
        """` FROM …` (empty when there is none) and the scope it makes."""
        scope = Scope(outer)
        clause = node.args.get("from_")
        if clause is None:
            return "", scope
        text = f" FROM {self._source(clause.this, scope)}"
        return text + self._joined(node, scope), scope

    def _joined(self, node: exp.Expr, scope: Scope) -> str:
        """Joins and lateral views in the order they are written: each sees what stands before it."""
        items = [*(node.args.get("joins") or []), *(node.args.get("laterals") or [])]
        return "".join(
            self._join(item, scope)
            if isinstance(item, exp.Join)
            else lateral_view(self.expressions, item, scope)
            for item in sorted(items, key=_start)
        )

    def _source(self, node: exp.Expr, scope: Scope) -> str:
        """One FROM item with its alias; adds its columns to the scope."""
        if node.args.get("partition"):
            raise self.unsupported(node, "PARTITION of a table in FROM")
        if isinstance(node, exp.Table):
            text = self._table(node, scope)
        elif isinstance(node, exp.Subquery):
            text = self._derived(node, self.queries.query(node.this, outer=scope.parent), scope)
        elif isinstance(node, exp.Values):
            text = self._derived(node, self.queries.values(node, scope.parent), scope)
        else:
            raise self.unsupported(node)
        return text + self._joined(node, scope)

    def _table(self, node: exp.Table, scope: Scope) -> str:
        if not isinstance(node.this, exp.Identifier):
            raise self.unsupported(node, "a table function in FROM")
        if node.catalog:
            raise self.unsupported(node, "a table name of three parts")
        alias = node.alias or node.name
        columns = None if node.db else self.queries.with_columns(node.name)
        project = None
        if columns is None:
            relation = self.catalog.relation(node)
            columns, text, project = relation.columns, relation.text, relation.project
        else:
            text = quote(node.name)
        if node.alias:
            project = None
        self._add(scope, Source(alias, columns, project), node)
        return f"{text} AS {quote(alias)}"

    def _derived(self, node: exp.Expr, query: Query, scope: Scope) -> str:
        alias = node.alias
        if not alias:
            self._unnamed += 1
            alias = f"_q{self._unnamed}"
        columns = renamed(query.columns, node.args.get("alias"), self.line)
        self._add(scope, Source(alias, columns), node)
        return f"({query.text}) AS {quote(alias)}({', '.join(quote(name) for name, _ in columns)})"

    def _add(self, scope: Scope, source: Source, node: exp.Expr) -> None:
        if any(known.name.lower() == source.name.lower() for known in scope.sources):
            raise SqlError(
                f"two tables are called {source.name}",
                line=line_of(node, self.line),
                hint="give one an alias",
            )
        scope.sources.append(source)

    def _join(self, join: exp.Join, scope: Scope) -> str:
        key = tuple(str(join.args.get(name) or "").upper() for name in ("side", "kind", "method"))
        word = _JOINS.get((key[0], key[1], key[2]))
        if word is None:
            raise self.unsupported(join, f"{' '.join(part for part in key if part)} JOIN")
        before = list(scope.sources)
        text = self._source(join.this, scope)
        on, using = join.args.get("on"), join.args.get("using")
        if word == "CROSS JOIN":
            return f" CROSS JOIN {text}"
        if on is None and not using:
            raise SqlError(
                "a join without ON", line=line_of(join, self.line), hint="write ON …, or CROSS JOIN"
            )
        condition = (
            self.expressions.condition(on, scope)
            if on is not None
            else self._using(using, word, before, scope)
        )
        if word in ("SEMI JOIN", "ANTI JOIN"):
            scope.sources[:] = before
        return f" {word} {text} ON {condition}"

    def _using(self, names: list[exp.Expr], word: str, before: list[Source], scope: Scope) -> str:
        right = Scope(None, [source for source in scope.sources if source not in before])
        left = Scope(None, before, merged=dict(scope.merged))
        parts = []
        for item in names:
            column = exp.column(item.name)
            a, b = left.column(column, self.line), right.column(column, self.line)
            x, y = comparable([a, b])
            parts.append(f"{x.text} = {y.text}")
            if word not in ("SEMI JOIN", "ANTI JOIN"):
                keep = {"RIGHT JOIN": b.text, "FULL JOIN": f"coalesce({a.text}, {b.text})"}.get(word, a.text)
                scope.merged[item.name.lower()] = Value(keep, common([a.type, b.type]))
        return " AND ".join(parts)


def _start(node: exp.Expr) -> int:
    """Where the node's first remembered token begins."""
    return min((int(part.meta["start"]) for part in node.walk() if "start" in part.meta), default=0)


def renamed(columns: Columns, alias: exp.Expr | None, line: int) -> Columns:
    """The columns under the names of `alias(a, b, …)`, when it has any."""
    names = alias.args.get("columns") if alias is not None else None
    if not names:
        return columns
    if len(names) != len(columns):
        raise SqlError(f"{len(names)} names for {len(columns)} columns", line=line)
    return [(name.name, kind) for name, (_, kind) in zip(names, columns, strict=True)]
