"""Whether a node's script can be read, before it runs: syntax, what the dialect knows, PAI parameters."""

from __future__ import annotations

from pairec_cli.components.registry import COMPONENTS
from pairec_cli.domain.ds import resolve_parameters, yesterday
from pairec_cli.domain.errors import NotFound, SqlError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pai_command import PaiCommand
from pairec_cli.warehouse.execution import translated
from pairec_cli.warehouse.maxcompute.statements import CreateTable, Insert, Select, read_statement
from pairec_cli.warehouse.script import StatementKind, split, substitute
from pairec_cli.workflow.workspace import Workspace


def check_script(workspace: Workspace, node: Node, project: str) -> None:
    """Raises SqlError with the script's line, UnsupportedSql for what the dialect does not know.

    Queries over tables that do not exist yet are read, but not translated: their columns are not known.
    """
    if node.kind is NodeKind.PYODPS3:
        _check_python(node)
    elif node.kind in (NodeKind.ODPS_SQL, NodeKind.VIRTUAL):
        _check_sql(workspace, node, project)


def _check_python(node: Node) -> None:
    try:
        compile(node.script, f"{node.name}.py", "exec")
    except SyntaxError as error:
        raise SqlError(f"{error.msg}: {(error.text or '').strip()}", line=error.lineno) from error


def _check_sql(workspace: Workspace, node: Node, project: str) -> None:
    parameters = resolve_parameters(dict(node.parameters), yesterday())
    hints: dict[str, str] = {}
    for raw in split(node.script):
        statement = substitute(raw, parameters)
        if statement.kind is StatementKind.SET:
            key, value = statement.hint()
            hints[key] = value
        elif statement.kind is StatementKind.PAI:
            _check_command(PaiCommand.parse(statement.text, line=statement.line), statement.line)
        else:
            found = read_statement(statement.text, statement.line, project)
            query = found.query if isinstance(found, Select | Insert | CreateTable) else None
            if query is not None:
                try:
                    translated(workspace.warehouse, project, query, statement.line, hints)
                except NotFound:
                    continue


def _check_command(command: PaiCommand, line: int) -> None:
    try:
        COMPONENTS.load(command.name).Parameters.parse(command.name, command.parameters)
    except (NotFound, SqlError) as error:
        raise SqlError(error.message, line=line, hint=error.hint) from error
