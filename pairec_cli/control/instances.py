"""Instances: PAI-Rec's unit of ownership. One of a workspace's instances is current."""

from __future__ import annotations

import time
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pairec_cli.control import schema
from pairec_cli.control.connections import Database, put
from pairec_cli.control.names import checked_name
from pairec_cli.control.settings import Settings
from pairec_cli.domain.ds import zone
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.instance import Instance, ResourceBindings, ServiceType

_CURRENT = "current_instance"
_HOLDINGS = {
    "registered table": schema.registered_tables,
    "scenario": schema.scenarios,
    "solution": schema.solutions,
    "deployment record": schema.deployments,
}


class Instances:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    def create(
        self,
        name: str,
        *,
        region: str,
        bindings: ResourceBindings,
        service_type: ServiceType = ServiceType.PREMIUM,
        timezone: str = "UTC",
    ) -> Instance:
        """Raises AlreadyExists, InvalidInput (name, time zone). The first instance becomes current."""
        checked_name("instance", name)
        zone(timezone)
        instance = Instance(name, region, ServiceType(service_type), timezone, time.time(), bindings)
        with self._database.write() as connection:
            names = _names(connection)
            if name in names:
                raise AlreadyExists(f"instance {name!r} exists", hint=f"pairec instance show {name}")
            if not names:
                put(connection, schema.settings, {"key": _CURRENT}, {"value": name})
            connection.execute(insert(schema.instances).values(_values(instance)))
        return instance

    def all(self) -> list[Instance]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(select(schema.instances).order_by(schema.instances.c.name))
            return [_instance(row) for row in rows]

    def get(self, name: str) -> Instance:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(
                select(schema.instances).where(schema.instances.c.name == name)
            ).one_or_none()
            if row is None:
                raise NotFound("instance", name, _names(connection))
            return _instance(row)

    def update(self, instance: Instance) -> Instance:
        """Write the changed instance over the one with its name. Raises NotFound, InvalidInput."""
        zone(instance.timezone)
        table = schema.instances
        with self._database.write() as connection:
            changed = connection.execute(
                update(table).where(table.c.name == instance.name).values(_values(instance))
            )
            if changed.rowcount == 0:
                raise NotFound("instance", instance.name, _names(connection))
        return instance

    def delete(self, name: str, *, cascade: bool = False) -> None:
        """Raises NotFound, and InvalidInput while the instance holds anything and `cascade` is not asked."""
        with self._database.write() as connection:
            if name not in _names(connection):
                raise NotFound("instance", name, _names(connection))
            held = holdings(connection, name)
            if held and not cascade:
                raise InvalidInput(
                    f"instance {name!r} still holds " + ", ".join(held),
                    hint="delete these first, or ask for everything to go with --cascade",
                )
            connection.execute(delete(schema.instances).where(schema.instances.c.name == name))

    def current(self) -> Instance:
        """The chosen instance, or the only one. Raises NotFound when there is none to tell."""
        chosen = self._settings.get(_CURRENT)
        instances = {instance.name: instance for instance in self.all()}
        if chosen in instances:
            return instances[chosen]
        if len(instances) == 1:
            return next(iter(instances.values()))
        hint = "pairec instance use NAME" if instances else "pairec instance create NAME"
        raise NotFound("instance", chosen or "current", instances, hint=hint)

    def use(self, name: str) -> Instance:
        """Make it current. Raises NotFound."""
        instance = self.get(name)
        self._settings.set(_CURRENT, name)
        return instance


def require_instance(connection: Connection, name: str) -> None:
    """Raises NotFound unless the instance exists."""
    names = _names(connection)
    if name not in names:
        raise NotFound("instance", name, names)


def holdings(connection: Connection, instance: str) -> list[str]:
    """What the instance holds, in words: `["2 scenario(s)", …]`."""
    counts = {
        what: connection.execute(
            select(func.count()).select_from(table).where(table.c.instance == instance)
        ).scalar_one()
        for what, table in _HOLDINGS.items()
    }
    return [f"{count} {what}(s)" for what, count in counts.items() if count]


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(select(schema.instances.c.name)).scalars())


def _values(instance: Instance) -> dict[str, Any]:
    values = {field.name: getattr(instance, field.name) for field in fields(instance)}
    del values["bindings"]
    return values | asdict(instance.bindings)


def _instance(row: Row[Any]) -> Instance:
    bindings = {field.name: getattr(row, field.name) for field in fields(ResourceBindings)}
    return Instance(
        name=row.name,
        region=row.region,
        service_type=ServiceType(row.service_type),
        timezone=row.timezone,
        created_at=row.created_at,
        bindings=ResourceBindings(**bindings),
        initialised=row.initialised,
    )
