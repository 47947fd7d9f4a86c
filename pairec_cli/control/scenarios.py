"""Scenarios: the places in an application where recommendations are shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from pairec_cli.control.connections import Database
from pairec_cli.control.instances import require_instance
from pairec_cli.control.names import checked_name
from pairec_cli.control.schema import scenarios as t
from pairec_cli.control.schema import solutions
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.instance import DEFAULT_TRAFFIC_CODES, Scenario


class Scenarios:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        instance: str,
        name: str,
        *,
        description: str = "",
        traffic_codes: Sequence[str] = DEFAULT_TRAFFIC_CODES,
    ) -> Scenario:
        """Raises AlreadyExists, NotFound (instance), InvalidInput (name, no or repeated traffic codes)."""
        checked_name("scenario", name)
        codes = tuple(checked_name("traffic code", code) for code in traffic_codes)
        if not codes or len(set(codes)) != len(codes):
            raise InvalidInput(
                f"traffic codes {', '.join(codes) or '(none)'}: at least one, each once",
                hint="the defaults are " + ", ".join(DEFAULT_TRAFFIC_CODES),
            )
        scenario = Scenario(instance, name, description, codes, time.time())
        with self._database.write() as connection:
            require_instance(connection, instance)
            if name in _names(connection, instance):
                raise AlreadyExists(f"scenario {name!r} exists", hint=f"pairec scenario show {name}")
            connection.execute(
                insert(t).values(
                    instance=instance,
                    name=name,
                    description=description,
                    traffic_codes=list(codes),
                    created_at=scenario.created_at,
                )
            )
        return scenario

    def all(self, instance: str) -> list[Scenario]:
        """In the order of creation."""
        query = select(t).where(t.c.instance == instance).order_by(t.c.created_at, t.c.name)
        with self._database.read() as connection:
            return [_scenario(row) for row in connection.execute(query)]

    def get(self, instance: str, name: str) -> Scenario:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                select(t).where(t.c.instance == instance, t.c.name == name)
            ).one_or_none()
            if row is None:
                raise NotFound(
                    "scenario", name, _names(connection, instance), hint="pairec scenario create NAME"
                )
            return _scenario(row)

    def delete(self, instance: str, name: str, *, cascade: bool = False) -> None:
        """Raises NotFound, and InvalidInput while solutions stand in it and `cascade` is not asked."""
        with self._database.write() as connection:
            require_scenario(connection, instance, name)
            inside = connection.execute(
                select(solutions.c.name).where(solutions.c.instance == instance, solutions.c.scenario == name)
            ).scalars()
            held = ", ".join(inside)
            if held and not cascade:
                raise InvalidInput(
                    f"scenario {name!r} still holds solutions: {held}",
                    hint="delete these first, or ask for everything to go with --cascade",
                )
            connection.execute(delete(t).where(t.c.instance == instance, t.c.name == name))


def require_scenario(connection: Connection, instance: str, name: str) -> None:
    """Raises NotFound unless the scenario exists."""
    names = _names(connection, instance)
    if name not in names:
        raise NotFound("scenario", name, names, hint=f"pairec scenario create {name}")


def _names(connection: Connection, instance: str) -> list[str]:
    return list(connection.execute(select(t.c.name).where(t.c.instance == instance)).scalars())


def _scenario(row: Row[Any]) -> Scenario:
    return Scenario(row.instance, row.name, row.description, tuple(row.traffic_codes), row.created_at)
