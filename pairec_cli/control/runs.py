"""Runs of nodes: who runs what for which day, how it ended, and with which script and inputs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, literal, select, update

from pairec_cli.control.connections import Database, new_id
from pairec_cli.control.processes import ENDED, is_alive, moment, this_process
from pairec_cli.control.schema import node_runs as t
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import Busy, InvalidInput, NotFound
from pairec_cli.domain.runs import FINISHED, NodeRun, Process, RunState

RUNNING = literal(RunState.RUNNING.value, literal_execute=True)
"""Written into the statement itself, so that the planner sees that the index of running rows applies."""


class Runs:
    """At most one running row per workflow, node and ds; it belongs to the process that wrote it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self,
        workflow: WorkflowName,
        node: str,
        ds: str,
        *,
        script_fingerprint: str = "",
        input_fingerprint: str = "",
        log: str | None = None,
        backfill: int | None = None,
    ) -> NodeRun:
        """Claim the node for the day, for this process.

        Raises Busy when a live process is running it; a run left by a dead one is marked failed first.
        """
        inputs = {ds: input_fingerprint}
        started = self.start_days(
            workflow, node, inputs, script_fingerprint=script_fingerprint, log=log, backfill=backfill
        )
        return started[0]

    def start_days(
        self,
        workflow: WorkflowName,
        node: str,
        inputs: Mapping[str, str],
        *,
        script_fingerprint: str = "",
        log: str | None = None,
        backfill: int | None = None,
    ) -> list[NodeRun]:
        """Claim the node for several days at once, all or none. `inputs`: ds → input fingerprint.

        Raises Busy as `start` does.
        """
        process, now = this_process(), time.time()
        claim = {
            **_key(workflow, node),
            "state": RunState.RUNNING.value,
            "reason": "",
            "script_fingerprint": script_fingerprint,
            "started_at": now,
            "log": log,
            "pid": process.pid,
            "birth": process.birth,
            "backfill": backfill,
        }
        with self._database.write() as connection:
            _make_way(connection, workflow, node, inputs)
            if inputs:
                rows = [{**claim, "ds": ds, "input_fingerprint": mark} for ds, mark in inputs.items()]
                connection.execute(insert(t), rows)
            claimed = {run.ds: run for run in _running(connection, workflow, node)}
            return [claimed[ds] for ds in inputs]

    def finish(
        self,
        run: int,
        state: RunState,
        *,
        reason: str = "",
        rows: int | None = None,
        log: str | None = None,
    ) -> NodeRun:
        """End a running run. Raises NotFound, and InvalidInput when it is not running."""
        return self.finish_all([run], state, reason=reason, rows={run: rows}, log=log)[0]

    def finish_all(
        self,
        runs: Sequence[int],
        state: RunState,
        *,
        reason: str = "",
        rows: Mapping[int, int | None] | None = None,
        log: str | None = None,
    ) -> list[NodeRun]:
        """End several running runs in one transaction. `rows`: run id → rows written. Raises as `finish`."""
        if not state.finished:
            raise InvalidInput(f"a run cannot finish as {state}")
        now, counts = time.time(), rows or {}
        with self._database.write() as connection:
            found = _require_running(connection, runs)
            ended = [
                replace(
                    run,
                    state=state,
                    reason=reason,
                    finished_at=now,
                    rows=counts.get(run.id),
                    log=run.log if log is None else log,
                )
                for run in found
            ]
            _end(connection, ended)
        return ended

    def record(
        self,
        workflow: WorkflowName,
        node: str,
        ds: str,
        state: RunState,
        reason: str,
        *,
        script_fingerprint: str = "",
        input_fingerprint: str = "",
        backfill: int | None = None,
    ) -> NodeRun:
        """Note an end without a run (skipped, frozen, failed before it began). Raises InvalidInput."""
        if not state.finished:
            raise InvalidInput(f"a run that never started cannot be {state}")
        now = time.time()
        end = {
            **_key(workflow, node),
            "ds": ds,
            "state": state.value,
            "reason": reason,
            "script_fingerprint": script_fingerprint,
            "input_fingerprint": input_fingerprint,
            "started_at": now,
            "finished_at": now,
            "backfill": backfill,
        }
        with self._database.write() as connection:
            return _by_ids(connection, [new_id(connection, insert(t).values(end))])[0]

    def get(self, run: int) -> NodeRun:
        """Raises NotFound."""
        with self._database.read() as connection:
            found = _by_ids(connection, [run])
        if not found:
            raise NotFound("run", str(run))
        return found[0]

    def latest(
        self, workflow: WorkflowName, states: Collection[RunState] = FINISHED
    ) -> dict[tuple[str, str], NodeRun]:
        """(node, ds) → its last run among those in one of `states`, by node and ds."""
        newest = (
            select(func.max(t.c.id))
            .where(*_of(workflow), t.c.state.in_([state.value for state in states]))
            .group_by(t.c.node, t.c.ds)
        )
        query = select(t).where(t.c.id.in_(newest)).order_by(t.c.node, t.c.ds)
        return {(run.node, run.ds): run for run in self._read(query)}

    def all(
        self,
        workflow: WorkflowName,
        *,
        node: str | None = None,
        ds: str | None = None,
        backfill: int | None = None,
        limit: int | None = None,
    ) -> list[NodeRun]:
        """Newest first."""
        query = select(t).where(*_of(workflow)).order_by(t.c.id.desc()).limit(limit)
        for column, value in ((t.c.node, node), (t.c.ds, ds), (t.c.backfill, backfill)):
            if value is not None:
                query = query.where(column == value)
        return self._read(query)

    def reap(self) -> list[NodeRun]:
        """Mark every run of a dead process failed ("process ended"); returns them."""
        with self._database.write() as connection:
            query = select(t).where(t.c.state == RUNNING)
            running = [to_run(row) for row in connection.execute(query)]
            return _bury(connection, [run for run in running if not _lives(run)])

    def _read(self, query: Select[Any]) -> list[NodeRun]:
        with self._database.read() as connection:
            return [to_run(row) for row in connection.execute(query)]


