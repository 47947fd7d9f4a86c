"""How many values the model's categorical inputs have, counted in the source tables.

Embedding tables are as large as these counts ask for. A package is generated before any of its tables exists,
so the expressions that will fill them are counted where their columns come from. Counts are approximate and
rounded up, so that the same solution generates the same package while its data grows a little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.recall import TrainedRecall
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole
from pairec_cli.features.columns import Kind, context_attributes, entity_attributes
from pairec_cli.features.script import literal, quoted, source_form
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow.workspace import Workspace

_STEP = 1.25
"""Counts are rounded up to the next power of this."""
_COUNTED = (Kind.CATEGORICAL, Kind.TAG)


@dataclass(frozen=True)
class _Counted:
    """An expression over a source table whose values a vocabulary will hold."""

    vocabulary: str
    expression: str
    separator: str = ""
    """Between several values of one row."""


def vocabulary_sizes(workspace: Workspace, solution: Solution) -> dict[str, int]:
    """Vocabulary → about how many values it has, at least 1; without those of tables that hold no day yet."""
    if solution.ranks is None and not _trains(solution):
        return {}
    found: dict[str, int] = {}
    for role in (TableRole.USER, TableRole.ITEM):
        found |= _counts(workspace, solution, role, list(_of_entity(solution, role)), days=1)
    if solution.ranks is None:
        return found
    context = list(_of_context(solution))
    days = solution.ranks.training_days
    return found | _counts(workspace, solution, TableRole.BEHAVIOR, context, days=days)


def _trains(solution: Solution) -> bool:
    """Whether a recall has a model."""
    return any(isinstance(RECALLS.load(r.type)(), TrainedRecall) for r in solution.enabled_recalls)


def _of_entity(solution: Solution, role: TableRole) -> Iterator[_Counted]:
    names, tables = TableNames(solution), solution.data_tables
    user = role is TableRole.USER
    key, column = (names.user_id, tables.user.user_id) if user else (names.item_id, tables.item.item_id)
    yield _Counted(key, quoted(column))
    for attribute in entity_attributes(solution, role):
        if attribute.kind in _COUNTED:
            yield _Counted(attribute.wide, attribute.field.expression, attribute.tag_separator)


def _of_context(solution: Solution) -> Iterator[_Counted]:
    for role in (TableRole.USER, TableRole.ITEM):
        for attribute in context_attributes(solution, role):
            if attribute.kind in _COUNTED:
                yield _Counted(attribute.wide, attribute.field.expression)


def _counts(
    workspace: Workspace, solution: Solution, role: TableRole, counted: Sequence[_Counted], days: int
) -> dict[str, int]:
    """The counts over the table's last `days` days."""
    table = TableNames(solution).source(role)
    last = max(workspace.warehouse.ledger.partitions(table), default=None)
    if last is None or not counted:
        return {}
    where = f"{quoted(source_form(solution, role).partition)} > '{shift(last, -days)}'"
    project = solution.environment.offline_store
    single = [one for one in counted if not one.separator]
    items = ", ".join(f"APPROX_DISTINCT({one.expression}) AS c{place}" for place, one in enumerate(single))
    row = workspace.sql.query(f"SELECT {items} FROM {table} WHERE {where}", project=project).to_pylist()[0]
    found = {one.vocabulary: _rounded(row[f"c{place}"]) for place, one in enumerate(single)}
    for one in counted:
        if one.separator:
            text = _tags(table, one, where)
            found[one.vocabulary] = _rounded(workspace.sql.query(text, project=project).to_pylist()[0]["c"])
    return found


def _tags(table: TableName, one: _Counted, where: str) -> str:
    """The query that counts the different values in lists."""
    lists = f"SELECT {one.expression} AS tags FROM {table} WHERE {where}"
    pattern = literal(re.escape(one.separator))
    each = f"LATERAL VIEW EXPLODE(SPLIT(tags, {pattern})) e AS tag"
    return f"SELECT APPROX_DISTINCT(tag) AS c FROM ({lists}) t {each}"


def _rounded(count: int) -> int:
    """The smallest power of the step that is not below the count, as a whole number."""
    size = 1.0
    while size < count:
        size *= _STEP
    return int(size)
