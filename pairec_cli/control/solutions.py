"""Solutions and the versions of their documents. A version never changes once saved."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from pairec_cli.control.connections import Database
from pairec_cli.control.names import checked_name
from pairec_cli.control.scenarios import require_scenario
from pairec_cli.control.schema import deployments, solution_versions, solutions
from pairec_cli.control.settings import Settings
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.instance import SolutionRecord, SolutionVersion


class Solutions:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    def save(
        self, instance: str, name: str, scenario: str, document: str, *, comment: str = ""
    ) -> SolutionVersion:
        """The next version, or the newest one when the text is the same.

        Raises NotFound (scenario), InvalidInput (name), AlreadyExists when the solution stands in another
        scenario.
        """
        checked_name("solution", name)
        with self._database.write() as connection:
            require_scenario(connection, instance, scenario)
            stands_in = _scenario_of(connection, instance, name)
            if stands_in is None:
                connection.execute(
                    insert(solutions).values(
                        instance=instance, name=name, scenario=scenario, created_at=time.time()
                    )
                )
            elif stands_in != scenario:
                raise AlreadyExists(
                    f"solution {name!r} exists in scenario {stands_in!r}", hint="choose another name"
                )
            return _append(connection, instance, name, document, comment)

    def all(self, instance: str, scenario: str | None = None) -> list[SolutionRecord]:
        """In the order of creation; of one scenario where it is given."""
        query = _records().where(solutions.c.instance == instance)
        if scenario is not None:
            query = query.where(solutions.c.scenario == scenario)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(query)]

    def get(self, instance: str, name: str) -> SolutionRecord:
        """With its newest version. Raises NotFound."""
        records = {record.name: record for record in self.all(instance)}
        if name not in records:
            raise NotFound("solution", name, records, hint="pairec solution create NAME")
        return records[name]

    def version(self, instance: str, name: str, number: int) -> SolutionVersion:
        """Raises NotFound."""
        history = {str(version.number): version for version in self.history(instance, name)}
        if str(number) not in history:
            raise NotFound(f"version of solution {name!r}", str(number), history)
        return history[str(number)]

    def history(self, instance: str, name: str) -> list[SolutionVersion]:
        """Every version, oldest first. Raises NotFound."""
        self.get(instance, name)
        with self._database.read() as connection:
            rows = connection.execute(_versions(instance, name).order_by(solution_versions.c.number))
            return [_version(row) for row in rows]

    def delete(self, instance: str, name: str, *, cascade: bool = False) -> None:
        """Raises NotFound, and InvalidInput while it has deployment records and `cascade` is not asked."""
        self.get(instance, name)
        of_solution = (deployments.c.instance == instance, deployments.c.solution == name)
        with self._database.write() as connection:
            held = connection.execute(
                select(func.count()).select_from(deployments).where(*of_solution)
            ).scalar_one()
            if held and not cascade:
                raise InvalidInput(
                    f"solution {name!r} has {held} deployment record(s)",
                    hint="ask for them to go too with --cascade",
                )
            connection.execute(
                delete(solutions).where(solutions.c.instance == instance, solutions.c.name == name)
            )

    def current(self, instance: str, scenario: str) -> SolutionRecord | None:
        """The solution chosen for the scenario, or its only one; None when there is none to tell."""
        chosen = self._settings.get(_current_key(instance, scenario))
        records = self.all(instance, scenario)
        for record in records:
            if record.name == chosen or len(records) == 1:
                return record
        return None

    def use(self, instance: str, name: str) -> SolutionRecord:
        """Make it the current one of its scenario. Raises NotFound."""
        record = self.get(instance, name)
        self._settings.set(_current_key(instance, record.scenario), name)
        return record


def _current_key(instance: str, scenario: str) -> str:
    return f"current_solution/{instance}/{scenario}"


def _scenario_of(connection: Connection, instance: str, name: str) -> str | None:
    found: str | None = connection.execute(
        select(solutions.c.scenario).where(solutions.c.instance == instance, solutions.c.name == name)
    ).scalar()
    return found


def _append(connection: Connection, instance: str, name: str, document: str, comment: str) -> SolutionVersion:
    fingerprint = of_text(document)
    newest = connection.execute(
        _versions(instance, name).order_by(solution_versions.c.number.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.document == document:
        return _version(newest)
    number = 1 if newest is None else newest.number + 1
    version = SolutionVersion(instance, name, number, document, fingerprint, time.time(), comment)
    connection.execute(
        insert(solution_versions).values(
            instance=instance,
            solution=name,
            number=number,
            document=document,
            fingerprint=fingerprint,
            created_at=version.created_at,
            comment=comment,
        )
    )
    return version


def _versions(instance: str, name: str) -> Select[Any]:
    v = solution_versions.c
    return select(solution_versions).where(v.instance == instance, v.solution == name)


def _records() -> Select[Any]:
    """Each solution beside its newest version."""
    s, v = solutions.c, solution_versions.c
    newest = (
        select(v.instance, v.solution, func.max(v.number).label("number"))
        .group_by(v.instance, v.solution)
        .subquery()
    )
    return (
        select(solution_versions, s.scenario, s.created_at.label("solution_created_at"))
        .join(solutions, (s.instance == v.instance) & (s.name == v.solution))
        .join(
            newest,
            (newest.c.instance == v.instance)
            & (newest.c.solution == v.solution)
            & (newest.c.number == v.number),
        )
        .order_by(s.created_at, s.name)
    )


def _record(row: Row[Any]) -> SolutionRecord:
    return SolutionRecord(row.instance, row.solution, row.scenario, row.solution_created_at, _version(row))


def _version(row: Row[Any]) -> SolutionVersion:
    return SolutionVersion(
        instance=row.instance,
        solution=row.solution,
        number=row.number,
        document=row.document,
        fingerprint=row.fingerprint,
        created_at=row.created_at,
        comment=row.comment,
    )
