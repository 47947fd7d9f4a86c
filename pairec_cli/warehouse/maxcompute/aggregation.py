"""Aggregates and windows: taking a call apart, checking it, and writing it for DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from pairec_cli.domain.errors import UnsupportedSql, nearest
from pairec_cli.warehouse.maxcompute.functions import AGGREGATES, Aggregate, names
from pairec_cli.warehouse.maxcompute.scope import Scope
from pairec_cli.warehouse.maxcompute.values import BIGINT, BOOLEAN, DOUBLE, VOID, Value, implicit, named, show
from pairec_cli.warehouse.types import MaxComputeType


class Translator(Protocol):
    """What is needed from the expression translator."""

    def translate(self, node: exp.Expr, scope: Scope) -> Value: ...

    def condition(self, node: exp.Expr, scope: Scope) -> str: ...

    def unsupported(self, node: exp.Expr, what: str | None = None) -> UnsupportedSql: ...


@dataclass(frozen=True)
class AggregateCall:
    """`name([DISTINCT] arguments) [WITHIN GROUP (ORDER BY)] [FILTER (WHERE)] [OVER (…)]`."""

    name: str
    arguments: Sequence[exp.Expr]
    distinct: bool = False
    order: exp.Order | None = None
    where: exp.Expr | None = None
    window: exp.Window | None = None


def aggregate_call(translator: Translator, node: exp.Expr) -> AggregateCall:
    """Take the wrappers off. Raises UnsupportedSql for a name that is no aggregate or window function."""
    order: exp.Order | None = None
    where: exp.Expr | None = None
    window: exp.Window | None = None
    at = node
    while not isinstance(at, exp.Anonymous):
        if isinstance(at, exp.Window):
            window = at
        elif isinstance(at, exp.Filter):
            where = at.expression.this
        elif isinstance(at, exp.WithinGroup):
            order = at.expression
        else:
            raise translator.unsupported(at)
        at = at.this
    name = str(at.this).upper()
    if name not in AGGREGATES:
        close = nearest(name, names())
        raise UnsupportedSql(
            f"{name} is no aggregate or window function", hint=f"did you mean {close}?" if close else None
        )
    arguments, distinct = at.expressions, False
    if arguments and isinstance(arguments[0], exp.Distinct):
        arguments, distinct = arguments[0].expressions + arguments[1:], True
    return AggregateCall(name, arguments, distinct, order, where, window)


def build_aggregate(translator: Translator, call: AggregateCall, scope: Scope) -> Value:
    spec = AGGREGATES[call.name]
    if spec.window_only and call.window is None:
        raise UnsupportedSql(f"{call.name} without OVER")
    nulls, call = _ignore_nulls(translator, call, scope)
    values, texts = _arguments(translator, call, spec, scope)
    distinct = call.distinct or call.name == "COLLECT_SET"
    order = order_text(translator, call.order, scope)
    if call.name == "WM_CONCAT" and distinct and not order:
        order = f"ORDER BY {texts[0]}"  # any order is allowed; a fixed one makes runs repeatable
    inner = f"{'DISTINCT ' if distinct else ''}{', '.join(texts)}{' ' + order if order else ''}{nulls}"
    conditions = [translator.condition(call.where, scope)] if call.where is not None else []
    if spec.skip_nulls:
        conditions.append(f"{texts[0]} IS NOT NULL")
    text = f"{spec.function}({inner})"
    if conditions:
        text += f" FILTER (WHERE {' AND '.join(conditions)})"
    if call.window is not None:
        text += f" OVER ({_window(translator, call.window, scope, framed=spec.framed)})"
    kind = _result(spec, values)
    wrap = "CAST({} AS BIGINT)" if spec.result == "=SUM" and kind == BIGINT else spec.wrap
    return Value(wrap.format(text), kind)


def _ignore_nulls(translator: Translator, call: AggregateCall, scope: Scope) -> tuple[str, AggregateCall]:
    """FIRST_VALUE(x, true) and LAST_VALUE(x, true) skip NULL."""
    if call.name not in ("FIRST_VALUE", "LAST_VALUE") or len(call.arguments) != 2:
        return "", call
    flag = translator.translate(call.arguments[1], scope)
    if flag.type != BOOLEAN or flag.text not in ("true", "false"):
        raise UnsupportedSql(f"{call.name} whose second argument is not true or false")
    rest = AggregateCall(call.name, call.arguments[:1], call.distinct, call.order, call.where, call.window)
    return " IGNORE NULLS" if flag.text == "true" else "", rest


def _arguments(
    translator: Translator, call: AggregateCall, spec: Aggregate, scope: Scope
) -> tuple[list[Value], list[str]]:
    if call.name == "COUNT":
        return _count_arguments(translator, call, scope)
    if not len(spec.params) - spec.optional <= len(call.arguments) <= len(spec.params):
        raise UnsupportedSql(f"{call.name} with {len(call.arguments)} argument(s)")
    values = [
        _fit(param, translator.translate(node, scope))
        for param, node in zip(spec.params, call.arguments, strict=False)
    ]
    if call.name in ("LAG", "LEAD") and len(values) == 3:
        values[2] = implicit(values[2], values[0].type)
    if call.name == "WM_CONCAT":
        values.reverse()  # the separator comes first in MaxCompute, last in DuckDB
    return values, [value.text for value in values]


def _count_arguments(
    translator: Translator, call: AggregateCall, scope: Scope
) -> tuple[list[Value], list[str]]:
    """COUNT(*), COUNT(x), COUNT(DISTINCT a, b): a row counts when none of its values is NULL."""
    if len(call.arguments) == 1 and isinstance(call.arguments[0], exp.Star):
        return [], ["*"]
    values = [translator.translate(node, scope) for node in call.arguments]
    if not values:
        raise UnsupportedSql("COUNT without arguments")
    if len(values) == 1:
        return values, [values[0].text]
    filled = " AND ".join(f"{value.text} IS NOT NULL" for value in values)
    row = ", ".join(value.text for value in values)
    return values, [f"CASE WHEN {filled} THEN ({row}) END"]


def _fit(param: str, value: Value) -> Value:
    if param == "ANY":
        return value
    if param == "NUMBER":
        return value if value.is_number else implicit(value, BIGINT if value.type == VOID else DOUBLE)
    return implicit(value, named(param))


def _result(spec: Aggregate, values: list[Value]) -> MaxComputeType:
    if spec.result == "=SUM":
        if values[0].type.name == "DECIMAL":
            raise UnsupportedSql("SUM of DECIMAL", hint="CAST it to DOUBLE")
        return BIGINT if values[0].is_integer else DOUBLE
    if spec.result == "=LIST":
        return MaxComputeType("ARRAY", (), (values[0].type,))
    return values[0].type if spec.result == "=0" else named(spec.result)


def order_text(translator: Translator, order: exp.Order | None, scope: Scope) -> str:
    """`ORDER BY …` with NULL as the smallest value, or an empty string."""
    if order is None:
        return ""
    parts = [ordered_text(item, translator.translate(item.this, scope)) for item in order.expressions]
    return f"ORDER BY {', '.join(parts)}"


def ordered_text(item: exp.Expr, value: Value) -> str:
    if value.type.name in ("MAP", "STRUCT"):
        raise UnsupportedSql(f"ORDER BY {show(value.type)}")
    direction = "DESC" if item.args.get("desc") else "ASC"
    nulls = "FIRST" if item.args.get("nulls_first") or not isinstance(item, exp.Ordered) else "LAST"
    return f"{value.text} {direction} NULLS {nulls}"


def _window(translator: Translator, node: exp.Window, scope: Scope, *, framed: bool) -> str:
    """Without a frame, ORDER BY means ROWS up to the current row (Hive-compatible mode would mean RANGE)."""
    for name in ("alias", "first"):
        if node.args.get(name):
            raise translator.unsupported(node, "a named window")
    parts: list[str] = []
    if node.args.get("partition_by"):
        keys = ", ".join(translator.translate(item, scope).text for item in node.args["partition_by"])
        parts.append(f"PARTITION BY {keys}")
    if node.args.get("order"):
        parts.append(order_text(translator, node.args["order"], scope))
    frame = node.args.get("spec")
    if frame is not None:
        parts.append(_frame(translator, frame, scope))
    elif framed and node.args.get("order"):
        parts.append("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
    return " ".join(parts)


def _frame(translator: Translator, frame: exp.WindowSpec, scope: Scope) -> str:
    def bound(name: str) -> str:
        value, side = frame.args.get(name), str(frame.args.get(f"{name}_side") or "")
        if isinstance(value, exp.Expr):
            return f"{translator.translate(value, scope).text} {side}"
        return f"{value} {side}".strip()

    kind = str(frame.args.get("kind") or "ROWS")
    end = bound("end") if frame.args.get("end") else "CURRENT ROW"
    return f"{kind} BETWEEN {bound('start')} AND {end}"
