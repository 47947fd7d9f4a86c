"""A private PostgreSQL: the account `tester` with a password, the database `postgres`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.process import HOST, Server, binary, demoted, run

USER, PASSWORD = "tester", 'it\'s a "secret" word'


class PostgresServer(Server):
    def __init__(self) -> None:
        initdb = binary("initdb")
        self.postgres = str(Path(initdb).resolve().with_name("postgres"))
        super().__init__("postgres")
        self.own(demoted())
        self.data = self.folder / "data"
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        options = ["-A", "scram-sha-256", "-U", USER, f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "-N"]
        run([initdb, "-D", str(self.data), *options], self.account, self.folder)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.postgres, "-D", str(self.data), *flags]

    def ready(self) -> None:
        self.run("SELECT 1")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends the sessions of others too."""
        super().stop(how)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=HOST, port=self.port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        )

    def run(self, sql: str, *rows: Any) -> list[tuple[Any, ...]]:
        """A statement, once for every row of parameters if there are any; gives what it selects."""
        with self.connect() as connection, connection.cursor() as cursor:
            if rows:
                cursor.executemany(sql.encode(), rows)
            else:
                cursor.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def dsn(self, password: str = PASSWORD) -> str:
        quoted = password.replace("\\", "\\\\").replace("'", "\\'")
        return f"host={HOST} port={self.port} user={USER} password='{quoted}' dbname=postgres sslmode=disable"
