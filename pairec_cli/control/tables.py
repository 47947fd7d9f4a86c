"""Registered tables: what solutions may choose their user, item and behavior tables from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, and_, delete, select

from pairec_cli.control.connections import Database, put
from pairec_cli.control.instances import require_instance
from pairec_cli.control.names import checked_display_name
from pairec_cli.control.schema import registered_tables as t
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.instance import RegisteredTable
from pairec_cli.domain.tables import TableName, TableRole


class RegisteredTables:
    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self,
        instance: str,
        display_name: str,
        table: TableName,
        role: TableRole,
        report: Mapping[str, Any] | None = None,
    ) -> RegisteredTable:
        """Register, or register again under the same display name with what is given now.

        Raises AlreadyExists when the table is registered under another display name, NotFound for the
        instance, InvalidInput for the name.
        """
        checked_display_name("registered table", display_name)
        entry = RegisteredTable(instance, display_name, table, role, time.time(), dict(report or {}))
        same_table = and_(
            t.c.instance == instance, t.c.project == table.project, t.c.table_name == table.table
        )
        with self._database.write() as connection:
            require_instance(connection, instance)
            other = connection.execute(select(t.c.display_name).where(same_table)).scalar()
            if other not in (None, display_name):
                raise AlreadyExists(
                    f"{table} is registered as {other!r}", hint=f"pairec table remove '{other}'"
                )
            put(
                connection,
                t,
                {"instance": instance, "display_name": display_name},
                {
                    "project": table.project,
                    "table_name": table.table,
                    "role": role.value,
                    "registered_at": entry.registered_at,
                    "report": entry.report,
                },
            )
        return entry

    def all(self, instance: str) -> list[RegisteredTable]:
        """In the order of registration."""
        query = select(t).where(t.c.instance == instance).order_by(t.c.registered_at, t.c.display_name)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def get(self, instance: str, name: str) -> RegisteredTable:
        """By display name, `project.table` or `table`.

        Raises NotFound, and InvalidInput when `table` is registered from several projects.
        """
        entries = self.all(instance)
        for entry in entries:
            if name in (entry.display_name, str(entry.table)):
                return entry
        found = [entry for entry in entries if entry.table.table == name]
        if len(found) > 1:
            choices = ", ".join(str(entry.table) for entry in found)
            raise InvalidInput(
                f"{name!r} is registered from several projects", hint=f"write one of {choices}"
            )
        if not found:
            known = [entry.display_name for entry in entries] + [entry.table.table for entry in entries]
            raise NotFound("registered table", name, known, hint="pairec table list")
        return found[0]

    def remove(self, instance: str, name: str) -> RegisteredTable:
        """Forget the registration (the table stays) and return it. Raises as `get`."""
        entry = self.get(instance, name)
        with self._database.write() as connection:
            connection.execute(
                delete(t).where(t.c.instance == instance, t.c.display_name == entry.display_name)
            )
        return entry


def _entry(row: Row[Any]) -> RegisteredTable:
    return RegisteredTable(
        instance=row.instance,
        display_name=row.display_name,
        table=TableName(row.project, row.table_name),
        role=TableRole(row.role),
        registered_at=row.registered_at,
        report=row.report,
    )
