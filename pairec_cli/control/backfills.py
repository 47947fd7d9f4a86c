"""Backfills: a plan that was started, its tasks in order, and the process that carries it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from pairec_cli.control.connections import Database, new_id
from pairec_cli.control.processes import ENDED, is_alive, moment, this_process
from pairec_cli.control.runs import RUNNING, Runs
from pairec_cli.control.schema import backfill_tasks, backfills
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange
from pairec_cli.domain.errors import AlreadyExists, Busy, InvalidInput, NotFound
from pairec_cli.domain.runs import Backfill, BackfillTask, Process, RunState


class Backfills:
    """At most one running backfill per workflow. What a dead process left running is marked failed."""

    def __init__(self, database: Database, runs: Runs) -> None:
        self._database, self._runs = database, runs

    def start(
        self, workflow: WorkflowName, solution: str, days: DsRange, tasks: Sequence[BackfillTask]
    ) -> Backfill:
        """Store the plan and carry it in this process. `tasks` in order, one per node.

        Raises Busy while a live process carries a backfill of this workflow, InvalidInput for a node that
        comes twice.
        """
        nodes = [task.node for task in tasks]
        if len(set(nodes)) != len(nodes):
            raise InvalidInput(f"a backfill names a node twice: {', '.join(nodes)}")
        now = time.time()
        with self._database.write() as connection:
            _make_way(connection, workflow)
            backfill = new_id(
                connection,
                insert(backfills).values(
                    workspace=workflow.workspace,
                    workflow=workflow.workflow,
                    solution=solution,
                    first_ds=days.first,
                    last_ds=days.last,
                    reason="",
                    created_at=now,
                    **_carried(now),
                ),
            )
            if tasks:
                connection.execute(insert(backfill_tasks), _task_rows(backfill, tasks))
            return _get(connection, backfill)

    def resume(self, backfill: int) -> Backfill:
        """Carry it on in this process, with its original dates.

        Raises NotFound; Busy while a live process carries a backfill of this workflow; AlreadyExists when it
        has ended well.
        """
        with self._database.write() as connection:
            found = _get(connection, backfill)
            if found.state is RunState.OK:
                raise AlreadyExists(f"backfill {backfill} is done: every task is ok")
            _make_way(connection, found.workflow)
            _set(connection, backfill, reason="", finished_at=None, **_carried(time.time()))
            return _get(connection, backfill)

    def set_task(self, backfill: int, node: str, state: RunState, reason: str = "") -> None:
        """Raises NotFound for a node that the backfill does not hold."""
        t = backfill_tasks.c
        with self._database.write() as connection:
            changed = connection.execute(
                update(backfill_tasks)
                .where(t.backfill == backfill, t.node == node)
                .values(state=state.value, reason=reason)
            )
            if changed.rowcount == 0:
                known = [task.node for task in _get(connection, backfill).tasks]
                raise NotFound("task", node, known)

    def finish(self, backfill: int, state: RunState, *, reason: str = "") -> Backfill:
        """End it. Raises NotFound, and InvalidInput when it is not running or `state` is no end."""
        if not state.finished:
            raise InvalidInput(f"a backfill cannot finish as {state}")
        with self._database.write() as connection:
            found = _get(connection, backfill)
            if found.state is not RunState.RUNNING:
                raise InvalidInput(f"backfill {backfill} is {found.state}, not running")
            _set(connection, backfill, state=state.value, reason=reason, finished_at=time.time())
            return _get(connection, backfill)

    def get(self, backfill: int) -> Backfill:
        """Raises NotFound."""
        with self._database.read() as connection:
            return _get(connection, backfill)

    def all(self, workflow: WorkflowName, *, limit: int | None = None) -> list[Backfill]:
        """Newest first."""
        query = select(backfills).where(*_of(workflow)).order_by(backfills.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return _backfills(connection, query)

    def latest(self, workflow: WorkflowName) -> Backfill | None:
        return next(iter(self.all(workflow, limit=1)), None)

    def active(self, workflow: WorkflowName) -> Backfill | None:
        """The one that a live process carries now."""
        latest = [one for one in self.all(workflow) if one.state is RunState.RUNNING]
        return next((one for one in latest if _lives(one)), None)

    def reap(self) -> list[Backfill]:
        """Mark backfills of dead processes, their running tasks and runs failed; returns the backfills."""
        self._runs.reap()
        with self._database.write() as connection:
            query = select(backfills).where(backfills.c.state == RUNNING)
            dead = [one for one in _backfills(connection, query) if not _lives(one)]
            return [_bury(connection, one) for one in dead]


def _make_way(connection: Connection, workflow: WorkflowName) -> None:
    """Raise Busy for a live backfill of the workflow; mark a dead one failed."""
    query = select(backfills).where(*_of(workflow), backfills.c.state == RUNNING)
    for one in _backfills(connection, query):
        if _lives(one) and one.process:
            raise Busy(
                f"backfill {one.id} of {workflow} is being carried by process {one.process.pid}"
                f" since {moment(one.carried_at)}",
                hint=f"wait for it, or stop it: kill {one.process.pid}",
            )
        _bury(connection, one)


def _bury(connection: Connection, backfill: Backfill) -> Backfill:
    t, failed = backfill_tasks.c, {"state": RunState.FAILED.value, "reason": ENDED}
    connection.execute(
        update(backfill_tasks)
        .where(t.backfill == backfill.id, t.state == RunState.RUNNING.value)
        .values(**failed)
    )
    _set(connection, backfill.id, finished_at=time.time(), **failed)
    return _get(connection, backfill.id)


def _lives(backfill: Backfill) -> bool:
    return backfill.process is not None and is_alive(backfill.process)


def _carried(now: float) -> dict[str, Any]:
    process = this_process()
    return {
        "state": RunState.RUNNING.value,
        "pid": process.pid,
        "birth": process.birth,
        "carried_at": now,
    }


def _set(connection: Connection, backfill: int, **values: Any) -> None:
    connection.execute(update(backfills).where(backfills.c.id == backfill).values(**values))


def _of(workflow: WorkflowName) -> tuple[Any, Any]:
    return backfills.c.workspace == workflow.workspace, backfills.c.workflow == workflow.workflow


def _task_rows(backfill: int, tasks: Sequence[BackfillTask]) -> list[dict[str, Any]]:
    return [
        {
            "backfill": backfill,
            "position": position,
            "node": task.node,
            "days": list(task.days),
            "state": task.state.value,
            "reason": task.reason,
        }
        for position, task in enumerate(tasks)
    ]


def _get(connection: Connection, backfill: int) -> Backfill:
    found = _backfills(connection, select(backfills).where(backfills.c.id == backfill))
    if not found:
        raise NotFound("backfill", str(backfill))
    return found[0]


def _backfills(connection: Connection, query: Select[Any]) -> list[Backfill]:
    rows = connection.execute(query).all()
    t = backfill_tasks.c
    tasks: dict[int, list[BackfillTask]] = {row.id: [] for row in rows}
    ordered = select(backfill_tasks).where(t.backfill.in_(list(tasks))).order_by(t.backfill, t.position)
    for row in connection.execute(ordered):
        task = BackfillTask(row.node, tuple(row.days), RunState(row.state), row.reason)
        tasks[row.backfill].append(task)
    return [_backfill(row, tuple(tasks[row.id])) for row in rows]


def _backfill(row: Row[Any], tasks: tuple[BackfillTask, ...]) -> Backfill:
    return Backfill(
        id=row.id,
        workflow=WorkflowName(row.workspace, row.workflow),
        solution=row.solution,
        days=DsRange(row.first_ds, row.last_ds),
        state=RunState(row.state),
        created_at=row.created_at,
        carried_at=row.carried_at,
        tasks=tasks,
        finished_at=row.finished_at,
        reason=row.reason,
        process=None if row.pid is None else Process(row.pid, row.birth or ""),
    )
