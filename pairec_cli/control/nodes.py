"""What is deployed: nodes with their recurrence, and the text of every file as it was deployed."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from pairec_cli.control.connections import Database, put
from pairec_cli.control.schema import deployed_files, deployed_nodes
from pairec_cli.domain.deployment import DeployedFile, DeployedNode, WorkflowName
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.package import Recurrence


class DeployedNodes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def deploy(
        self,
        workflow: WorkflowName,
        nodes: Mapping[str, Recurrence],
        files: Mapping[str, str],
        *,
        removed_nodes: Collection[str] = (),
        removed_files: Collection[str] = (),
        deployment: int | None = None,
    ) -> None:
        """Note nodes (name → the recurrence their package declares) and files (path → text) as deployed now.

        A node that was frozen stays frozen. What is named nowhere stays as it was.
        """
        written = {"deployed_at": time.time(), "deployment": deployment}
        with self._database.write() as connection:
            _delete(connection, deployed_nodes, workflow, "name", removed_nodes)
            _delete(connection, deployed_files, workflow, "path", removed_files)
            for name, declared in nodes.items():
                _put_node(connection, workflow, name, declared, written)
            for path, text in files.items():
                put(connection, deployed_files, _key(workflow) | {"path": path}, {"text": text} | written)

    def workflows(self, workspace: str | None = None) -> list[WorkflowName]:
        """Every workflow with a deployed node, by name."""
        w = deployed_nodes.c
        query = select(w.workspace, w.workflow).distinct().order_by(w.workspace, w.workflow)
        if workspace is not None:
            query = query.where(w.workspace == workspace)
        with self._database.read() as connection:
            return [WorkflowName(*row) for row in connection.execute(query)]

    def all(self, workflow: WorkflowName | None = None) -> list[DeployedNode]:
        """In the order in which they were first deployed, workflow by workflow; of one when it is given."""
        n = deployed_nodes.c
        query = select(deployed_nodes).order_by(n.workspace, n.workflow, n.position)
        if workflow is not None:
            query = query.where(*_of(deployed_nodes, workflow))
        with self._database.read() as connection:
            return [_node(row) for row in connection.execute(query)]

    def get(self, workflow: WorkflowName, name: str) -> DeployedNode:
        """Raises NotFound."""
        nodes = {node.name: node for node in self.all(workflow)}
        if name not in nodes:
            raise NotFound("deployed node", name, nodes, hint="pairec node list")
        return nodes[name]

    def files(self, workflow: WorkflowName) -> dict[str, DeployedFile]:
        """path → the file as it was last deployed, by path."""
        query = select(deployed_files).where(*_of(deployed_files, workflow)).order_by(deployed_files.c.path)
        with self._database.read() as connection:
            return {
                row.path: DeployedFile(row.path, row.text, row.deployment, row.deployed_at)
                for row in connection.execute(query)
            }

    def freeze(self, workflow: WorkflowName, names: Collection[str]) -> list[DeployedNode]:
        """Pause them; returns those that were not paused before. Raises NotFound, changing nothing."""
        return self._set(workflow, names, lambda _: Recurrence.PAUSE)

    def unfreeze(self, workflow: WorkflowName, names: Collection[str]) -> list[DeployedNode]:
        """Back to what the package declares (Normal where it declares Pause); returns those it changed."""
        return self._set(workflow, names, _thawed)

    def remove(self, workflow: WorkflowName, names: Collection[str]) -> None:
        """Forget nodes; their files are forgotten by `deploy(removed_files=…)`."""
        with self._database.write() as connection:
            _delete(connection, deployed_nodes, workflow, "name", names)

    def _set(self, workflow: WorkflowName, names: Collection[str], recurrence: Any) -> list[DeployedNode]:
        n = deployed_nodes.c
        changed: list[str] = []
        with self._database.write() as connection:
            rows = connection.execute(select(deployed_nodes).where(*_of(deployed_nodes, workflow)))
            nodes = {row.name: _node(row) for row in rows}
            for name in names:
                if name not in nodes:
                    raise NotFound("deployed node", name, nodes, hint="pairec node list")
                wanted: Recurrence = recurrence(nodes[name])
                if (nodes[name].recurrence is Recurrence.PAUSE) == (wanted is Recurrence.PAUSE):
                    continue
                connection.execute(
                    update(deployed_nodes)
                    .where(*_of(deployed_nodes, workflow), n.name == name)
                    .values(recurrence=wanted.value)
                )
                changed.append(name)
        return [self.get(workflow, name) for name in changed]


def _thawed(node: DeployedNode) -> Recurrence:
    return Recurrence.NORMAL if node.declared is Recurrence.PAUSE else node.declared


def _put_node(
    connection: Connection,
    workflow: WorkflowName,
    name: str,
    declared: Recurrence,
    written: Mapping[str, Any],
) -> None:
    n = deployed_nodes.c
    row = connection.execute(
        select(deployed_nodes).where(*_of(deployed_nodes, workflow), n.name == name)
    ).one_or_none()
    if row is None:
        last = connection.execute(select(func.max(n.position)).where(*_of(deployed_nodes, workflow))).scalar()
        position = 0 if last is None else last + 1
        values = {"declared": declared.value, "recurrence": declared.value, "position": position, **written}
        connection.execute(insert(deployed_nodes).values(**_key(workflow), name=name, **values))
        return
    # A recurrence set by hand outlives the deployment; one that only followed the package follows it again.
    by_hand = row.recurrence != row.declared
    kept = row.recurrence if by_hand else declared.value
    connection.execute(
        update(deployed_nodes)
        .where(*_of(deployed_nodes, workflow), n.name == name)
        .values(declared=declared.value, recurrence=kept, **written)
    )


def _key(workflow: WorkflowName) -> dict[str, str]:
    return {"workspace": workflow.workspace, "workflow": workflow.workflow}


def _of(table: Table, workflow: WorkflowName) -> tuple[Any, Any]:
    return table.c.workspace == workflow.workspace, table.c.workflow == workflow.workflow


def _delete(
    connection: Connection, table: Table, workflow: WorkflowName, column: str, names: Collection[str]
) -> None:
    for name in names:
        connection.execute(delete(table).where(*_of(table, workflow), table.c[column] == name))


def _node(row: Row[Any]) -> DeployedNode:
    return DeployedNode(
        workflow=WorkflowName(row.workspace, row.workflow),
        name=row.name,
        recurrence=Recurrence(row.recurrence),
        declared=Recurrence(row.declared),
        deployed_at=row.deployed_at,
        deployment=row.deployment,
    )