def _of(workflow: WorkflowName) -> tuple[Any, Any]:
    return t.c.workspace == workflow.workspace, t.c.workflow == workflow.workflow


def _key(workflow: WorkflowName, node: str) -> dict[str, str]:
    return {"workspace": workflow.workspace, "workflow": workflow.workflow, "node": node}


def _running(connection: Connection, workflow: WorkflowName, node: str) -> list[NodeRun]:
    query = select(t).where(*_of(workflow), t.c.node == node, t.c.state == RUNNING)
    return [to_run(row) for row in connection.execute(query)]


def _make_way(connection: Connection, workflow: WorkflowName, node: str, days: Collection[str]) -> None:
    """Raise Busy for a live run of one of the days; mark dead ones failed."""
    running = [run for run in _running(connection, workflow, node) if run.ds in days]
    for run in running:
        if _lives(run) and run.process:
            raise Busy(
                f"{node} for {run.ds} is being run by process {run.process.pid}"
                f" since {moment(run.started_at)}",
                hint=f"wait for it, or stop it: kill {run.process.pid}",
            )
    _bury(connection, running)


def _lives(run: NodeRun) -> bool:
    return run.process is not None and is_alive(run.process)


def _bury(connection: Connection, dead: Sequence[NodeRun]) -> list[NodeRun]:
    now = time.time()
    ended = [replace(run, state=RunState.FAILED, reason=ENDED, finished_at=now) for run in dead]
    _end(connection, ended)
    return ended


_END = (
    update(t)
    .where(t.c.id == bindparam("run"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "reason", "finished_at", "rows", "log")})
)


def _end(connection: Connection, runs: Sequence[NodeRun]) -> None:
    """Write how these runs ended, all in one statement."""
    if runs:
        ends = [
            {
                "run": run.id,
                "new_state": run.state.value,
                "new_reason": run.reason,
                "new_finished_at": run.finished_at,
                "new_rows": run.rows,
                "new_log": run.log,
            }
            for run in runs
        ]
        connection.execute(_END, ends)


def _by_ids(connection: Connection, ids: Sequence[int]) -> list[NodeRun]:
    """In the order of the ids; those that do not exist are left out."""
    found: list[NodeRun] = []
    for start in range(0, len(ids), 500):
        chunk = list(ids[start : start + 500])
        runs = {row.id: to_run(row) for row in connection.execute(select(t).where(t.c.id.in_(chunk)))}
        found += [runs[run] for run in chunk if run in runs]
    return found


def _require_running(connection: Connection, runs: Sequence[int]) -> list[NodeRun]:
    """The runs with these ids. Raises NotFound, and InvalidInput for one that is not running."""
    found = {run.id: run for run in _by_ids(connection, runs)}
    for run in runs:
        if run not in found:
            raise NotFound("run", str(run))
        if found[run].state is not RunState.RUNNING:
            raise InvalidInput(
                f"run {run} of {found[run].node} for {found[run].ds} is {found[run].state}, not running"
            )
    return list(found.values())


def to_run(row: Row[Any]) -> NodeRun:
    return NodeRun(
        id=row.id,
        workflow=WorkflowName(row.workspace, row.workflow),
        node=row.node,
        ds=row.ds,
        state=RunState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        reason=row.reason,
        script_fingerprint=row.script_fingerprint,
        input_fingerprint=row.input_fingerprint,
        rows=row.rows,
        log=row.log,
        process=None if row.pid is None else Process(row.pid, row.birth or ""),
        backfill=row.backfill,
    )
