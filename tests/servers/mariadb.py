"""A private MariaDB: the account `tester` with a password, the database `shop`."""

from __future__ import annotations

from typing import Any

import pymysql

from tests.servers.process import HOST, Server, binary, demoted, run

USER, PASSWORD, DATABASE = "tester", "it's@ a/secret:word", "shop"


class MariadbServer(Server):
    def __init__(self) -> None:
        self.mariadbd = binary("mariadbd", "mysqld")
        install = binary("mariadb-install-db", "mysql_install_db")
        super().__init__("mariadb")
        self.own(demoted())
        self.data = self.folder / "data"
        self.first = self.folder / "first.sql"
        password = PASSWORD.replace("'", "''")
        self.first.write_text(
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n"
            f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON {DATABASE}.* TO {USER}@'127.0.0.1';\n"
        )
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        run([install, "--no-defaults", f"--datadir={self.data}", *options], self.account, self.folder)

    def command(self) -> list[str]:
        return [
            *(self.mariadbd, "--no-defaults", f"--datadir={self.data}", f"--socket={self.folder / 'socket'}"),
            *(f"--port={self.port}", f"--bind-address={HOST}", f"--pid-file={self.folder / 'pid'}"),
            f"--init-file={self.first}",
            *("--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0"),
        ]

    def ready(self) -> None:
        self.run("SELECT 1")

    def run(self, sql: str, *rows: Any) -> list[tuple[Any, ...]]:
        """A statement, once for every row of parameters if there are any; gives what it selects."""
        with self.connect() as connection, connection.cursor() as cursor:
            if rows:
                cursor.executemany(sql, rows)
            else:
                cursor.execute(sql)
            return list(cursor.fetchall())

    def dsn(self, password: str = PASSWORD) -> str:
        return f"{USER}:{password}@tcp({HOST}:{self.port})/{DATABASE}?charset=utf8mb4&parseTime=true"

    def connect(self) -> Any:
        return pymysql.connect(
            host=HOST,
            port=self.port,
            user=USER,
            password=PASSWORD,
            database=DATABASE,
            autocommit=True,
            charset="utf8mb4",
        )
