"""Expressions of MaxCompute SQL as typed DuckDB text. What is not handled here is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from sqlglot import exp

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.warehouse.maxcompute import functions
from pairec_cli.warehouse.maxcompute.aggregation import AggregateCall, aggregate_call, build_aggregate
from pairec_cli.warehouse.maxcompute.coverage import name_of
from pairec_cli.warehouse.maxcompute.dialect import line_of, read_type
from pairec_cli.warehouse.maxcompute.scope import Columns, Scope
from pairec_cli.warehouse.maxcompute.values import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    STRING,
    VOID,
    Value,
    cast,
    common,
    comparable,
    implicit,
    quote,
    show,
    string,
)

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_BITWISE: dict[type[exp.Expr], str] = {exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "xor"}


class Queries(Protocol):
    """What expressions need from the query translator: subqueries."""

    def subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, Columns]: ...


class Expressions:
    """Translates expressions; `line` is where the statement starts in its script."""

    def __init__(self, queries: Queries, line: int) -> None:
        self.queries, self.line = queries, line

    def translate(self, node: exp.Expr, scope: Scope) -> Value:
        """Raises UnsupportedSql or SqlError with the construct and its line."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise self.unsupported(node)
        try:
            found = handler(self, node, scope)
            return Value(f"(NOT {found.text})", BOOLEAN) if node.args.get("negate") else found
        except UnsupportedSql as error:
            if error.line is not None:
                raise
            raise UnsupportedSql(error.message, line=line_of(node, self.line), hint=error.hint) from None

    def unsupported(self, node: exp.Expr, what: str | None = None) -> UnsupportedSql:
        return UnsupportedSql(f"{what or name_of(node)} is not supported", line=line_of(node, self.line))

    def condition(self, node: exp.Expr, scope: Scope) -> str:
        """A WHERE, HAVING, ON or WHEN: must be a BOOLEAN."""
        value = self.translate(node, scope)
        if value.type not in (BOOLEAN, VOID):
            raise SqlError(
                f"a condition must be BOOLEAN, this is {show(value.type)}", line=line_of(node, self.line)
            )
        return value.text

    # Names and literals

    def column(self, node: exp.Column, scope: Scope) -> Value:
        if isinstance(node.this, exp.Star) or node.args.get("catalog"):
            raise self.unsupported(node, "this column name")
        try:
            return scope.column(node, line_of(node, self.line))
        except SqlError:
            field = self._struct_field(node, scope)
            if field is None:
                raise
            return field

    def _struct_field(self, node: exp.Column, scope: Scope) -> Value | None:
        """`s.f` where s is a STRUCT column, not a table."""
        if not node.table:
            return None
        try:
            base = scope.column(exp.column(node.table))
        except SqlError:
            return None
        return self._field(base, node.name)

    def dot(self, node: exp.Dot, scope: Scope) -> Value:
        found = self._field(self.translate(node.this, scope), node.expression.name)
        if found is None:
            raise self.unsupported(node, f"the field {node.expression.name}")
        return found

    def _field(self, base: Value, name: str) -> Value | None:
        for field, kind in zip(base.type.fields, base.type.inner, strict=False):
            if field.lower() == name.lower():
                return Value(f"struct_extract({base.text}, {string(field)})", kind)
        return None

    def literal(self, node: exp.Literal, scope: Scope) -> Value:
        text = str(node.this)
        if node.is_string:
            return Value(string(text), STRING, text)
        if re.fullmatch(r"\d+", text):
            return Value(f"CAST({text} AS BIGINT)", BIGINT, text)
        return Value(text if "e" in text.lower() else f"{text}e0", DOUBLE, text)

    def null(self, node: exp.Expr, scope: Scope) -> Value:
        return Value("NULL", VOID)

    def boolean(self, node: exp.Boolean, scope: Scope) -> Value:
        return Value("true" if node.this else "false", BOOLEAN)

    def paren(self, node: exp.Paren, scope: Scope) -> Value:
        return self.translate(node.this, scope)

    # Operators

    def logic(self, node: exp.Expr, scope: Scope) -> Value:
        word = "AND" if isinstance(node, exp.And) else "OR"
        parts = [self.condition(part, scope) for part in node.flatten()]
        return Value(f"({f' {word} '.join(parts)})", BOOLEAN)

    def negation(self, node: exp.Expr, scope: Scope) -> Value:
        return Value(f"(NOT {self.condition(node.this, scope)})", BOOLEAN)

    def comparison(self, node: exp.Expr, scope: Scope) -> Value:
        left, right = self._comparable(node.this, node.expression, scope=scope)
        return Value(f"({left} {_COMPARISONS[type(node)]} {right})", BOOLEAN)

    def _comparable(self, *nodes: exp.Expr, scope: Scope) -> list[str]:
        return [value.text for value in comparable([self.translate(node, scope) for node in nodes])]

    def between(self, node: exp.Between, scope: Scope) -> Value:
        this, low, high = (node.args[name] for name in ("this", "low", "high"))
        first, last = self._comparable(this, low, scope=scope), self._comparable(this, high, scope=scope)
        return Value(f"({first[0]} >= {first[1]} AND {last[0]} <= {last[1]})", BOOLEAN)

    def membership(self, node: exp.In, scope: Scope) -> Value:
        query = node.args.get("query")
        this = self.translate(node.this, scope)
        if query is not None:
            text, columns = self.queries.subquery(query.this, scope)
            if len(columns) != 1:
                raise SqlError("IN needs a query of one column", line=line_of(node, self.line))
            left, right = comparable([this, Value(f"q.{quote(columns[0][0])}", columns[0][1])])
            return Value(f"({left.text} IN (SELECT {right.text} FROM ({text}) AS q))", BOOLEAN)
        if not node.expressions:
            raise self.unsupported(node)
        values = comparable([this, *(self.translate(item, scope) for item in node.expressions)])
        items = ", ".join(value.text for value in values[1:])
        return Value(f"({values[0].text} IN ({items}))", BOOLEAN)

    def exists(self, node: exp.Exists, scope: Scope) -> Value:
        return Value(f"EXISTS ({self.queries.subquery(node.this, scope)[0]})", BOOLEAN)

    def scalar(self, node: exp.Subquery, scope: Scope) -> Value:
        text, columns = self.queries.subquery(node.this, scope)
        if len(columns) != 1:
            raise SqlError("a query used as a value needs one column", line=line_of(node, self.line))
        return Value(f"({text})", columns[0][1])

    def is_test(self, node: exp.Is, scope: Scope) -> Value:
        if not isinstance(node.expression, (exp.Null, exp.Boolean)):
            raise self.unsupported(node)
        right = self.translate(node.expression, scope).text
        return Value(f"({self.translate(node.this, scope).text} IS {right})", BOOLEAN)

    def like(self, node: exp.Like, scope: Scope) -> Value:
        left, right = (implicit(self.translate(n, scope), STRING) for n in (node.this, node.expression))
        if right.literal is None:
            raise UnsupportedSql("LIKE with a pattern that is not a string literal")
        # MaxCompute's LIKE reads \ as the escape character.
        return Value(f"({left.text} LIKE {right.text} ESCAPE '\\')", BOOLEAN)

    def rlike(self, node: exp.Expr, scope: Scope) -> Value:
        left, right = (implicit(self.translate(n, scope), STRING) for n in (node.this, node.expression))
        return Value(f"regexp_matches({left.text}, {right.text})", BOOLEAN)

    def arithmetic(self, node: exp.Expr, scope: Scope) -> Value:
        left, right = self._numbers(node, scope)
        kind = common([left.type, right.type])
        if left.is_integer and right.is_integer:
            kind = BIGINT
        if kind.name == "DECIMAL":
            raise UnsupportedSql("arithmetic on DECIMAL", hint="CAST it to DOUBLE")
        operator = _ARITHMETIC[type(node)]
        return Value(f"({implicit(left, kind).text} {operator} {implicit(right, kind).text})", kind)

    def division(self, node: exp.Expr, scope: Scope) -> Value:
        """`/` is DOUBLE even between whole numbers; by zero it is NULL."""
        left, right = self._numbers(node, scope)
        if "DECIMAL" in (left.type.name, right.type.name):
            raise UnsupportedSql("division of DECIMAL", hint="CAST it to DOUBLE")
        divisor = implicit(right, DOUBLE).text
        if right.literal is None or float(right.literal) == 0:
            divisor = f"nullif({divisor}, 0)"
        return Value(f"({implicit(left, DOUBLE).text} / {divisor})", DOUBLE)

    def whole_division(self, node: exp.Expr, scope: Scope) -> Value:
        left, right = self._numbers(node, scope)
        operator = "%" if isinstance(node, exp.Mod) else "//"
        kind = BIGINT if left.is_integer and right.is_integer else DOUBLE
        if operator == "//" and kind == DOUBLE:
            raise UnsupportedSql("DIV of numbers that are not whole")
        if "DECIMAL" in (left.type.name, right.type.name):
            raise UnsupportedSql("% of DECIMAL", hint="CAST it to DOUBLE")
        divisor = f"nullif({implicit(right, kind).text}, 0)"
        return Value(f"({implicit(left, kind).text} {operator} {divisor})", kind)

    def _numbers(self, node: exp.Expr, scope: Scope) -> list[Value]:
        """Both operands as numbers: text is read as DOUBLE."""
        values = [self.translate(part, scope) for part in (node.this, node.expression)]
        return [
            value if value.is_number else implicit(value, BIGINT if value.type == VOID else DOUBLE)
            for value in values
        ]

    def minus(self, node: exp.Neg, scope: Scope) -> Value:
        value = self.translate(node.this, scope)
        value = value if value.is_number else implicit(value, DOUBLE)
        return Value(f"(-{value.text})", value.type, f"-{value.literal}" if value.literal else None)

    def bitwise(self, node: exp.Expr, scope: Scope) -> Value:
        left, right = (implicit(self.translate(part, scope), BIGINT) for part in (node.this, node.expression))
        word = _BITWISE[type(node)]
        text = f"xor({left.text}, {right.text})" if word == "xor" else f"({left.text} {word} {right.text})"
        return Value(text, BIGINT)

    def concatenation(self, node: exp.Expr, scope: Scope) -> Value:
        return functions.call("CONCAT", [self.translate(part, scope) for part in node.flatten()])

    def literals(self, node: exp.Concat, scope: Scope) -> Value:
        """Adjacent string literals are one string."""
        return self.literal(exp.Literal.string("".join(item.name for item in node.expressions)), scope)

    # CASE, CAST, elements

    def case(self, node: exp.Case, scope: Scope) -> Value:
        subject = node.args.get("this")
        tests: list[str] = []
        for branch in node.args["ifs"]:
            if subject is None:
                tests.append(self.condition(branch.this, scope))
            else:
                left, right = self._comparable(subject, branch.this, scope=scope)
                tests.append(f"{left} = {right}")
        results = [self.translate(branch.args["true"], scope) for branch in node.args["ifs"]]
        default = node.args.get("default")
        last = self.translate(default, scope) if default is not None else Value("NULL", VOID)
        kind = common([*(value.type for value in results), last.type])
        if kind != VOID:
            results, last = [implicit(value, kind) for value in results], implicit(last, kind)
        whens = " ".join(f"WHEN {test} THEN {value.text}" for test, value in zip(tests, results, strict=True))
        return Value(f"CASE {whens} ELSE {last.text} END", kind)

    def conversion(self, node: exp.Cast, scope: Scope) -> Value:
        return cast(self.translate(node.this, scope), read_type(node.to))

    def element(self, node: exp.Bracket, scope: Scope) -> Value:
        """`array[0]` counts from 0; `map[key]` is NULL for an unknown key."""
        base, keys = self.translate(node.this, scope), node.expressions
        if len(keys) != 1 or base.type.name not in ("ARRAY", "MAP"):
            raise self.unsupported(node, f"[ ] on {show(base.type)}")
        key = self.translate(keys[0], scope)
        if base.type.name == "MAP":
            return Value(f"{base.text}[{implicit(key, base.type.inner[0]).text}]", base.type.inner[1])
        return Value(f"list_extract({base.text}, {implicit(key, BIGINT).text} + 1)", base.type.inner[0])

    # Calls

    def function(self, node: exp.Anonymous, scope: Scope) -> Value:
        name = str(node.this).upper()
        if name in functions.AGGREGATES:
            return self.aggregate(node, scope)
        if name == "GROUPING":
            inner = ", ".join(self.translate(item, scope).text for item in node.expressions)
            return Value(f"CAST(GROUPING({inner}) AS BIGINT)", BIGINT)
        if any(isinstance(item, (exp.Distinct, exp.Star, exp.Lambda)) for item in node.expressions):
            raise self.unsupported(node, f"this argument of {name}")
        return functions.call(name, [self.translate(item, scope) for item in node.expressions])

    def aggregate(self, node: exp.Expr, scope: Scope) -> Value:
        call: AggregateCall = aggregate_call(self, node)
        return build_aggregate(self, call, scope)


