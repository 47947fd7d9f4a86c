"""Transactions on the control plane's database: many readers, one writer at a time."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, Table, and_, create_engine, event, insert, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from pairec_cli.domain.errors import Busy, WorkspaceError

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one. Writers hold the lock for milliseconds."""
_WRITERS = 0x7061_6972_6563
"""The number of PostgreSQL's lock for writers: "pairec" in ASCII."""


class Database:
    """An engine, and the two kinds of transaction: `read()` and `write()`.

    A write waits for its turn before it reads (BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL), so
    what it decides from the rows it saw still holds when it commits.
    """

    def __init__(self, url: URL) -> None:
        self.engine = _engine(url)
        weakref.finalize(self, self.engine.dispose)
        self.url = str(sqlite_path(url) or url.render_as_string(hide_password=True))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view, left without a change."""
        with _translated(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error.

        Raises Busy when another writer does not let go, WorkspaceError when the database fails.
        """
        with (
            _translated(self.url),
            self.engine.connect() as connection,
            connection.execution_options(pairec_write=True).begin(),
        ):
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def parse(address: str) -> URL:
    """Raises WorkspaceError when it cannot be read."""
    try:
        return make_url(address)
    except ArgumentError:
        raise WorkspaceError(
            "the database's address cannot be read",
            hint="write it as sqlite:///path or postgresql+psycopg://user@host/name",
        ) from None


def sqlite_file(path: Path) -> URL:
    return URL.create("sqlite", database=str(path.absolute()))


def sqlite_path(url: URL) -> Path | None:
    """The file behind a SQLite address; None for another database or one in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def put(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row with this key, or insert it. Never deletes, so nothing that refers to it goes."""
    where = and_(*(table.c[name] == value for name, value in key.items()))
    if connection.execute(update(table).where(where).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(**key, **values))


def new_id(connection: Connection, statement: Insert) -> int:
    """Run the insert; the id that its row was given."""
    key: Any = connection.execute(statement).inserted_primary_key
    return int(key[0])


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except NoSuchModuleError:
        raise WorkspaceError(f"unknown kind of database {url.drivername!r}") from None
    except ArgumentError as error:
        raise WorkspaceError(f"the database's address is wrong: {error}") from None
    except ModuleNotFoundError as error:
        raise WorkspaceError(
            f"the driver of {url.drivername!r} is not installed", hint=f"pip install {error.name}"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes too late (at the first write): `_begin_sqlite` says it instead.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # In WAL mode a killed process loses nothing at NORMAL, and a commit costs no wait for the disk.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("pairec_write", False))


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """The driver's errors as ours."""
    try:
        yield
    except IntegrityError as error:
        raise Busy(
            f"another process changed the same record: {error.orig}", hint="run the command again"
        ) from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        if "locked" in str(cause):
            raise Busy(f"{url} is held by another process", hint="run the command again") from error
        raise WorkspaceError(f"{url}: {cause}") from error
