"""The embedded FeatureDB: feature views in one SQLite file, replaced whole and read by key.

A view is a key and some columns, one row per key. Publishing loads a fresh table and then, in one
transaction, points the catalog at it and drops the table before. A table's name is never used again, so a
reader needs no check of its own: a point read of a replaced view meets a table that is gone, looks the
catalog up and reads once more. Killing a publish at any moment leaves the view as it was.

Layout: rowid tables with a unique index built after the load. WITHOUT ROWID reads small rows as fast, but
lists of some kilobytes three times slower.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound, WorkspaceError
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Value

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feature_views (
    view TEXT PRIMARY KEY, tbl TEXT NOT NULL, key TEXT NOT NULL, columns TEXT NOT NULL, rows INTEGER NOT NULL,
    ds TEXT NOT NULL, fingerprint TEXT NOT NULL, published_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS feature_loads (id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL);
"""
_CHUNK = 20_000
_KEYS_PER_READ = 500
_BUSY_SECONDS = 30.0
_under_way: set[tuple[Path, int]] = set()
"""Loads of this process: a load that bears its process id and is not here is a dead process's."""


class ViewInfo(Record):
    """A published view. `columns` are the value columns; `published_at` is Unix seconds."""

    name: str
    key: str
    columns: tuple[str, ...]
    rows: int
    ds: str
    fingerprint: str
    published_at: float


class _Reader(Record):
    """A view as one connection reads it now."""

    columns: tuple[str, ...]
    table: str
    point: str
    keyed: str


