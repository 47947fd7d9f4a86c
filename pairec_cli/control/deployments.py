"""Deployment records: one per generated or imported package, from its making to its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from pairec_cli.control.connections import Database, new_id
from pairec_cli.control.instances import require_instance
from pairec_cli.control.processes import ENDED, is_alive, moment, this_process
from pairec_cli.control.schema import deployments as t
from pairec_cli.control.schema import solution_versions as v
from pairec_cli.domain.deployment import Deployment, DeploymentStatus
from pairec_cli.domain.errors import Busy, InvalidInput, NotFound
from pairec_cli.domain.runs import Process

_Status = DeploymentStatus
_NEXT: dict[DeploymentStatus, tuple[DeploymentStatus, ...]] = {
    _Status.GENERATING: (_Status.GENERATED, _Status.FAILED),
    _Status.GENERATED: (_Status.DEPLOYING,),
    _Status.DEPLOYING: (_Status.SUCCESS, _Status.FAILED),
    _Status.SUCCESS: (_Status.DEPLOYING,),
    _Status.FAILED: (_Status.DEPLOYING,),
}


class Deployments:
    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self,
        instance: str,
        solution: str | None = None,
        version: int | None = None,
        *,
        log: str | None = None,
    ) -> Deployment:
        """A record in state generating. Without solution and version: of a package made elsewhere.

        Raises NotFound for the instance or the version.
        """
        process = this_process()
        with self._database.write() as connection:
            require_instance(connection, instance)
            if solution is not None:
                _require_version(connection, instance, solution, version)
            made = new_id(
                connection,
                insert(t).values(
                    instance=instance,
                    solution=solution,
                    version=version,
                    status=_Status.GENERATING.value,
                    created_at=time.time(),
                    log=log,
                    message="",
                    selected_files=[],
                    pid=process.pid,
                    birth=process.birth,
                ),
            )
            return _get(connection, made)

    def generated(
        self, deployment: int, package: str, fingerprint: str, *, log: str | None = None
    ) -> Deployment:
        """The package stands at its `oss://…` address. Raises NotFound, InvalidInput (wrong status)."""
        made = {"package": package, "package_fingerprint": fingerprint}
        return self._advance(deployment, _Status.GENERATED, log, **made)

    def deploying(
        self, deployment: int, selected_files: Sequence[str], *, log: str | None = None
    ) -> Deployment:
        """Begin to deploy the chosen files.

        Raises Busy while a live process deploys in the same instance, InvalidInput when there is no package,
        NotFound.
        """
        process = this_process()
        begun = {
            "selected_files": list(selected_files),
            "finished_at": None,
            "message": "",
            "pid": process.pid,
            "birth": process.birth,
        }
        return self._advance(deployment, _Status.DEPLOYING, log, **begun)

    def succeeded(self, deployment: int, *, log: str | None = None) -> Deployment:
        """Raises NotFound, InvalidInput (wrong status)."""
        return self._advance(deployment, _Status.SUCCESS, log, finished_at=time.time())

    def failed(self, deployment: int, message: str, *, log: str | None = None) -> Deployment:
        """Raises NotFound, InvalidInput (wrong status)."""
        return self._advance(deployment, _Status.FAILED, log, finished_at=time.time(), message=message)

    def all(self, instance: str, solution: str | None = None) -> list[Deployment]:
        """Newest first."""
        query = select(t).where(t.c.instance == instance).order_by(t.c.id.desc())
        if solution is not None:
            query = query.where(t.c.solution == solution)
        with self._database.read() as connection:
            return [_deployment(row) for row in connection.execute(query)]

    def get(self, deployment: int) -> Deployment:
        """Raises NotFound."""
        with self._database.read() as connection:
            return _get(connection, deployment)

    def latest(
        self, instance: str, solution: str, status: DeploymentStatus | None = None
    ) -> Deployment | None:
        """The solution's newest record, of one status where it is given."""
        records = self.all(instance, solution)
        return next((record for record in records if status in (None, record.status)), None)

    def reap(self) -> list[Deployment]:
        """Mark records whose process died at work failed ("process ended"); returns them."""
        working = [status.value for status in _Status if status.in_progress]
        with self._database.write() as connection:
            rows = connection.execute(select(t).where(t.c.status.in_(working))).all()
            dead = [row.id for row in rows if not _lives(row)]
            for deployment in dead:
                _bury(connection, deployment)
            return [_get(connection, deployment) for deployment in dead]

    def _advance(self, deployment: int, to: DeploymentStatus, log: str | None, **values: Any) -> Deployment:
        if log is not None:
            values["log"] = log
        with self._database.write() as connection:
            row = _row(connection, deployment)
            if to is _Status.DEPLOYING:
                _make_way(connection, row.instance)
                row = _row(connection, deployment)
                if row.package is None:
                    raise InvalidInput(
                        f"deployment {deployment} has no package", hint="pairec script generate"
                    )
            if to not in _NEXT[_Status(row.status)]:
                raise InvalidInput(f"deployment {deployment} is {row.status}; it cannot become {to}")
            _set(connection, deployment, status=to.value, **values)
            return _get(connection, deployment)


def _make_way(connection: Connection, instance: str) -> None:
    """Raise Busy for a live deployment in the instance; mark a dead one failed."""
    deploying = t.c.status == _Status.DEPLOYING.value
    for row in connection.execute(select(t).where(t.c.instance == instance, deploying)).all():
        if _lives(row):
            raise _busy(row)
        _bury(connection, row.id)


def _bury(connection: Connection, deployment: int) -> None:
    _set(
        connection,
        deployment,
        status=_Status.FAILED.value,
        message=ENDED,
        finished_at=time.time(),
    )


def _busy(row: Row[Any]) -> Busy:
    return Busy(
        f"deployment {row.id} is being deployed by process {row.pid}, created {moment(row.created_at)}",
        hint=f"wait for it, or stop it: kill {row.pid}",
    )


def _lives(row: Row[Any]) -> bool:
    return row.pid is not None and is_alive(Process(row.pid, row.birth or ""))


def _require_version(connection: Connection, instance: str, solution: str, version: int | None) -> None:
    query = select(v.c.number).where(v.c.instance == instance, v.c.solution == solution)
    numbers = list(connection.execute(query).scalars())
    if version not in numbers:
        raise NotFound(f"version of solution {solution!r}", str(version), map(str, numbers))


def _set(connection: Connection, deployment: int, **values: Any) -> None:
    connection.execute(update(t).where(t.c.id == deployment).values(**values))


def _row(connection: Connection, deployment: int) -> Row[Any]:
    row = connection.execute(select(t).where(t.c.id == deployment)).one_or_none()
    if row is None:
        raise NotFound("deployment", str(deployment), hint="pairec deploy records")
    return row


def _get(connection: Connection, deployment: int) -> Deployment:
    return _deployment(_row(connection, deployment))


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(
        id=row.id,
        instance=row.instance,
        solution=row.solution,
        version=row.version,
        status=_Status(row.status),
        created_at=row.created_at,
        finished_at=row.finished_at,
        package=row.package,
        package_fingerprint=row.package_fingerprint,
        log=row.log,
        message=row.message,
        selected_files=tuple(row.selected_files),
    )
