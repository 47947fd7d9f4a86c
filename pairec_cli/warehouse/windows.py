"""Which days of its tables a query reads, found from what it says about their partition columns.

Only constants count (after `${x}` is replaced). A window is never narrower than what the query needs: where
the text does not settle it, the window is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from sqlglot import exp

from pairec_cli.domain.ds import shift
from pairec_cli.warehouse.constants import constant_day


@dataclass(frozen=True)
class Window:
    """Days from `first` to `last`, both included; None is unbounded."""

    first: str | None = None
    last: str | None = None

    def both(self, other: Window) -> Window:
        """What satisfies this and the other."""
        firsts = [day for day in (self.first, other.first) if day is not None]
        lasts = [day for day in (self.last, other.last) if day is not None]
        return Window(max(firsts, default=None), min(lasts, default=None))

    def either(self, other: Window) -> Window:
        """The smallest window that holds this and the other."""
        first = min(self.first, other.first) if self.first and other.first else None
        last = max(self.last, other.last) if self.last and other.last else None
        return Window(first, last)

    def __contains__(self, ds: object) -> bool:
        return (
            isinstance(ds, str)
            and (self.first is None or ds >= self.first)
            and (self.last is None or ds <= self.last)
        )


OPEN = Window()
Bounds = dict[tuple[str, str], Window]
"""(table alias or "", column) in lower case → window."""


def bounds(node: exp.Expr | None) -> Bounds:
    """What a condition says about each column."""
    if node is None:
        return {}
    if isinstance(node, exp.Paren):
        return bounds(node.this)
    if isinstance(node, exp.And):
        return reduce(_both, map(bounds, node.flatten(unnest=False)))
    if isinstance(node, exp.Or):
        return reduce(_either, map(bounds, node.flatten(unnest=False)))
    return _leaf(node)


def _both(left: Bounds, right: Bounds) -> Bounds:
    return {key: left.get(key, OPEN).both(right.get(key, OPEN)) for key in left.keys() | right.keys()}


def _either(left: Bounds, right: Bounds) -> Bounds:
    return {key: left[key].either(right[key]) for key in left.keys() & right.keys()}


_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


def _leaf(node: exp.Expr) -> Bounds:
    if node.args.get("negate"):
        return {}
    if isinstance(node, exp.Between) and isinstance(node.this, exp.Column):
        return {_key(node.this): Window(constant_day(node.args["low"]), constant_day(node.args["high"]))}
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column) and node.expressions:
        days = [constant_day(item) for item in node.expressions]
        known = [day for day in days if day is not None]
        return {_key(node.this): Window(min(known), max(known))} if len(known) == len(days) else {}
    kind = type(node)
    if kind not in _MIRROR:
        return {}
    column, other = node.this, node.expression
    if not isinstance(column, exp.Column):
        column, other, kind = other, column, _MIRROR[kind]
    day = constant_day(other)
    if not isinstance(column, exp.Column) or day is None:
        return {}
    window = {
        exp.EQ: Window(day, day),
        exp.LT: Window(None, shift(day, -1)),
        exp.LTE: Window(None, day),
        exp.GT: Window(shift(day, 1), None),
        exp.GTE: Window(day, None),
    }[kind]
    return {_key(column): window}


def _key(column: exp.Column) -> tuple[str, str]:
    return column.table.lower(), column.name.lower()


@dataclass
class TableUse:
    """A table named in FROM, and the days of it that the query needs."""

    node: exp.Table
    window: Window


PartitionOf = Callable[[exp.Table], str | None]
"""The partition column of a table, or None when it has none."""


@dataclass
class _Named:
    """A WITH query, and what every use of it asks for."""

    query: exp.Expr
    demand: dict[str, Window] | None = None

    def use(self, demand: Mapping[str, Window]) -> None:
        if self.demand is None:
            self.demand = dict(demand)
        else:
            shared = self.demand.keys() & demand.keys()
            self.demand = {name: self.demand[name].either(demand[name]) for name in shared}


@dataclass
class _Walk:
    partition_of: PartitionOf
    found: list[TableUse] = field(default_factory=list)

    def query(self, node: exp.Expr, demand: Mapping[str, Window], names: Mapping[str, _Named]) -> None:
        """`demand` is what the reader asks of output columns (by lower-case name)."""
        clause = node.args.get("with_")
        own: dict[str, _Named] = {}
        if clause is not None:
            for cte in clause.expressions:
                columns = cte.args["alias"].args.get("columns")
                own[cte.alias.lower()] = _Named(cte.this, {} if columns else None)
        scope = {**names, **own}
        if isinstance(node, exp.Subquery):
            self.query(node.this, {} if node.args.get("limit") else demand, scope)
        elif isinstance(node, exp.SetOperation):
            whole = {} if node.args.get("limit") or not isinstance(node, exp.Union) else demand
            outputs = _output_names(node.this)
            self.query(node.this, whole, scope)
            self.query(node.expression, _by_position(whole, outputs, _output_names(node.expression)), scope)
        elif isinstance(node, exp.Select):
            self.select(node, demand, scope)
        for index, (_, named) in reversed(list(enumerate(own.items()))):
            earlier = dict(list(own.items())[:index])
            self.query(named.query, named.demand or {}, {**names, **earlier})

    def select(self, node: exp.Select, demand: Mapping[str, Window], names: Mapping[str, _Named]) -> None:
        where = node.args.get("where")
        asked = bounds(where.this if where is not None else None)
        asked = _both(asked, _passed_down(node, demand))
        clause = node.args.get("from_")
        items = _from_items(clause.this, None) if clause is not None else []
        for join in node.args.get("joins") or []:
            items += _from_items(join.this, join)
        for item, _ in items:
            restricted = asked
            for other, join in items:
                if join is not None and _filters(join, other is item, _after(items, item, other)):
                    restricted = _both(restricted, bounds(join.args.get("on")))
            self.source(item, self._own(item, restricted, [i for i, _ in items], names), names)
        for inner in _expression_queries(node):
            self.query(inner, {}, names)

    def _own(
        self, item: exp.Expr, asked: Bounds, items: list[exp.Expr], names: Mapping[str, _Named]
    ) -> dict[str, Window]:
        """What `asked` says about the columns of one FROM item."""
        alias = (item.alias or item.name).lower()
        found = {column: window for (table, column), window in asked.items() if table == alias}
        for (table, column), window in asked.items():
            if not table:
                holders = [other for other in items if self._may_hold(other, column, names)]
                if len(holders) == 1 and holders[0] is item:
                    found[column] = found.get(column, OPEN).both(window)
        return found

    def _may_hold(self, item: exp.Expr, column: str, names: Mapping[str, _Named]) -> bool:
        if isinstance(item, exp.Table) and (item.db or item.name.lower() not in names):
            partition = self.partition_of(item)
            return partition is not None and partition.lower() == column
        query = names[item.name.lower()].query if isinstance(item, exp.Table) else item.this
        outputs = _output_names(query) if isinstance(query, exp.Expr) else None
        return outputs is None or column in outputs

    def source(self, item: exp.Expr, asked: dict[str, Window], names: Mapping[str, _Named]) -> None:
        if isinstance(item, exp.Table):
            if not item.db and item.name.lower() in names:
                names[item.name.lower()].use(asked)
                return
            partition = self.partition_of(item)
            window = asked.get(partition.lower(), OPEN) if partition else OPEN
            self.found.append(TableUse(item, window))
        elif isinstance(item, exp.Subquery):
            renamed = item.args.get("alias") is not None and item.args["alias"].args.get("columns")
            self.query(item.this, {} if renamed else asked, names)


def table_uses(query: exp.Expr, partition_of: PartitionOf) -> list[TableUse]:
    """Every table that `query` reads, once per mention."""
    walk = _Walk(partition_of)
    walk.query(query, {}, {})
    return walk.found


def _from_items(node: exp.Expr, join: exp.Join | None) -> list[tuple[exp.Expr, exp.Join | None]]:
    """A FROM item with the join that brought it, and items joined inside it."""
    items: list[tuple[exp.Expr, exp.Join | None]] = [(node, join)]
    for inner in node.args.get("joins") or []:
        items += _from_items(inner.this, inner)
    return items


def _after(items: list[tuple[exp.Expr, exp.Join | None]], item: exp.Expr, other: exp.Expr) -> bool:
    """Whether `item` was joined later than `other`."""
    order = [id(entry) for entry, _ in items]
    return order.index(id(item)) > order.index(id(other))


def _filters(join: exp.Join, joined: bool, later: bool) -> bool:
    """Whether the join's ON removes rows of a table: of the joined one, or of one that was there before.

    A table that is joined later is not seen by this ON.
    """
    side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
    if later:
        return False
    if side == "FULL":
        return False
    if kind == "ANTI" or (side == "LEFT" and kind != "SEMI"):
        return joined
    if side == "RIGHT":
        return not joined
    return True


def _passed_down(node: exp.Select, demand: Mapping[str, Window]) -> Bounds:
    """Demands on output columns that are plain columns, where filtering early or late is the same."""
    if not demand or node.args.get("limit") or node.args.get("offset") or node.args.get("qualify"):
        return {}
    if any(True for item in node.expressions for _ in item.find_all(exp.Window)):
        return {}
    group = node.args.get("group")
    if group is not None and (
        set(group.args) - {"expressions"}
        and any(value for name, value in group.args.items() if name != "expressions")
    ):
        return {}
    keys = {_key(item) for item in group.expressions if isinstance(item, exp.Column)} if group else None
    found: Bounds = {}
    for item in node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        if isinstance(inner, exp.Column) and not isinstance(inner.this, exp.Star):
            window = demand.get(item.alias_or_name.lower())
            if window is not None and (keys is None or _key(inner) in keys):
                found = _both(found, {_key(inner): window})
        elif isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star):
            table = item.table.lower() if isinstance(item, exp.Column) else ""
            found = _both(found, {(table, name): window for name, window in demand.items()})
    return found


def _output_names(node: exp.Expr) -> list[str] | None:
    """Output names in lower case; None when a star hides them."""
    while isinstance(node, (exp.Subquery, exp.SetOperation)):
        node = node.this
    if not isinstance(node, exp.Select) or any(item.is_star for item in node.expressions):
        return None
    return [item.alias_or_name.lower() for item in node.expressions]


def _by_position(
    demand: Mapping[str, Window], left: list[str] | None, right: list[str] | None
) -> dict[str, Window]:
    """The demand in the names of a UNION's second side."""
    if left is None or right is None:
        return {}
    return {there: demand[here] for here, there in zip(left, right, strict=False) if here in demand}


def _expression_queries(node: exp.Select) -> Iterable[exp.Expr]:
    """Queries inside expressions (IN, EXISTS, values), not those in FROM or WITH."""
    for name, value in node.args.items():
        if name in ("from_", "with_"):
            continue
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, exp.Join):
                part = part.args.get("on")
            if isinstance(part, exp.Expr):
                yield from _outermost(part)


def _outermost(node: exp.Expr) -> Iterable[exp.Expr]:
    if isinstance(node, (exp.Select, exp.SetOperation)):
        yield node
        return
    for child in node.iter_expressions():
        yield from _outermost(child)
