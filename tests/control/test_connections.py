"""Transactions: all or nothing, one writer at a time, the driver's errors as ours."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from pairec_cli.control import connections
from pairec_cli.control.connections import Database, parse, put, sqlite_file, sqlite_path
from pairec_cli.control.database import Control
from pairec_cli.control.schema import scenarios, settings
from pairec_cli.domain.errors import Busy, WorkspaceError


def test_a_failed_write_leaves_nothing(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(settings).values(key="a", value="1"))
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.execute(select(settings)).all() == []
    database.close()


def test_a_read_changes_nothing(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    with database.read() as connection:
        connection.execute(insert(settings).values(key="a", value="1"))
    assert empty.settings.get("a") is None
    database.close()


def test_put_inserts_then_updates(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    for value in ("1", "2"):
        with database.write() as connection:
            put(connection, settings, {"key": "a"}, {"value": value})
    with database.read() as connection:
        assert connection.execute(select(settings.c.key, settings.c.value)).all() == [("a", "2")]
    database.close()


def test_every_connection_is_set_up(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    pragmas = {"foreign_keys": 1, "journal_mode": "wal", "busy_timeout": connections.BUSY_TIMEOUT_MS}
    with database.read() as connection:
        for name, value in pragmas.items():
            assert connection.execute(text(f"PRAGMA {name}")).scalar() == value
    database.close()


def test_a_row_without_its_owner_is_refused(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    row = {"instance": "none", "name": "x", "description": "", "traffic_codes": [], "created_at": 0.0}
    with pytest.raises(Busy, match="FOREIGN KEY"), database.write() as connection:
        connection.execute(insert(scenarios).values(row))
    database.close()


def test_a_writer_holds_the_lock_before_it_reads(empty: Control, path: Path) -> None:
    database = Database(sqlite_file(path))
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with database.write():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM settings").fetchone() == (0,)  # readers go on
    other.execute("BEGIN IMMEDIATE")
    other.close()
    database.close()


def test_a_lock_that_is_not_let_go_is_busy(
    empty: Control, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 10)
    database = Database(sqlite_file(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match=r"platform\.db is held by another process"), database.write():
        pass
    other.close()
    with database.write():
        pass  # the lock went with its holder
    database.close()


def test_threads_share_a_database(empty: Control) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            empty.settings.set(f"{thread}/{number}", "x")

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = [empty.settings.get(f"{thread}/{number}") for thread in range(4) for number in range(20)]
    assert written == ["x"] * 80


@pytest.mark.parametrize("name", ["with space", "per%cent", "que?stion", "ha#sh", "co:lon", "数据"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "platform.db"
    Control.create(path).close()
    assert path.is_file()
    Control.open(path).close()


def test_addresses() -> None:
    assert sqlite_path(parse("sqlite:////a/b.db")) == Path("/a/b.db")
    assert sqlite_path(parse("sqlite://")) is None
    assert sqlite_path(parse("postgresql://host/name")) is None
    with pytest.raises(WorkspaceError, match="cannot be read"):
        parse("nonsense")
    with pytest.raises(WorkspaceError, match="unknown kind of database 'oracool'"):
        Database(parse("oracool://host/name"))


def test_passwords_are_not_shown(empty: Control) -> None:
    with pytest.raises(WorkspaceError, match=r"sqlite:////absolute/path") as refused:
        Database(parse("sqlite://user:secret@platform.db"))
    assert "secret" not in refused.value.message
