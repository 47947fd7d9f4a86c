"""Tablestore and the embedded store held in memory, over the tables of a case's state.

A Tablestore table is the table of its name, whose columns are its keys and properties; when a row was
written is not known, so TimeInterval has no effect. A feature view is the table of its name, its first column
the key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.sources import (
    DaoConf,
    DataSource,
    ExposureLimits,
    Exposures,
    ItemList,
    ItemRows,
    ItemStateDaoConf,
    KeyValues,
    RowsRead,
    UserLists,
)
from pairec_cli.online.featurestore import EmbeddedStore, Views
from pairec_cli.online.sql_lists import SqlKeyValues
from pairec_cli.online.sql_text import Database, among, batches, plain


class TablestoreTables(DataSource):
    """The layouts of `online.tablestore`."""

    adapter: ClassVar[str] = "tablestore"

    def __init__(self, database: Database) -> None:
        self.database = database

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return _OrderedRows(self.database, _table(dao), max(limits.max_items, 0))

    def user_lists(self, dao: DaoConf) -> UserLists:
        return _UserRows(self.database, _table(dao))

    def item_list(self, dao: DaoConf, column: str, where: str) -> ItemList:
        return _AllKeys(self.database, _table(dao))

    def item_rows(self, dao: ItemStateDaoConf) -> ItemRows:
        return _StateRows(self.database, _table(dao), dao)

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        return SqlKeyValues(self.database, _table(dao), key, value)


def _table(dao: DaoConf) -> str:
    return plain(dao.table_store_table_name, "TableStoreTableName")


def _pieces(rows: Iterable[Sequence[object]]) -> set[str]:
    """The ids of a first column, joined by commas."""
    return set(chain.from_iterable(to_text(row[0], "").split(",") for row in rows)) - {""}


class _OrderedRows:
    """(user_id, auto_id, item_ids)."""

    plain_ids = False

    def __init__(self, database: Database, table: str, limit: int) -> None:
        self.database, self.table, self.limit = database, table, limit

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        sql = f"SELECT item_ids FROM {self.table} WHERE user_id = {self.database.mark} ORDER BY auto_id DESC"
        sql += f" LIMIT {int(self.limit)}" if self.limit else ""
        return _pieces(self.database.query(sql, (uid,))[1])

    def append(self, uid: str, batch: Sequence[str]) -> None:
        mark = self.database.mark
        place = f"(SELECT coalesce(max(auto_id), 0) + 1 FROM {self.table})"
        sql = f"INSERT INTO {self.table} (user_id, auto_id, item_ids) VALUES ({mark}, {place}, {mark})"
        if batch:
            self.database.execute(sql, (uid, ",".join(batch)))

    def clear(self, uid: str) -> None:
        self.database.execute(f"DELETE FROM {self.table} WHERE user_id = {self.database.mark}", (uid,))


class _UserRows:
    """(user_id, item_ids)."""

    def __init__(self, database: Database, table: str) -> None:
        self.database = database
        self.sql = f"SELECT item_ids FROM {table} WHERE user_id = {database.mark}"

    def ids(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        return _pieces(self.database.query(self.sql, (uid,))[1])


class _AllKeys:
    """(item_ids): keys, commas split."""

    def __init__(self, database: Database, table: str) -> None:
        self.database, self.sql = database, f"SELECT item_ids FROM {table}"

    def ids(self) -> Collection[str]:
        return _pieces(self.database.query(self.sql, ())[1])


class _StateRows:
    """A row per item; WhereClause has no effect, and items do not take the columns."""

    adds_properties = False
    drops_missing = True

    def __init__(self, database: Database, table: str, dao: ItemStateDaoConf) -> None:
        self.database, self.key = database, plain(dao.item_field_name, "ItemFieldName")
        names = [name.strip() for name in dao.select_fields.split(",") if name.strip()]
        columns = ", ".join(plain(name, "SelectFields") for name in names) or "*"
        self.head = f"SELECT {self.key}, {columns} FROM {table} WHERE "

    def read(self, ids: Sequence[str]) -> RowsRead:
        try:
            return RowsRead(dict(chain.from_iterable(map(self._rows, batches(ids)))))
        except PairecError as error:
            return RowsRead({}, frozenset(ids), error.message)

    def _rows(self, ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, object]]]:
        condition, parameters = among(self.database, self.key, ids)
        names, rows = self.database.query(self.head + condition, parameters)
        for row in rows:
            values = zip(names[1:], row[1:], strict=True)
            yield to_text(row[0], ""), {name: value for name, value in values if value is not None}


class MemoryLog:
    """Exposures of the embedded store, as `online.exposures` keeps them in a file."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[tuple[int, int | None, list[str]]]] = {}

    def batches(self, view: str, uid: str, *, now: int, since: int | None, limit: int) -> list[list[str]]:
        rows = reversed(self._rows.get((view, uid), []))
        found = [items for at, ends, items in rows if at >= (since or 0) and (ends is None or ends >= now)]
        return found[:limit] if limit > 0 else found

    def append(self, view: str, uid: str, items: Sequence[str], *, now: int, ends: int | None) -> None:
        self._rows.setdefault((view, uid), []).append((now, ends, list(items)))

    def clear(self, view: str, uid: str) -> None:
        self._rows.pop((view, uid), None)

    def close(self) -> None:
        """There is nothing to close."""


class FeatureViews(EmbeddedStore):
    """The embedded store with its views and exposures in memory."""

    def __init__(self, views: Views, clock: Callable[[], float]) -> None:
        self.featuredb, self.clock, self.log = views, clock, MemoryLog()
