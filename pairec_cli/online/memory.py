"""Data sources held in memory: the state of a case that is tried before it is shipped.

Tables are made by their own DDL in SQLite and read by the queries that a real database would get; Redis keys
are lists in a dict. Every source that a configuration names is the same state.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import DaoConf, DataSource, NoSources
from pairec_cli.online.featuredb import ViewInfo
from pairec_cli.online.memory_stores import FeatureViews, TablestoreTables
from pairec_cli.online.redis_lists import RedisLists
from pairec_cli.online.sql_tables import AlreadyThere, HologresTables, MysqlTables

_HOLOGRES_ONLY = re.compile(
    r"\s*(begin|commit|call\s+set_table_property\b.*|comment\s+on\b.*)\s*", re.IGNORECASE | re.DOTALL
)
"""Statements of a Hologres table's DDL that have no meaning here."""
_STATEMENT = re.compile(r"(?:[^;']|'(?:[^']|'')*')+")
_PLAIN_TABLE = re.compile(r"\s*SELECT\s.*?\sFROM\s+(\S+)", re.IGNORECASE | re.DOTALL)


class MemoryTable(Record):
    """A table: its CREATE TABLE statement, in PostgreSQL's or MySQL's types, and its rows."""

    ddl: str
    rows: Sequence[Sequence[object]] = ()


class MemoryDatabase:
    """Tables in SQLite, giving values as the DDL's types have them: booleans, floats, lists, moments; JSON
    is bytes."""

    mark = "?"

    def __init__(self, tables: Mapping[str, MemoryTable]) -> None:
        """Raises InvalidInput for DDL or rows that SQLite does not take."""
        self.tables = frozenset(tables)
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        weakref.finalize(self, self._connection.close)
        self._connection.create_function("rand", 0, random.random)
        self._connection.execute("PRAGMA case_sensitive_like = ON")
        for name, table in tables.items():
            try:
                self._connection.executescript(_plain_ddl(table.ddl))
                for row in table.rows:
                    places = ", ".join("?" * len(row))
                    values = [json.dumps(v) if isinstance(v, list) else v for v in row]
                    self._connection.execute(f'INSERT INTO "{name}" VALUES ({places})', values)
            except sqlite3.Error as error:
                raise InvalidInput(f"table {name!r} of the state cannot be made: {error}") from error

    def query(self, sql: str, parameters: Sequence[object]) -> tuple[list[str], list[tuple[object, ...]]]:
        cursor = self._run(sql, parameters)
        names = [column[0] for column in cursor.description]
        readers = self._readers(sql, names)
        return names, [
            tuple(value if value is None else read(value) for read, value in zip(readers, row, strict=True))
            for row in cursor
        ]

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        self._run(sql, parameters)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Everything in a table, in order of insertion."""
        return self.query(f'SELECT * FROM "{table}"', ())[1]

    def columns(self, table: str) -> list[str]:
        return [str(row[1]) for row in self._connection.execute(f'PRAGMA table_info("{table}")')]

    def _run(self, sql: str, parameters: Sequence[object]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, tuple(parameters))
        except sqlite3.IntegrityError as error:
            raise AlreadyThere(str(error)) from error
        except sqlite3.Error as error:
            raise DataError(f"the query failed: {error}") from error

    def _readers(self, sql: str, names: Sequence[str]) -> list[Callable[[Any], object]]:
        """How each column is read, by the type its table declares."""
        table = _PLAIN_TABLE.match(sql)
        declared = {}
        if table:
            info = self._connection.execute(f"PRAGMA table_info({table[1]})")
            declared = {str(row[1]).lower(): str(row[2]).lower() for row in info}
        return [_reader(declared.get(name.lower(), "")) for name in names]


def _plain_ddl(ddl: str) -> str:
    """The DDL without transactions, table properties and comments."""
    return ";".join(one for one in _STATEMENT.findall(ddl) if not _HOLOGRES_ONLY.fullmatch(one))


def _reader(kind: str) -> Callable[[Any], object]:
    if "[]" in kind:
        return json.loads
    if kind.startswith(("json", "bytea", "blob")):
        return lambda value: value if isinstance(value, bytes) else str(value).encode()
    if kind.startswith("bool"):
        return bool
    if kind.startswith(("float", "real", "double", "numeric", "decimal")):
        return float
    if kind.startswith(("timestamp", "date")):
        return lambda value: datetime.fromisoformat(str(value))
    return lambda value: value


class MemoryViews:
    """Every table as a feature view: its first column is the key, text or not; of rows of one key the last
    counts."""

    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database

    def get(self, view: str, key: str) -> dict[str, Any] | None:
        return self._rows(view).get(key)

    def get_many(self, view: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        rows = self._rows(view)
        return {key: rows[key] for key in keys if key in rows}

    def keys(self, view: str) -> list[str]:
        return list(self._rows(view))

    def edition(self, view: str) -> None:
        """Tables may change at any time."""

    def views(self) -> list[ViewInfo]:
        """Of rows, ds, fingerprint and moment a table knows nothing."""
        named = {name: self.database.columns(name) for name in self.database.tables}
        return [ViewInfo(name, names[0], tuple(names[1:]), 0, "", "", 0.0) for name, names in named.items()]

    def _rows(self, view: str) -> dict[str, dict[str, Any]]:
        known = self.database.tables
        if view not in known:
            raise NotFound("feature view", view, known)
        names, rows = self.database.query(f'SELECT * FROM "{view}"', ())
        return {str(row[0]): dict(zip(names[1:], row[1:], strict=True)) for row in rows}


class MemoryLists:
    """Redis lists. A key of `strings` holds a plain string, which no list command takes."""

    def __init__(self, lists: Mapping[str, Sequence[str]], strings: Mapping[str, str] | None = None) -> None:
        self.lists = {name: list(elements) for name, elements in lists.items()}
        self.strings = dict(strings or {})
        self.seconds: dict[str, int] = {}
        """The life that a key was given last."""

    def lrange(self, name: str, start: int, end: int) -> list[str]:
        self._check(name)
        return self.lists.get(name, [])[start : end + 1]

    def push(self, name: str, value: str, keep: int, seconds: int) -> None:
        self._check(name)
        self.lists[name] = [value, *self.lists.get(name, [])][:keep]
        if seconds:
            self.seconds[name] = seconds

    def delete(self, name: str) -> None:
        self.lists.pop(name, None)
        self.strings.pop(name, None)
        self.seconds.pop(name, None)

    def mget(self, names: Sequence[str]) -> list[str | None]:
        return [self.strings.get(name) for name in names]

    def _check(self, name: str) -> None:
        if name in self.strings:
            raise DataError(f"the key {name!r} does not hold a list")


class MemorySources:
    """All the sources of a configuration, held in `database` and `lists`."""

    def __init__(
        self, database: MemoryDatabase, lists: MemoryLists, clock: Callable[[], float] = time.time
    ) -> None:
        self.database, self.lists = database, lists
        self._sources: dict[str, DataSource] = {
            source.adapter: source
            for source in (
                HologresTables(database, clock),
                MysqlTables(database, clock),
                RedisLists(lists, clock),
                TablestoreTables(database),
                FeatureViews(MemoryViews(database), clock),
            )
        }

    def open(self, dao: DaoConf) -> DataSource:
        return self._sources.get(dao.adapter_type) or NoSources().open(dao)
