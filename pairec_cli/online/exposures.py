"""Exposures of the embedded store: a row per answer in a SQLite file of their own, beside the views.

Publishing a view holds its file's lock for as long as it loads; an answer must not wait for that. A row ends
when its time is over, also for readers that set no limit, and is deleted by a later write. Two answers in the
same second are two rows.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pairec_cli.domain.errors import SourceFailed

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shown (
    id INTEGER PRIMARY KEY, view TEXT NOT NULL, uid TEXT NOT NULL, items TEXT NOT NULL,
    at INTEGER NOT NULL, ends INTEGER
);
CREATE INDEX IF NOT EXISTS shown_by_user ON shown (view, uid, at);
CREATE INDEX IF NOT EXISTS shown_by_end ON shown (ends) WHERE ends IS NOT NULL;
"""
BUSY_SECONDS = 1.0
SWEEP_SECONDS = 60


class ExposureLog:
    """The file `path`, made by the first write. Safe to share between threads and processes. Errors of SQLite
    become SourceFailed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._swept = 0
        weakref.finalize(self, _close_all, self._connections)

    def batches(self, view: str, uid: str, *, now: int, since: int | None, limit: int) -> list[list[str]]:
        """What the user was shown, newest first: not before `since`, at most `limit` batches unless 0."""
        if not os.path.exists(self.path):  # noqa: PTH110  # a request asks; Path.exists takes twice as long
            return []
        sql = "SELECT items FROM shown WHERE view = ? AND uid = ? AND at >= ? AND (ends IS NULL OR ends >= ?)"
        values = (view, uid, 0 if since is None else since, now)
        with self._errors() as connection:
            rows = connection.execute(
                f"{sql} ORDER BY at DESC, id DESC LIMIT ?", (*values, limit if limit > 0 else -1)
            ).fetchall()
        return [json.loads(items) for (items,) in rows]

    def append(self, view: str, uid: str, items: Sequence[str], *, now: int, ends: int | None) -> None:
        with self._errors() as connection:
            connection.execute(
                "INSERT INTO shown (view, uid, items, at, ends) VALUES (?, ?, ?, ?, ?)",
                (view, uid, json.dumps(list(items)), now, ends),
            )
            if now - self._swept >= SWEEP_SECONDS:
                self._swept = now
                connection.execute("DELETE FROM shown WHERE ends < ?", (now,))

    def clear(self, view: str, uid: str) -> None:
        if self.path.exists():
            with self._errors() as connection:
                connection.execute("DELETE FROM shown WHERE view = ? AND uid = ?", (view, uid))

    def count(self) -> int:
        """How many rows the file holds, ended ones among them."""
        with self._errors() as connection:
            return int(connection.execute("SELECT count(*) FROM shown").fetchone()[0])

    def close(self) -> None:
        _close_all(self._connections)
        self._local = threading.local()

    @contextmanager
    def _errors(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except (sqlite3.Error, UnicodeError) as error:
            raise SourceFailed(f"the exposures in {self.path} cannot be used: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connections.append(connection)
            _set_up(connection, time.monotonic() + BUSY_SECONDS)
            self._local.connection = connection
        return connection


def _set_up(connection: sqlite3.Connection, until: float) -> None:
    """SQLite does not wait for a connection that turns the file to WAL at the same moment: we do."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.005)
        else:
            return


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
