"""Tables of a SQL database as PAI-Rec lays them out: exposures, lists and rows of items.

Hologres and MySQL share the queries; they differ in how exposures are laid out. Values are always parameters.
Table and key column names come from the configuration and must be plain names; SelectFields and WhereClause
are the configuration's own SQL. Source: "Configure filters", and the open engine's DAOs.
"""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import ClassVar

from pairec_cli.domain.coercion import to_int, to_text
from pairec_cli.domain.errors import PairecError
from pairec_cli.domain.records import Record
from pairec_cli.domain.sources import (
    DaoConf,
    DataSource,
    EventColumns,
    ExposureLimits,
    Exposures,
    ItemList,
    ItemRows,
    ItemStateDaoConf,
    KeyValues,
    Query,
    Rows,
    RowsRead,
    UserEvents,
    UserLists,
)
from pairec_cli.online.sql_lists import SqlKeyValues, SqlRows, SqlUserEvents
from pairec_cli.online.sql_text import EXPOSURE_SECONDS, LIST_SECONDS, among, batches, own, plain, refuse
from pairec_cli.online.sql_text import AlreadyThere as AlreadyThere
from pairec_cli.online.sql_text import Database as Database

V2 = "v2"
V2_SECONDS = 90 * 86_400
_UNREADABLE = (bytes, bytearray, memoryview, dict)


class SqlTables(DataSource):
    """What both kinds share. `clock` gives Unix seconds; `random` is the dialect's function of chance."""

    random: ClassVar[str] = "random()"

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self.database, self.clock = database, clock

    @abstractmethod
    def table_of(self, dao: DaoConf) -> str: ...

    def within(self, seconds: float) -> Database:
        """The database for a use whose answers may take so long; one at hand has no limit."""
        return self.database

    def user_lists(self, dao: DaoConf) -> UserLists:
        return SqlUserLists(self.database, self.table_of(dao))

    def item_list(self, dao: DaoConf, column: str, where: str) -> ItemList:
        return SqlItemList(self.within(LIST_SECONDS), self.table_of(dao), column, where)

    def item_rows(self, dao: ItemStateDaoConf) -> ItemRows:
        return SqlItemRows(self.database, self.table_of(dao), dao)

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        return SqlKeyValues(self.database, self.table_of(dao), key, value)

    def user_events(self, dao: DaoConf, columns: EventColumns) -> UserEvents:
        return SqlUserEvents(self.database, self.table_of(dao), columns)

    def rows(self, dao: DaoConf, query: Query) -> Rows:
        return SqlRows(self.database, self.table_of(dao), query, self.random)


class HologresTables(SqlTables):
    """Tables as HologresTableName names them."""

    adapter: ClassVar[str] = "hologres"

    def table_of(self, dao: DaoConf) -> str:
        return plain(dao.hologres_table_name, "HologresTableName")

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return BatchRows(self.within(EXPOSURE_SECONDS), self.table_of(dao), limits, self.clock)


class MysqlTables(SqlTables):
    """Tables as MysqlTable names them; exposures also as Config shards them."""

    adapter: ClassVar[str] = "mysql"
    random: ClassVar[str] = "rand()"

    def table_of(self, dao: DaoConf) -> str:
        return plain(dao.mysql_table, "MysqlTable")

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return ArticleRows(self.within(EXPOSURE_SECONDS), _shards(dao), self.clock)


class BatchRows:
    """Exposures as Hologres holds them: (uid, item, create_time), a row per request with its items joined by
    commas and its Unix second.

    The documented table has the primary key (uid, create_time), which cannot hold a second batch of the same
    second: that one is added to the row that is there, so no item is lost and the two count as one batch.
    """

    plain_ids = False

    def __init__(
        self, database: Database, table: str, limits: ExposureLimits, clock: Callable[[], float]
    ) -> None:
        self.database, self.table, self.clock = database, table, clock
        self.max_items, self.seconds = limits.max_items, limits.time_interval
        self.none = False
        if limits.version == V2:
            self.none = limits.max_items == 0
            self.seconds = self.seconds or V2_SECONDS

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        if self.none:
            return ()
        mark = self.database.mark
        sql = f"SELECT item FROM {self.table} WHERE uid = {mark}"
        values: list[object] = [uid]
        if self.seconds > 0:
            sql += f" AND create_time >= {mark}"
            values.append(int(self.clock()) - self.seconds)
        sql += " ORDER BY create_time DESC"
        if self.max_items > 0:
            sql += f" LIMIT {int(self.max_items)}"
        _, rows = self.database.query(sql, values)
        return set(chain.from_iterable(str(row[0]).split(",") for row in rows))

    def append(self, uid: str, batch: Sequence[str]) -> None:
        if not batch:
            return
        mark, now = self.database.mark, int(self.clock())
        joined = ",".join(batch)
        sql = f"INSERT INTO {self.table} (uid, item, create_time) VALUES ({mark}, {mark}, {mark})"
        try:
            self.database.execute(sql, (uid, joined, now))
        except AlreadyThere:
            where = f"WHERE uid = {mark} AND create_time = {mark}"
            sql = f"UPDATE {self.table} SET item = item || {mark} {where}"
            self.database.execute(sql, (f",{joined}", uid, now))

    def clear(self, uid: str) -> None:
        self.database.execute(f"DELETE FROM {self.table} WHERE uid = {self.database.mark}", (uid,))