_Handler = Callable[[Expressions, "exp.Expr", Scope], Value]

_HANDLERS: dict[type[exp.Expr], _Handler] = {
    exp.Column: Expressions.column,
    exp.Dot: Expressions.dot,
    exp.Literal: Expressions.literal,
    exp.Null: Expressions.null,
    exp.Boolean: Expressions.boolean,
    exp.Paren: Expressions.paren,
    exp.And: Expressions.logic,
    exp.Or: Expressions.logic,
    exp.Not: Expressions.negation,
    **dict.fromkeys(_COMPARISONS, Expressions.comparison),
    exp.Between: Expressions.between,
    exp.In: Expressions.membership,
    exp.Exists: Expressions.exists,
    exp.Subquery: Expressions.scalar,
    exp.Is: Expressions.is_test,
    exp.Like: Expressions.like,
    exp.RegexpLike: Expressions.rlike,
    **dict.fromkeys(_ARITHMETIC, Expressions.arithmetic),
    exp.Div: Expressions.division,
    exp.IntDiv: Expressions.whole_division,
    exp.Mod: Expressions.whole_division,
    exp.Neg: Expressions.minus,
    **dict.fromkeys(_BITWISE, Expressions.bitwise),
    exp.DPipe: Expressions.concatenation,
    exp.Concat: Expressions.literals,
    exp.Case: Expressions.case,
    exp.Cast: Expressions.conversion,
    exp.TryCast: Expressions.conversion,
    exp.Bracket: Expressions.element,
    exp.Anonymous: Expressions.function,
    exp.Window: Expressions.aggregate,
    exp.Filter: Expressions.aggregate,
    exp.WithinGroup: Expressions.aggregate,
    exp.IgnoreNulls: Expressions.aggregate,
}
