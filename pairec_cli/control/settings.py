"""Small facts by key, such as which instance is current."""

from __future__ import annotations

from sqlalchemy import delete, select

from pairec_cli.control.connections import Database, put
from pairec_cli.control.schema import settings


class Settings:
    """Keys are free text; values are text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        with self._database.read() as connection:
            found: str | None = connection.execute(
                select(settings.c.value).where(settings.c.key == key)
            ).scalar()
            return found

    def set(self, key: str, value: str) -> None:
        with self._database.write() as connection:
            put(connection, settings, {"key": key}, {"value": value})

    def remove(self, key: str) -> None:
        """Nothing happens when the key is not there."""
        with self._database.write() as connection:
            connection.execute(delete(settings).where(settings.c.key == key))
