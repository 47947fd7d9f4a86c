"""Hologres and PostgreSQL, through psycopg."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pairec_cli.domain.connections import DsnConf
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf, ExposureLimits, Exposures
from pairec_cli.online.background import LaterExposures, Writer
from pairec_cli.online.pool import MAX_IDLE, MAX_OPEN, Pool
from pairec_cli.online.sql_server import Answer, SqlServer, TooSlow, said
from pairec_cli.online.sql_tables import HologresTables
from pairec_cli.online.sql_text import EXPOSURE_SECONDS, Database

T = TypeVar("T")

CONNECT_SECONDS = 10
OTHER_DRIVERS = ("binary_parameters", "disable_prepared_binary_result")
"""Parameters of lib/pq that libpq does not know."""
SPARE_SECONDS = 1
"""How much longer than ours the server's own limit is: it ends queries that nobody waits for."""


class _Bytes(Loader):
    """JSON as the bytes it comes in: no property of an item."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class LimitedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that waits for the server no longer than `until`, a moment of `time.monotonic`."""

    until: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if self.until is not None:
            timeout = max(0.0, self.until - time.monotonic())
        return super().wait(gen, interval, timeout)


class PostgresDatabase(SqlServer[LimitedConnection]):
    errors = psycopg.Error

    def among(self, key: str, ids: Sequence[str]) -> tuple[str, Sequence[object]]:
        """One array as text, which takes the column's type: five times as fast as a place for each of 500
        ids. An id with NUL is in no column."""
        quoted = (id.replace("\\", "\\\\").replace('"', '\\"') for id in ids if "\x00" not in id)
        return f"{key} = ANY({self.mark})", ["{" + ",".join(f'"{id}"' for id in quoted) + "}"]

    def _ask(
        self, connection: LimitedConnection, sql: str, parameters: Sequence[object], seconds: float
    ) -> Answer:
        connection.until = time.monotonic() + seconds
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql.encode(), parameters)
                columns = cursor.description or ()
                return [column.name for column in columns], cursor.fetchall() if columns else []
        except psycopg.errors._WaitTimeout:
            raise TooSlow from None
        finally:
            connection.until = None

    def _broken(self, connection: LimitedConnection, error: Exception) -> bool:
        return bool(connection.closed)

    def _there(self, error: Exception) -> bool:
        return isinstance(error, psycopg.errors.UniqueViolation)

    def _said(self, error: Exception) -> str:
        """The fact, without the query and a mark under it."""
        fact = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        return fact or said(error)


class HologresServer(HologresTables):
    """A HologresConfs entry. The server is asked for when it is first needed."""

    def __init__(self, name: str, conf: DsnConf, clock: Callable[[], float] = time.time) -> None:
        """Raises InvalidConfig for a DSN that cannot be read."""
        info = _conninfo(conf.dsn)
        limit = conf.read_timeout / 1000
        size = int(os.environ.get("HOLOGRES_MAX_OPEN_CONNS") or MAX_OPEN)
        idle = int(os.environ.get("HOLOGRES_MAX_IDLE_CONNS") or MAX_IDLE)
        pool = Pool(
            lambda: _connect(info, limit), lambda connection: connection.close(), size=size, idle=idle
        )
        source = f"HologresConfs.{name}"
        self.server = PostgresDatabase(source, pool, conf.hidden(), limit)
        super().__init__(self.server, clock)
        self.writer = Writer(source)
        pool.warm()

    def within(self, seconds: float) -> Database:
        return self.server.within(seconds)

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        patience = self.server.within(EXPOSURE_SECONDS).seconds
        return LaterExposures(super().exposures(dao, limits), self.writer, patience)

    def close(self) -> None:
        self.writer.close()
        self.server.pool.close()


def _connect(info: str, limit: float) -> LimitedConnection:
    connection = LimitedConnection.connect(info, autocommit=True, prepare_threshold=None)
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, _Bytes)
    milliseconds = int((max(limit, SPARE_SECONDS) + SPARE_SECONDS) * 1000)
    connection.execute(f"SET statement_timeout = {milliseconds}".encode())
    return connection


def _conninfo(dsn: str) -> str:
    try:
        for name in OTHER_DRIVERS:
            dsn = _without_parameter(dsn, name)
        parts = conninfo_to_dict(dsn)
    except psycopg.Error:
        message = "is not a connection string of PostgreSQL: postgres://user:password@host:port/database"
        raise InvalidConfig(CONFIGURATION, [Problem("DSN", message)]) from None
    parts.setdefault("connect_timeout", CONNECT_SECONDS)
    return make_conninfo("", **parts)


def _without_parameter(dsn: str, name: str) -> str:
    """A URL's query, or a string of `key=value`, without this key."""
    address, mark, query = dsn.partition("?")
    if mark and "://" in address:
        kept = [pair for pair in query.split("&") if pair.partition("=")[0] != name]
        return address + (mark + "&".join(kept) if kept else "")
    return " ".join(pair for pair in dsn.split(" ") if pair.partition("=")[0] != name) if name in dsn else dsn
