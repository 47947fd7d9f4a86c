"""The ranking form: targets written in one line, and their SQL checked before anything is generated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from sqlglot import exp

from pairec_cli.domain.errors import InvalidConfig, NotFound, PairecError, Problem
from pairec_cli.domain.solution import Ranking, RankingTarget, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import context_attributes, event_fields
from pairec_cli.features.script import Field
from pairec_cli.warehouse.maxcompute.from_clause import Relation
from pairec_cli.warehouse.maxcompute.functions import AGGREGATES
from pairec_cli.warehouse.maxcompute.queries import QueryTranslator
from pairec_cli.warehouse.maxcompute.statements import Select, read_statement
from pairec_cli.warehouse.script import StatementKind, split
from pairec_cli.warehouse.types import MaxComputeType, parse_type

TARGET_FORM = "NAME=EXPRESSION[:TYPE[:DEPENDS]]"
TARGET_TYPES: tuple[str, ...] = get_args(RankingTarget.model_fields["type"].annotation)
_NUMBERS = ("TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN", "VOID")


def parse_target(text: str) -> dict[str, Any]:
    """`is_click=max(if(event='click',1,0)):classification` as the form's fields; targets that it depends on
    follow the type, `:regression:is_click`. Raises InvalidConfig."""
    name, given, rest = text.partition("=")
    if not given or not name.strip().isidentifier() or not rest.strip():
        message = f"cannot read the target {text!r}; write {TARGET_FORM}"
        raise InvalidConfig("solution", [Problem("ranking.targets", message, text)])
    found: dict[str, Any] = {"name": name.strip()}
    kinds = "|".join(TARGET_TYPES)
    form = rf"(?P<sql>.+?):\s*(?P<type>{kinds})\s*(?::(?P<depends>[\w,\s]*))?\s*"
    match = re.fullmatch(form, rest, re.DOTALL)
    if match is None:
        return {**found, "expression": rest.strip()}
    depends = [part for part in re.split(r"[,\s]+", match["depends"] or "") if part]
    return {**found, "expression": match["sql"].strip(), "type": match["type"], "depends": depends}


def place_targets(body: dict[str, Any], add: Sequence[str], remove: Sequence[str]) -> None:
    """Targets of the ranking in a solution's values: those named in `remove` go, each of `add` takes the
    place of the one with its name, or the last. Where there is no ranking, the default one is changed.

    Raises InvalidConfig, NotFound.
    """
    if (add or remove) and body.get("ranking") is None:
        body["ranking"] = default()
    for name in remove:
        targets = body["ranking"]["targets"]
        known = [target["name"] for target in targets]
        if name not in known:
            raise NotFound("target", name, known, hint="pairec solution show")
        del targets[known.index(name)]
    for text in add:
        targets, target = body["ranking"]["targets"], parse_target(text)
        known = [one["name"] for one in targets]
        if target["name"] in known:
            targets[known.index(target["name"])] |= target
        else:
            targets.append(target)


def default() -> dict[str, Any]:
    """The form's defaults as values."""
    return Ranking().model_dump(mode="json")


def sql_problems(solution: Solution) -> list[Problem]:
    """Targets and sample weight that are no aggregates of the behavior log giving a number."""
    if solution.ranking is None:
        return []
    expressions = [
        (f"ranking.targets[{index}].expression", target.expression)
        for index, target in enumerate(solution.ranking.targets)
    ]
    if solution.ranking.sample_weight is not None:
        expressions.append(("ranking.sample_weight", solution.ranking.sample_weight))
    log = _BehaviorLog(solution)
    return [
        Problem(path, message, expression)
        for path, expression in expressions
        if (message := log.refusal(expression)) is not None
    ]


class _BehaviorLog:
    """The preprocessed behavior log by its columns alone, whatever the warehouse holds."""

    def __init__(self, solution: Solution) -> None:
        fields = event_fields(solution)
        for role in (TableRole.USER, TableRole.ITEM):
            fields += [attribute.field for attribute in context_attributes(solution, role)]
        self._columns = [(field.name, _type(field)) for field in fields]

    def relation(self, node: object) -> Relation:
        return Relation("log", self._columns, "p")

    def refusal(self, expression: str) -> str | None:
        """Why the expression gives no number per request, user and item; None when it does."""
        text = f"SELECT 1 AS one, {expression} AS label FROM log GROUP BY request_id"
        try:
            statements = split(text)
            if len(statements) != 1 or statements[0].kind is not StatementKind.SQL:
                return "must be one expression"
            found = read_statement(text, 1, "p")
            if not isinstance(found, Select):
                return "must be one expression"
            if found.query.find(exp.Window):
                return "must be an aggregate, this is a window function"
            columns = QueryTranslator(self).query(found.query).columns
            if (column := _outside(found.query.expressions[-1])) is not None:
                return f"{column} stands in no aggregate; write for example max({column})"
        except PairecError as error:
            return error.message.removeprefix("line 1: ")
        if [name for name, _ in columns] != ["one", "label"]:
            return "must be one expression"
        kind = columns[1][1].name
        return None if kind in _NUMBERS else f"must give a number, this gives {kind}"


def _outside(label: exp.Expr) -> str | None:
    """A column of the expression that no aggregate encloses."""
    for column in label.find_all(exp.Column):
        node: exp.Expr | None = column
        while node is not None and node is not label.parent:
            if isinstance(node, exp.Anonymous) and str(node.this).upper() in AGGREGATES:
                break
            node = node.parent
        else:
            return str(column.name)
    return None


def _type(field: Field) -> MaxComputeType:
    return parse_type(field.type)