class FeatureDB:
    """The online store in the SQLite file `path`, made on the first publish. Safe to share between threads
    (one connection each); processes open their own. Errors of SQLite become WorkspaceError."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        weakref.finalize(self, _close_all, self._connections)

    def get(self, view: str, key: str) -> dict[str, Value] | None:
        """The row of `key` as column → value; None when the view has no such key. Raises NotFound for an
        unpublished view."""

        def read(reader: _Reader) -> dict[str, Value] | None:
            row = self._connection().execute(reader.point, (key,)).fetchone()
            return None if row is None else dict(zip(reader.columns, row))  # noqa: B905  # all are selected

        return self._read(view, read)

    def get_many(self, view: str, keys: Iterable[str]) -> dict[str, dict[str, Value]]:
        """The rows of those keys that the view has, in the order of `keys`. Raises NotFound as `get` does."""
        wanted = list(dict.fromkeys(keys))

        def read(reader: _Reader) -> dict[str, dict[str, Value]]:
            found: dict[str, dict[str, Value]] = {}
            columns, execute = reader.columns, self._connection().execute
            for start in range(0, len(wanted), _KEYS_PER_READ):
                part = wanted[start : start + _KEYS_PER_READ]
                sql = f"{reader.keyed} IN (?{',?' * (len(part) - 1)})"
                if len(columns) == 1:  # most views: a list under its key
                    found.update({key: {columns[0]: value} for value, key in execute(sql, part)})
                    continue
                for row in execute(sql, part):
                    found[row[-1]] = dict(zip(columns, row))  # noqa: B905  # the key stands last
            return {key: found[key] for key in wanted if key in found}

        return self._read(view, read)

    def snapshot(self) -> Snapshot:
        """While it is open, this thread's reads see one state of all views. SQLite then takes its locks once
        instead of once a read, a third of what small reads cost."""
        return Snapshot(self)

    def edition(self, view: str) -> str:
        """The table that holds the view now: another one each time it is published, so that what was read of
        it may be kept as long. Raises NotFound for an unpublished view."""
        if not self._connection().in_transaction:  # a snapshot has looked when it began
            self._notice()
        return (self._readers().get(view) or self._look_up(view)).table

    def keys(self, view: str) -> list[str]:
        """Every key of the view, in the order in which its rows were published."""

        def read(reader: _Reader) -> list[str]:
            rows = self._connection().execute(f"SELECT k FROM {reader.table} ORDER BY rowid")
            return [key for (key,) in rows]

        return self._read(view, read)

    def views(self) -> list[ViewInfo]:
        """What is published, by name."""
        sql = (
            "SELECT view, key, columns, rows, ds, fingerprint, published_at FROM feature_views ORDER BY view"
        )
        return [
            ViewInfo(name, key, tuple(json.loads(columns)), *rest)
            for name, key, columns, *rest in self._catalog(sql)
        ]

    def publish(
        self,
        view: str,
        key: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        ds: str,
        fingerprint: str,
    ) -> ViewInfo:
        """Replace `view` by `rows`: tuples of the key followed by one value per name in `columns`.

        `key` names the key; it is not repeated in `columns`. Keys are kept as text (123 is "123"); values
        are text, integers, reals or None. Raises InvalidInput for bad columns, DataError for a missing or
        repeated key and for values of other types; the view then stays as it was.
        """
        _check_columns(view, key, columns)
        connection = self._connection()
        try:
            _prepare(connection)
            _drop_dead_loads(connection, self.path)
            load, table = _start_load(connection, columns)
            _under_way.add((self.path, load))
            try:
                count = _load(connection, view, table, len(columns), rows)
                info = ViewInfo(view, key, tuple(columns), count, ds, fingerprint, time.time())
                _swap(connection, info, table, load)
            except BaseException:
                _abandon(connection, table, load)
                raise
            finally:
                _under_way.discard((self.path, load))
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        self._readers().pop(view, None)
        return info

    def drop(self, view: str) -> None:
        """Forget a view; raises NotFound when it is not published."""
        connection = self._connection()
        reader = self._look_up(view)
        try:
            with _transaction(connection):
                connection.execute("DELETE FROM feature_views WHERE view = ?", (view,))
                connection.execute(f"DROP TABLE IF EXISTS {reader.table}")
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        self._readers().pop(view, None)

    def close(self) -> None:
        """Close the connections of every thread."""
        _close_all(self._connections)
        self._local = threading.local()

    def __enter__(self) -> FeatureDB:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = sqlite3.connect(
                    self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
                self._connections.append(connection)  # before it can fail: who owns it closes it
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA mmap_size = 1073741824")
            except sqlite3.Error as error:
                raise self._unusable(error) from error
            self._local.connection = connection
            self._local.readers = {}
            self._local.version = None
        return connection

    def _notice(self) -> None:
        """Forgets where views lie when another connection has written since this thread last asked."""
        try:
            (version,) = self._connection().execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if version != self._local.version:
            self._local.version = version
            self._local.readers.clear()

    def _readers(self) -> dict[str, _Reader]:
        self._connection()
        readers: dict[str, _Reader] = self._local.readers
        return readers

    def _read(self, view: str, read: Callable[[_Reader], T]) -> T:
        """`read` with the view as it is now: again with a fresh look-up when its table has been replaced."""
        reader = self._readers().get(view) or self._look_up(view)
        while True:
            try:
                return read(reader)
            except sqlite3.Error as error:
                gone, reader = reader, self._look_up(view)
                if "no such table" not in str(error) or gone == reader:
                    raise self._unusable(error) from error

    def _look_up(self, view: str) -> _Reader:
        rows = self._catalog("SELECT tbl, columns FROM feature_views WHERE view = ?", (view,))
        if not rows:
            self._readers().pop(view, None)
            known = [name for (name,) in self._catalog("SELECT view FROM feature_views")]
            raise NotFound("feature view", view, known)
        table, columns = rows[0]
        names = tuple(json.loads(columns))
        picked = ", ".join(f"c{i}" for i in range(len(names))) or "NULL"
        point, keyed = f"SELECT {picked} FROM {table} WHERE k = ?", f"SELECT {picked}, k FROM {table} WHERE k"
        reader = _Reader(names, table, point, keyed)
        self._readers()[view] = reader
        return reader

    def _catalog(self, sql: str, parameters: Sequence[str] = ()) -> list[Any]:
        try:
            return self._connection().execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise self._unusable(error) from error
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> WorkspaceError:
        return WorkspaceError(f"the online store {self.path} cannot be used: {error}")


class Snapshot:
    """A read transaction of one thread. A store that cannot be used is left to the reads, which say so; a
    snapshot within another is that one."""

    __slots__ = ("_connection", "_featuredb")

    def __init__(self, featuredb: FeatureDB) -> None:
        self._featuredb = featuredb
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> None:
        try:
            connection = self._featuredb._connection()
            if not connection.in_transaction:
                connection.execute("BEGIN")
                self._connection = connection
                self._featuredb._notice()
        except (WorkspaceError, sqlite3.Error):
            return

    def __exit__(self, *_: object) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("COMMIT")


class _transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _check_columns(view: str, key: str, columns: Sequence[str]) -> None:
    if not view or not key:
        raise InvalidInput("a feature view needs a name and the name of its key")
    if key in columns:
        raise InvalidInput(f"view {view!r}: the key {key!r} is not repeated among the columns")
    if len(set(columns)) != len(columns):
        raise InvalidInput(f"view {view!r}: a column is named twice")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA cache_size = -65536")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)


def _start_load(connection: sqlite3.Connection, columns: Sequence[str]) -> tuple[int, str]:
    """A fresh table and its place among the loads under way, so that a killed one can be cleared later."""
    with _transaction(connection):
        cursor = connection.execute("INSERT INTO feature_loads (pid) VALUES (?)", (os.getpid(),))
        load = cursor.lastrowid
        assert load is not None
        values = "".join(f", c{i}" for i in range(len(columns)))
        connection.execute(f"CREATE TABLE view_{load} (k TEXT NOT NULL{values})")
    return load, f"view_{load}"


def _load(
    connection: sqlite3.Connection, view: str, table: str, width: int, rows: Iterable[Sequence[object]]
) -> int:
    """Insert in chunks, so that other writers of the file wait no longer than one chunk; then index."""
    sql = f"INSERT INTO {table} VALUES ({','.join('?' * (width + 1))})"
    count = 0
    try:
        for chunk in _chunks(rows):
            with _transaction(connection):
                count += connection.executemany(sql, chunk).rowcount
        with _transaction(connection):
            connection.execute(f"CREATE UNIQUE INDEX {table}_key ON {table} (k)")
    except sqlite3.IntegrityError as error:
        raise DataError(f"view {view!r}: {_key_fault(connection, table)}") from error
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError, UnicodeError) as error:
        raise DataError(f"view {view!r}: a row cannot be stored: {error}") from error
    return count


def _chunks(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    source = iter(rows)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def _key_fault(connection: sqlite3.Connection, table: str) -> str:
    sql = f"SELECT k FROM {table} GROUP BY k HAVING count(*) > 1 ORDER BY min(rowid) LIMIT 1"
    repeated = connection.execute(sql).fetchone()
    return f"the key {repeated[0]!r} comes more than once" if repeated else "a row has no key"


def _swap(connection: sqlite3.Connection, info: ViewInfo, table: str, load: int) -> None:
    with _transaction(connection):
        before = connection.execute("SELECT tbl FROM feature_views WHERE view = ?", (info.name,)).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO feature_views VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                info.name,
                table,
                info.key,
                json.dumps(info.columns),
                info.rows,
                info.ds,
                info.fingerprint,
                info.published_at,
            ),
        )
        connection.execute("DELETE FROM feature_loads WHERE id = ?", (load,))
        if before:
            connection.execute(f"DROP TABLE {before[0]}")


def _abandon(connection: sqlite3.Connection, table: str, load: int) -> None:
    with _transaction(connection):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute("DELETE FROM feature_loads WHERE id = ?", (load,))


def _drop_dead_loads(connection: sqlite3.Connection, path: Path) -> None:
    """Clear what killed publishes left behind."""
    for load, pid in connection.execute("SELECT id, pid FROM feature_loads").fetchall():
        ours = pid == os.getpid()
        if (path, load) not in _under_way if ours else not _alive(pid):
            _abandon(connection, f"view_{load}", load)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
