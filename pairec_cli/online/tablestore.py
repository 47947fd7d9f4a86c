"""Tablestore, through Alibaba's SDK: exposures, lists under keys, lists of users, lists and rows of items.

Layout, from "Configure filters" and the open engine's DAOs: exposures under (user_id, auto_id), where the
server counts auto_id up, lists of users under user_id, a list of items under item_ids; each with the column
or key item_ids, ids joined by commas.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, ClassVar

from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.connections import TableStoreConf, without
from pairec_cli.domain.errors import InvalidConfig, PairecError, Problem, SourceFailed
from pairec_cli.domain.sources import (
    CONFIGURATION,
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
from pairec_cli.online.background import LaterExposures, Writer

for _module in ("tablestore.encoder", "tablestore.decoder"):
    # They warn that a compiled part, built for one version of Python, is missing; the SDK does without it.
    logging.getLogger(_module).setLevel(logging.ERROR)
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "OTS C.. SDK extension", ImportWarning)
    import tablestore

USER, ORDER, ITEMS = "user_id", "auto_id", "item_ids"
KEYS_PER_READ = 100
KEYS_PER_WRITE = 200
CLOCK_SKEW = 60
"""Seconds by which the server's clock may be ahead."""

Key = list[tuple[str, object]]


class Client:
    """The calls in use. Errors of the service, the SDK and the network become SourceFailed with `name`."""

    def __init__(self, name: str, conf: TableStoreConf) -> None:
        """Raises InvalidConfig for an address or account that the SDK does not take."""
        self.name, self.hidden, self.milliseconds = name, conf.hidden(), conf.read_timeout
        try:
            self.sdk = tablestore.OTSClient(
                conf.end_point,
                conf.access_key_id,
                conf.access_key_secret,
                conf.instance_name,
                socket_timeout=conf.read_timeout / 1000,
                retry_policy=tablestore.NoRetryPolicy(),
                enable_native=False,
            )
        except tablestore.OTSClientError as error:
            message = without(str(error), self.hidden)
            raise InvalidConfig(CONFIGURATION, [Problem("TableStoreName", message, name)]) from None
        self.sdk.connection.pool.connection_pool_kw["retries"] = False

    def row(self, table: str, key: Key, columns: Sequence[str]) -> Mapping[str, object] | None:
        with self._errors():
            _, row, _ = self.sdk.get_row(table, key, list(columns), max_version=1)
        return None if row is None else attributes(row)

    def rows(
        self, table: str, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[tuple[Key, Mapping[str, object]]]:
        """The keys and columns of the rows that exist."""
        request = tablestore.BatchGetRowRequest()
        request.add(tablestore.TableInBatchGetRowItem(table, list(keys), list(columns) or None, None, 1))
        with self._errors():
            answers = self.sdk.batch_get_row(request).get_result_by_table(table)
        failed = next((one for one in answers if not one.is_ok), None)
        if failed is not None:
            raise SourceFailed(f"{self.name}: {failed.error_code}: {failed.error_message}")
        return [(one.row.primary_key, attributes(one.row)) for one in answers if one.row is not None]

    def range(
        self, table: str, start: Key, end: Key, *, direction: str, limit: int = 0, **more: Any
    ) -> Iterator[tuple[Key, Mapping[str, object]]]:
        """Rows from `start` to before `end`, page by page, at most `limit` unless 0."""
        left: int | None = limit or None
        at: Key | None = start
        while at is not None:
            with self._errors():
                _, at, rows, _ = self.sdk.get_range(table, direction, at, end, limit=left, **more)
            yield from ((row.primary_key, attributes(row)) for row in rows)
            if left is not None:
                left -= len(rows)
                if left <= 0:
                    return

    def put(self, table: str, key: Key, columns: Mapping[str, object]) -> None:
        row = tablestore.Row(key, list(columns.items()))
        with self._errors():
            self.sdk.put_row(table, row, tablestore.Condition(tablestore.RowExistenceExpectation.IGNORE))

    def delete(self, table: str, keys: Sequence[Key]) -> None:
        expect = tablestore.Condition(tablestore.RowExistenceExpectation.IGNORE)
        for start in range(0, len(keys), KEYS_PER_WRITE):
            part = keys[start : start + KEYS_PER_WRITE]
            request = tablestore.BatchWriteRowRequest()
            items = [tablestore.DeleteRowItem(tablestore.Row(key), expect) for key in part]
            request.add(tablestore.TableInBatchWriteRowItem(table, items))
            with self._errors():
                answers = self.sdk.batch_write_row(request).get_delete_by_table(table)
            for one in answers:
                if not one.is_ok:
                    raise SourceFailed(f"{self.name}: {one.error_code}: {one.error_message}")

    def close(self) -> None:
        self.sdk.connection.pool.clear()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except tablestore.OTSServiceError as error:
            raise self._failed(f"{error.code}: {error.message}") from None
        except NewConnectionError as error:  # to urllib3 a timeout too
            raise self._failed(" ".join(str(error).split())) from None
        except TimeoutError:
            raise self._failed(f"no answer within {self.milliseconds} ms") from None
        except (tablestore.OTSClientError, HTTPError, OSError) as error:
            raise self._failed(" ".join(str(error).split())) from None

    def _failed(self, reason: str) -> SourceFailed:
        return SourceFailed(f"{self.name}: {without(reason, self.hidden)}")


def attributes(row: Any) -> dict[str, object]:
    """The columns of a row, without the moments they were written at."""
    return {name: value for name, value, *_ in row.attribute_columns or ()}


class TablestoreServer(DataSource):
    """A TableStoreConfs entry. The server is asked for when it is first needed."""

    adapter: ClassVar[str] = "tablestore"

    def __init__(self, name: str, conf: TableStoreConf, clock: Callable[[], float] = time.time) -> None:
        source = f"TableStoreConfs.{name}"
        self.client, self.clock, self.writer = Client(source, conf), clock, Writer(source)
        self.patience = conf.read_timeout / 1000

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        rows = OrderedRows(self.client, _table(dao), limits, self.clock)
        return LaterExposures(rows, self.writer, self.patience)

    def user_lists(self, dao: DaoConf) -> UserLists:
        return UserRows(self.client, _table(dao))

    def item_list(self, dao: DaoConf, column: str, where: str) -> ItemList:
        return AllKeys(self.client, _table(dao))

    def item_rows(self, dao: ItemStateDaoConf) -> ItemRows:
        return StateRows(self.client, _table(dao), dao)

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        return KeyedTexts(self.client, _table(dao), key, value)

    def close(self) -> None:
        self.writer.close()
        self.client.close()


class OrderedRows:
    """Exposures: a row per request under (user_id, auto_id). MaxItems and TimeInterval have no default; how
    old a row is, its column's own moment tells."""

    plain_ids = False

    def __init__(
        self, client: Client, table: str, limits: ExposureLimits, clock: Callable[[], float]
    ) -> None:
        self.client, self.table, self.clock = client, table, clock
        self.batches, self.seconds = max(limits.max_items, 0), max(limits.time_interval, 0)

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        more: dict[str, Any] = {"columns_to_get": [ITEMS], "max_version": 1}
        if self.seconds:
            now = int(self.clock())
            more["time_range"] = ((now - self.seconds) * 1000, (now + CLOCK_SKEW) * 1000)
        rows = self.client.range(
            self.table,
            [(USER, uid), (ORDER, tablestore.INF_MAX)],
            [(USER, uid), (ORDER, tablestore.INF_MIN)],
            direction=tablestore.Direction.BACKWARD,
            limit=self.batches,
            **more,
        )
        return set(chain.from_iterable(to_text(row.get(ITEMS), "").split(",") for _, row in rows)) - {""}

    def append(self, uid: str, batch: Sequence[str]) -> None:
        self.client.put(self.table, [(USER, uid), (ORDER, tablestore.PK_AUTO_INCR)], {ITEMS: ",".join(batch)})

    def clear(self, uid: str) -> None:
        rows = self.client.range(
            self.table,
            [(USER, uid), (ORDER, tablestore.INF_MIN)],
            [(USER, uid), (ORDER, tablestore.INF_MAX)],
            direction=tablestore.Direction.FORWARD,
        )
        self.client.delete(self.table, [key for key, _ in rows])


class UserRows:
    """A row per user: the first column, item_ids."""

    def __init__(self, client: Client, table: str) -> None:
        self.client, self.table = client, table

    def ids(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        row = self.client.row(self.table, [(USER, uid)], [ITEMS]) or {}
        return {piece for piece in to_text(row.get(ITEMS), "").split(",") if piece}


class AllKeys:
    """All keys of the table, commas split."""

    def __init__(self, client: Client, table: str) -> None:
        self.client, self.table = client, table

    def ids(self) -> Collection[str]:
        start: Key = [(ITEMS, tablestore.INF_MIN)]
        end: Key = [(ITEMS, tablestore.INF_MAX)]
        rows = self.client.range(self.table, start, end, direction=tablestore.Direction.FORWARD)
        pieces = chain.from_iterable(to_text(key[0][1], "").split(",") for key, _ in rows)
        return {piece for piece in pieces if piece}


class StateRows:
    """A row per item, read a hundred at a time; WhereClause has no effect, and items do not take the columns,
    as in the open engine."""

    adds_properties = False
    drops_missing = True

    def __init__(self, client: Client, table: str, dao: ItemStateDaoConf) -> None:
        self.client, self.table = client, table
        self.key = dao.item_field_name
        if not self.key:
            raise InvalidConfig(CONFIGURATION, [Problem("ItemFieldName", "is missing")])
        columns = [name.strip() for name in dao.select_fields.split(",") if name.strip()]
        # A row without any of the columns asked for would count as missing; it has its key.
        self.columns = [self.key, *columns] if columns else []

    def read(self, ids: Sequence[str]) -> RowsRead:
        found: dict[str, Mapping[str, object]] = {}
        unread: set[str] = set()
        reasons: list[str] = []
        for start in range(0, len(ids), KEYS_PER_READ):
            part = ids[start : start + KEYS_PER_READ]
            try:
                rows = self.client.rows(self.table, [[(self.key, id)] for id in part], self.columns)
                found.update((to_text(key[0][1], ""), row) for key, row in rows)
            except PairecError as error:
                unread.update(part)
                reasons.append(error.message)
        return RowsRead(found, frozenset(unread), "; ".join(dict.fromkeys(reasons)))


class KeyedTexts:
    """The column `value` of the rows under `key`, read a hundred at a time."""

    def __init__(self, client: Client, table: str, key: str, value: str) -> None:
        self.client, self.table, self.key, self.value = client, table, key, value

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, Sequence[str]] = {}
        for start in range(0, len(keys), KEYS_PER_READ):
            part: list[Key] = [[(self.key, key)] for key in keys[start : start + KEYS_PER_READ]]
            for row_key, row in self.client.rows(self.table, part, [self.value]):
                if row.get(self.value) is not None:
                    found[to_text(row_key[0][1], "")] = [to_text(row[self.value], "")]
        return found


def _table(dao: DaoConf) -> str:
    if not dao.table_store_table_name:
        raise InvalidConfig(CONFIGURATION, [Problem("TableStoreTableName", "is missing")])
    return dao.table_store_table_name
