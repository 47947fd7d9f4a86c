"""MaxCompute SQL typed by hand: a query's rows, or a script that changes tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pairec_cli.domain.ds import resolve_parameters, yesterday
from pairec_cli.warehouse.script import StatementKind, split
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
    """Rows when `text` is one query; None after running a script. Raises SqlError with the line."""
    project = workspace.instance.bindings.maxcompute_project
    values = {**resolve_parameters({}, yesterday(workspace.instance.timezone)), **parameters}
    if not is_query(text):
        workspace.sql.run_script(
            text, parameters=values, project=project, fingerprint=None, command=run_component, log=log
        )
        return None
    table = workspace.sql.query(text, parameters=values, project=project)
    shown = table.slice(0, limit) if limit else table
    return Answer(table.column_names, shown.to_pylist(), shown.num_rows < table.num_rows)


def is_query(text: str) -> bool:
    """Whether the text is one statement that only reads."""
    statements = split(text)
    if len(statements) != 1 or statements[0].kind is not StatementKind.SQL:
        return False
    words = statements[0].text.lower().split()
    return words[0].startswith(("select", "with", "(")) and "insert" not in words
