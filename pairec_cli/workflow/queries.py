"""MaxCompute SQL typed by hand: a query's rows, or a script that changes tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pairec_cli.domain.ds import resolve_parameters, yesterday
from pairec_cli.domain.tables import PUBLIC_PROJECT
from pairec_cli.warehouse.lineage import Lineage, lineage
from pairec_cli.warehouse.maxcompute.statements import Select, read_statement
from pairec_cli.warehouse.script import StatementKind, split, substitute
from pairec_cli.workflow.data import show_public_project
from pairec_cli.workflow.pai import run_component
from pairec_cli.workflow.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    """Rows of a query; `more` when the limit cut them."""

    columns: list[str]
    rows: list[dict[str, Any]]
    more: bool


def run_sql(
    workspace: Workspace,
    text: str,
    parameters: Mapping[str, str],
    *,
    limit: int,
    log: Callable[[str], None],
) -> Answer | None:
    """Up to `limit` rows (0: all) when `text` is one query; None after running a script.

    Raises SqlError with the line, NotFound for an unknown table.
    """
    project = workspace.instance.bindings.maxcompute_project
    values = _parameters(workspace, parameters)
    if PUBLIC_PROJECT in text.lower():
        show_public_project(workspace)
    if not is_query(text, values, project):
        workspace.sql.run_script(
            text, parameters=values, project=project, fingerprint=None, command=run_component, log=log
        )
        return None
    kept: list[pa.Table] = []
    rows = 0
    with closing(workspace.sql.query_batches(text, parameters=values, project=project)) as batches:
        for batch in batches:
            kept.append(pa.Table.from_batches([batch]))
            rows += batch.num_rows
            if limit and rows > limit:
                break
    if not kept:  # the columns of a query without rows
        kept = [workspace.sql.query(text, parameters=values, project=project)]
    table = pa.concat_tables(kept)
    shown = table.slice(0, limit) if limit else table
    return Answer(table.column_names, shown.to_pylist(), shown.num_rows < table.num_rows)


def reads_and_writes(workspace: Workspace, text: str, parameters: Mapping[str, str]) -> Lineage:
    """What a script would read and write, without running it. Raises SqlError with the line."""
    project = workspace.instance.bindings.maxcompute_project
    return lineage(text, parameters=_parameters(workspace, parameters), project=project)


def is_query(text: str, parameters: Mapping[str, str], project: str) -> bool:
    """Whether the text, hints aside, is one statement that only reads. Raises SqlError."""
    statements = [statement for statement in split(text) if statement.kind is not StatementKind.SET]
    if len(statements) != 1 or statements[0].kind is StatementKind.PAI:
        return False
    statement = substitute(statements[0], parameters)
    return isinstance(read_statement(statement.text, statement.line, project), Select)


def _parameters(workspace: Workspace, given: Mapping[str, str]) -> dict[str, str]:
    """`bizdate` is yesterday unless it is given."""
    return {**resolve_parameters({}, yesterday(workspace.instance.timezone)), **given}
