"""MySQL and MariaDB, through PyMySQL. The DSN is that of Go's driver, or a URL."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import ER, FIELD_TYPE

from pairec_cli.domain.connections import DsnConf
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION, DaoConf, ExposureLimits, Exposures
from pairec_cli.online.background import LaterExposures, Writer
from pairec_cli.online.pool import Pool
from pairec_cli.online.sql_server import Answer, SqlServer, TooSlow
from pairec_cli.online.sql_tables import MysqlTables
from pairec_cli.online.sql_text import EXPOSURE_SECONDS, Database

PORT = 3306
CONNECT_SECONDS = 10.0
LEAST_SECONDS = 0.001
_GO = re.compile(
    r"(?:(?P<account>.*)@)?(?:(?P<net>\w+)(?:\((?P<address>[^)]*)\))?)?/(?P<database>[^/?]*)(?:\?.*)?"
)
_DURATION = re.compile(r"([\d.]+)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

Connection = Any
"""pymysql.connections.Connection, which has no types."""


class MysqlDatabase(SqlServer[Connection]):
    errors = pymysql.MySQLError

    def _ask(self, connection: Connection, sql: str, parameters: Sequence[object], seconds: float) -> Answer:
        # PyMySQL has no limit for one query; it gives the socket these before it reads and writes.
        connection._read_timeout = connection._write_timeout = max(seconds, LEAST_SECONDS)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, tuple(parameters))
                columns = cursor.description or ()
                jsons = {place for place, column in enumerate(columns) if column[1] == FIELD_TYPE.JSON}
                rows = list(cursor.fetchall()) if columns else []
        except pymysql.OperationalError as error:
            if "timed out" in str(error):
                raise TooSlow from None
            raise
        return [column[0] for column in columns], [_as_bytes(row, jsons) for row in rows] if jsons else rows

    def _broken(self, connection: Connection, error: Exception) -> bool:
        return not connection.open or isinstance(error, pymysql.InterfaceError)

    def _there(self, error: Exception) -> bool:
        return isinstance(error, pymysql.IntegrityError) and error.args[:1] == (ER.DUP_ENTRY,)


class MysqlServer(MysqlTables):
    """A MysqlConfs entry. The server is asked for when it is first needed."""

    def __init__(self, name: str, conf: DsnConf, clock: Callable[[], float] = time.time) -> None:
        """Raises InvalidConfig for a DSN that cannot be read."""
        settings = dsn_settings(conf.dsn)
        pool: Pool[Connection] = Pool(lambda: _connect(settings), _close)
        source = f"MysqlConfs.{name}"
        self.server = MysqlDatabase(source, pool, conf.hidden(), conf.read_timeout / 1000)
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


def dsn_settings(dsn: str) -> dict[str, Any]:
    """What to connect with: `user:password@tcp(host:port)/database?timeout=1s`, `…@unix(/path)/…`, or
    `mysql://user:password@host:port/database`. Raises InvalidConfig."""
    found = _url(dsn) if "://" in dsn else _go(dsn)
    if found is None:
        message = "is not a connection string of MySQL: user:password@tcp(host:port)/database"
        raise InvalidConfig(CONFIGURATION, [Problem("DSN", message)])
    return found


def _url(dsn: str) -> dict[str, Any] | None:
    try:
        parts = urlsplit(dsn)
        port = parts.port or PORT
    except ValueError:
        return None
    return {
        "host": parts.hostname or "127.0.0.1",
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.strip("/"),
        **_options(parts.query),
    }


def _go(dsn: str) -> dict[str, Any] | None:
    match = _GO.fullmatch(dsn)
    if match is None:
        return None
    user, _, password = (match["account"] or "").partition(":")
    settings = {"user": user, "password": password, "database": match["database"]}
    address = match["address"] or ""
    if match["net"] == "unix":
        settings["unix_socket"] = address
    else:
        host, _, port = address.rpartition(":") if address else ("127.0.0.1", "", str(PORT))
        if not port.isdigit():
            host, port = address, str(PORT)
        settings |= {"host": host.strip("[]"), "port": int(port)}
    return {**settings, **_options(dsn.rpartition("?")[2] if "?" in dsn[match.end("database") :] else "")}


def _options(query: str) -> dict[str, Any]:
    """The parameters of Go's driver that mean something here; the others are about Go."""
    given: Mapping[str, str] = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    found: dict[str, Any] = {"charset": given.get("charset", "utf8mb4").split(",")[0]}
    match = _DURATION.fullmatch(given.get("timeout", ""))
    found["connect_timeout"] = float(match[1]) * _UNITS[match[2]] if match else CONNECT_SECONDS
    tls = given.get("tls", "false").lower()
    if tls in ("true", "1", "skip-verify", "preferred"):
        verified = tls in ("true", "1")
        found |= {
            "ssl_verify_cert": verified,
            "ssl_verify_identity": verified,
            "ssl": {"check_hostname": verified},
        }
    return found


def _connect(settings: Mapping[str, Any]) -> Connection:
    return pymysql.connect(**settings, autocommit=True, read_timeout=settings["connect_timeout"])


def _close(connection: Connection) -> None:
    """At once: a server that does not answer is not told good-bye."""
    connection._force_close()


def _as_bytes(row: Sequence[object], jsons: set[int]) -> tuple[object, ...]:
    """JSON is bytes here, as in PAI-Rec's engine: no property of an item."""
    return tuple(
        value.encode() if place in jsons and isinstance(value, str) else value
        for place, value in enumerate(row)
    )
