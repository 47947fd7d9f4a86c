"""What recalls read from tables of a SQL database: lists under keys, events of users, selected rows.

Source: "Recall configuration" in PAI-Rec's help, and the open engine's recall DAOs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.sources import EventColumns, Query
from pairec_cli.online.sql_text import Database, among, batches, own, plain, values_of, with_places


class SqlKeyValues:
    """Two columns: the key, which may come more than once, and a text."""

    def __init__(self, database: Database, table: str, key: str, value: str) -> None:
        self.database = database
        names = plain(key, "columns"), plain(value, "columns")
        self.key, self.head = names[0], f"SELECT {names[0]}, {names[1]} FROM {table} WHERE "

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for batch in batches(keys):
            condition, parameters = among(self.database, self.key, batch)
            _, rows = self.database.query(self.head + condition, parameters)
            for key, value in rows:
                if value is not None:
                    found.setdefault(to_text(key, ""), []).append(to_text(value, ""))
        return found


class SqlUserEvents:
    """A row per event."""

    def __init__(self, database: Database, table: str, columns: EventColumns) -> None:
        self.database = database
        optional = (columns.play_time,) if columns.play_time else ()
        read = (columns.item, columns.event, *optional, columns.timestamp, *columns.properties)
        names = ", ".join(plain(name, "columns") for name in read)
        where = f" AND ({own(columns.where, database)})" if columns.where.strip() else ""
        limit = f" LIMIT {int(columns.limit)}" if columns.limit > 0 else ""
        self.read = read
        self.sql = (
            f"SELECT {names} FROM {table} WHERE {plain(columns.user, 'columns')} = {database.mark}"
            f"{where} ORDER BY {columns.timestamp} DESC{limit}"
        )

    def newest(self, uid: str) -> Sequence[Mapping[str, object]]:
        _, rows = self.database.query(self.sql, (uid,))
        return [dict(zip(self.read, row, strict=True)) for row in rows]


class SqlRows:
    """The rows that a query selects; `random` is what orders them by chance."""

    def __init__(self, database: Database, table: str, query: Query, random: str) -> None:
        self.database = database
        self.values: list[str] = []
        columns = ", ".join(own(column, database) for column in query.columns)
        self.sql = f"SELECT {columns} FROM {table}"
        if query.where.strip():
            where, self.values = with_places(query.where, database)
            self.sql += f" WHERE {where}"
        if query.order.strip():
            self.sql += f" ORDER BY {own(query.order, database)}"
        elif query.shuffled:
            self.sql += f" ORDER BY {random}"
        if query.limit > 0:
            self.sql += f" LIMIT {int(query.limit)}"

    def read(self, values: Mapping[str, object]) -> Sequence[Sequence[object]]:
        return self.database.query(self.sql, values_of(self.values, values))[1]