class ArticleRows:
    """Exposures as MySQL holds them: (article_id, uid, add_time), a row per item. They have no limits."""

    plain_ids = True

    def __init__(
        self, database: Database, table_of: Callable[[str], str], clock: Callable[[], float]
    ) -> None:
        self.database, self.table_of, self.clock = database, table_of, clock

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        sql = f"SELECT article_id FROM {self.table_of(uid)} WHERE uid = {self.database.mark}"
        _, rows = self.database.query(sql, (uid,))
        return {to_text(row[0], "") for row in rows}

    def append(self, uid: str, batch: Sequence[str]) -> None:
        if not batch:
            return
        mark, now = self.database.mark, int(self.clock())
        places = ", ".join([f"({mark}, {mark}, {mark})"] * len(batch))
        sql = f"INSERT INTO {self.table_of(uid)} (article_id, uid, add_time) VALUES {places}"
        self.database.execute(sql, [value for item in batch for value in (item, uid, now)])

    def clear(self, uid: str) -> None:
        self.database.execute(f"DELETE FROM {self.table_of(uid)} WHERE uid = {self.database.mark}", (uid,))


class SqlUserLists:
    """(user_id, item_ids): the ids of all the user's rows, joined by commas, blanks kept."""

    def __init__(self, database: Database, table: str) -> None:
        self.database = database
        self.sql = f"SELECT item_ids FROM {table} WHERE user_id = {database.mark}"

    def ids(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        _, rows = self.database.query(self.sql, (uid,))
        pieces = chain.from_iterable(str(row[0]).split(",") for row in rows if row[0] is not None)
        return {piece for piece in pieces if piece}


class SqlItemList:
    """One column: an id per row, commas not split."""

    def __init__(self, database: Database, table: str, column: str, where: str) -> None:
        self.database = database
        if not column.strip():
            refuse("SelectCol", "is missing: name the column of the item ids", column)
        clause = f" WHERE {own(where, database)}" if where.strip() else ""
        self.sql = f"SELECT {own(column, database)} FROM {table}{clause}"

    def ids(self) -> Collection[str]:
        _, rows = self.database.query(self.sql, ())
        return {text for row in rows if (text := to_text(row[0], ""))}


class SqlItemRows:
    """A row per item, read five hundred keys at a time; a query that fails leaves its keys unread. A row with
    bytes or JSON counts as missing: no property can hold them, and PAI-Rec's engine does not read it either.
    """

    adds_properties = True
    drops_missing = False

    def __init__(self, database: Database, table: str, dao: ItemStateDaoConf) -> None:
        self.database = database
        key = plain(dao.item_field_name, "ItemFieldName")
        columns = f"{key}, {own(dao.select_fields, database)}" if dao.select_fields.strip() else key
        where = f"({own(dao.where_clause, database)}) AND " if dao.where_clause.strip() else ""
        self.key, self.head = key, f"SELECT {columns} FROM {table} WHERE {where}"

    def read(self, ids: Sequence[str]) -> RowsRead:
        found: dict[str, dict[str, object]] = {}
        unread: set[str] = set()
        reasons: list[str] = []
        for batch in batches(ids):
            try:
                found.update(self._rows(batch))
            except PairecError as error:
                unread.update(batch)
                reasons.append(error.message)
        return RowsRead(found, frozenset(unread), "; ".join(dict.fromkeys(reasons)))

    def _rows(self, ids: Sequence[str]) -> Iterator[tuple[str, dict[str, object]]]:
        condition, parameters = among(self.database, self.key, ids)
        names, rows = self.database.query(self.head + condition, parameters)
        for row in rows:
            if any(isinstance(value, _UNREADABLE) for value in row):
                continue
            values = zip(names[1:], row[1:], strict=True)
            yield to_text(row[0], ""), {name: value for name, value in values if value is not None}


class _Sharding(Record):
    """DaoConf.Config of MySQL exposures."""

    prefix: str
    count: int


def _shards(dao: DaoConf) -> Callable[[str], str]:
    """The table of a user: MysqlTable, or by Config's `table_prefix` and `hash_value` the prefix and the
    numeric uid modulo the value (0 for a uid that is no number)."""
    if dao.mysql_table:
        table = plain(dao.mysql_table, "MysqlTable")
        return lambda uid: table
    try:
        document = json.loads(dao.config)
        shards = _Sharding(str(document["table_prefix"]), int(document["hash_value"]))
    except (ValueError, KeyError, TypeError):
        message = "must be JSON with table_prefix and hash_value, unless MysqlTable is set"
        refuse("Config", message, dao.config)
    plain(f"{shards.prefix}0", "Config")
    if shards.count < 1:
        refuse("Config", "has a hash_value below 1", dao.config)
    return lambda uid: f"{shards.prefix}{to_int(uid, 0) % shards.count}"
