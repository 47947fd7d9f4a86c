"""Functions that make rows: LATERAL VIEW [OUTER] explode / posexplode, and explode in a SELECT list."""

from __future__ import annotations

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.warehouse.maxcompute.dialect import line_of
from pairec_cli.warehouse.maxcompute.expressions import Expressions
from pairec_cli.warehouse.maxcompute.scope import Columns, Scope, Source
from pairec_cli.warehouse.maxcompute.values import BIGINT, Value, quote, show

_GENERATORS = ("EXPLODE", "POSEXPLODE")


def lateral_view(expressions: Expressions, node: exp.Lateral, scope: Scope) -> str:
    """` CROSS JOIN LATERAL (…)`; OUTER keeps a row without elements, with NULL in the new columns."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() not in _GENERATORS:
        raise UnsupportedSql(
            f"LATERAL VIEW of {getattr(call, 'this', call)}", line=line_of(node, expressions.line)
        )
    items = _items(expressions, call, scope, outer=bool(node.args.get("outer")))
    alias = node.args.get("alias")
    names = [column.name for column in (alias.args.get("columns") or [])] if alias is not None else []
    table = alias.name if alias is not None and alias.name else f"_v{len(scope.sources)}"
    if len(names) != len(items):
        raise SqlError(
            f"LATERAL VIEW makes {len(items)} column(s), {len(names)} are named",
            line=line_of(node, expressions.line),
        )
    columns: Columns = [(name, value.type) for name, value in zip(names, items, strict=True)]
    text = ", ".join(f"{value.text} AS {quote(name)}" for name, value in zip(names, items, strict=True))
    scope.sources.append(Source(table, columns))
    return f" CROSS JOIN LATERAL (SELECT {text}) AS {quote(table)}"


def selected_explode(expressions: Expressions, item: exp.Expr, scope: Scope) -> list[tuple[str, Value]]:
    """The columns of `explode(x) AS y` in a SELECT list; empty when `item` is something else."""
    call = item.this if isinstance(item, (exp.Alias, exp.Aliases)) else item
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() not in _GENERATORS:
        return []
    values = _items(expressions, call, scope, outer=False)
    if isinstance(item, exp.Aliases):
        names = [name.name for name in item.expressions]
    else:
        names = [item.alias] if isinstance(item, exp.Alias) else ["pos", "col", "value"][-len(values) :]
    if len(names) != len(values):
        raise SqlError(
            f"{call.this} makes {len(values)} columns, {len(names)} are named",
            line=line_of(item, expressions.line),
        )
    return list(zip(names, values, strict=True))


def _items(expressions: Expressions, call: exp.Anonymous, scope: Scope, *, outer: bool) -> list[Value]:
    if len(call.expressions) != 1:
        raise UnsupportedSql(f"{call.this} with {len(call.expressions)} arguments")
    value = expressions.translate(call.expressions[0], scope)
    positions = str(call.this).upper() == "POSEXPLODE"
    if value.type.name == "MAP" and not positions:
        key, item = value.type.inner
        return [
            Value(f"unnest({_filled(f'map_keys({value.text})', outer)})", key),
            Value(f"unnest({_filled(f'map_values({value.text})', outer)})", item),
        ]
    if value.type.name != "ARRAY":
        raise UnsupportedSql(f"{call.this} of {show(value.type)}", line=line_of(call, expressions.line))
    found = [Value(f"unnest({_filled(value.text, outer)})", value.type.inner[0])]
    if positions:
        found.insert(0, Value(f"unnest({_filled(f'range(len({value.text}))', outer)})", BIGINT))
    return found


def _filled(text: str, outer: bool) -> str:
    """OUTER: an empty or NULL array becomes one NULL element."""
    return f"CASE WHEN len({text}) > 0 THEN {text} ELSE [NULL] END" if outer else text
