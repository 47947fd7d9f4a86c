"""The embedded FeatureDB as a data source: `"AdapterType": "featurestore"`, whatever project is named.

Lists and rows are published views, read by key. Exposures are written at once, in a file beside the views.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar, Protocol

from pairec_cli.domain.coercion import to_text
from pairec_cli.domain.errors import InvalidConfig, NotFound, PairecError, Problem
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
from pairec_cli.domain.stages import FeatureReader
from pairec_cli.online.exposures import ExposureLog
from pairec_cli.online.featuredb import FeatureDB, ViewInfo

ITEMS = "item_ids"
FILE = "exposures.db"


class Views(FeatureReader, Protocol):
    """Published views, as FeatureDB reads them."""

    def views(self) -> list[ViewInfo]: ...


class Log(Protocol):
    """What users were shown, as ExposureLog keeps it."""

    def batches(self, view: str, uid: str, *, now: int, since: int | None, limit: int) -> list[list[str]]: ...

    def append(self, view: str, uid: str, items: Sequence[str], *, now: int, ends: int | None) -> None: ...

    def clear(self, view: str, uid: str) -> None: ...

    def close(self) -> None: ...


class EmbeddedStore(DataSource):
    """Views of `featuredb`, and exposures in `exposures.db` in the same folder."""

    adapter: ClassVar[str] = "featurestore"
    featuredb: Views
    log: Log

    def __init__(self, featuredb: FeatureDB, clock: Callable[[], float] = time.time) -> None:
        self.featuredb, self.clock = featuredb, clock
        self.log = ExposureLog(featuredb.path.with_name(FILE))

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return LoggedExposures(self.log, _view(dao), limits, self.clock)

    def user_lists(self, dao: DaoConf) -> UserLists:
        return ViewLists(self.featuredb, _view(dao))

    def item_list(self, dao: DaoConf, column: str, where: str) -> ItemList:
        if where.strip():
            _refuse("WhereClause", "is SQL, which the embedded store does not read", where)
        return ViewItems(self.featuredb, _view(dao), column.strip())

    def item_rows(self, dao: ItemStateDaoConf) -> ItemRows:
        if dao.where_clause.strip():
            _refuse("WhereClause", "is SQL, which the embedded store does not read", dao.where_clause)
        return ViewRows(self.featuredb, _view(dao), dao.select_fields)

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        return ViewTexts(self.featuredb, _view(dao), value)

    def close(self) -> None:
        self.log.close()


class LoggedExposures:
    """A row per answer. The newest MaxItems batches count, all when it is 0; TimeInterval is how long a row
    lives, and without one it lives until it is cleared."""

    plain_ids = False

    def __init__(self, log: Log, view: str, limits: ExposureLimits, clock: Callable[[], float]) -> None:
        self.log, self.view, self.clock = log, view, clock
        self.batches, self.seconds = max(limits.max_items, 0), max(limits.time_interval, 0)

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        now = int(self.clock())
        since = now - self.seconds if self.seconds else None
        found = self.log.batches(self.view, uid, now=now, since=since, limit=self.batches)
        return {item for batch in found for item in batch}

    def append(self, uid: str, batch: Sequence[str]) -> None:
        if batch:
            now = int(self.clock())
            self.log.append(self.view, uid, batch, now=now, ends=now + self.seconds if self.seconds else None)

    def clear(self, uid: str) -> None:
        self.log.clear(self.view, uid)


class ViewLists:
    """A user's row: its column item_ids, else its first one; ids joined by commas."""

    def __init__(self, featuredb: Views, view: str) -> None:
        self.featuredb, self.view = featuredb, view

    def ids(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        row = self.featuredb.get(self.view, uid) or {}
        text = row[ITEMS] if ITEMS in row else next(iter(row.values()), None)
        return {piece for piece in to_text(text, "").split(",") if piece}


class ViewItems:
    """The view's keys; with a column that is no key, its values."""

    def __init__(self, featuredb: Views, view: str, column: str) -> None:
        self.featuredb, self.view, self.column = featuredb, view, column

    def ids(self) -> Collection[str]:
        keys = self.featuredb.keys(self.view)
        if not self.column:
            return set(keys)
        info = next(one for one in self.featuredb.views() if one.name == self.view)
        if self.column == info.key:
            return set(keys)
        if self.column not in info.columns:
            raise NotFound(f"column of view {self.view!r}", self.column, (info.key, *info.columns))
        rows = self.featuredb.get_many(self.view, keys).values()
        return {text for row in rows if (text := to_text(row[self.column], ""))}


class ViewRows:
    """A row per item. SelectFields are names joined by commas; all columns without them."""

    adds_properties = True
    drops_missing = False

    def __init__(self, featuredb: Views, view: str, fields: str) -> None:
        self.featuredb, self.view = featuredb, view
        names = [name.strip() for name in fields.split(",") if name.strip()]
        self.names = None if not names or "*" in names else names

    def read(self, ids: Sequence[str]) -> RowsRead:
        try:
            rows = self.featuredb.get_many(self.view, ids)
            return RowsRead({id: self._picked(row) for id, row in rows.items()})
        except PairecError as error:
            return RowsRead({}, frozenset(ids), error.message)

    def _picked(self, row: Mapping[str, object]) -> dict[str, object]:
        names = self.names or row
        unknown = next((name for name in names if name not in row), None)
        if unknown is not None:
            raise NotFound(f"column of view {self.view!r}", unknown, row)
        return {name: row[name] for name in names if row[name] is not None}


class ViewTexts:
    """The column `column` of the rows under keys."""

    def __init__(self, featuredb: Views, view: str, column: str) -> None:
        self.featuredb, self.view, self.column = featuredb, view, column

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        rows = self.featuredb.get_many(self.view, keys)
        values = {key: row.get(self.column) for key, row in rows.items()}
        return {key: [to_text(value, "")] for key, value in values.items() if value is not None}


def _view(dao: DaoConf) -> str:
    if not dao.feature_store_view_name:
        _refuse("FeatureStoreViewName", "is missing: name the view", "")
    return dao.feature_store_view_name


def _refuse(key: str, message: str, value: object) -> None:
    raise InvalidConfig(CONFIGURATION, [Problem(key, message, value)])
