"""What stages read and write beyond the request: exposures, lists, blocked items, rows of items, events.

A configured data source (RedisConfs.x, HologresConfs.y …) is a `DataSource`; for each of these uses it gives
an object that knows how that kind of source lays the data out. A use that a source does not have is refused
when the configuration is read. A read or write that fails raises a PairecError, and costs its filter only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, NoReturn, Protocol

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.records import Record

CONFIGURATION = "the engine configuration"


class DaoConf(Record):
    """Where a stage reads: the adapter's type, the configured source and the table, view or key prefix."""

    unserved: ClassVar[tuple[str, ...]] = (
        *("RedisDataType", "RedisFieldType", "RedisDefaultKey", "RedisValueDelimeter", "HBasePrefix"),
        *("HBaseName", "HBaseTable", "ColumnFamily", "Qualifier", "ItemIdField", "ItemScoreField"),
        *("ClickHouseName", "ClickHouseTableName", "BeName", "BizName", "BeRecallName", "BeTableName"),
        *("BeExposureUserIdName", "BeExposureItemIdName", "GraphName", "InstanceId", "TableName"),
        *("UserNode", "ItemNode", "Edge", "LindormTableName", "LindormName", "RecallEngineName"),
        *("RecallEngineTableName", "Adapter"),
    )

    adapter_type: str = ""
    redis_name: str = ""
    redis_prefix: str = ""
    mysql_name: str = ""
    mysql_table: str = ""
    config: str = ""
    hologres_name: str = ""
    hologres_table_name: str = ""
    table_store_name: str = ""
    table_store_table_name: str = ""
    feature_store_name: str = ""
    feature_store_model_name: str = ""
    feature_store_entity_name: str = ""
    feature_store_view_name: str = ""


class ItemStateDaoConf(DaoConf):
    """A table with a row per item: `item_field_name` is its key, `select_fields` the columns to read, as SQL,
    `where_clause` the user's own SQL. `default_field_values` stand for an item without a row."""

    item_field_name: str = ""
    where_clause: str = ""
    select_fields: str = ""
    default_field_values: Mapping[str, object] = {}


class ExposureLimits(Record):
    """How far back exposures count: the newest `max_items` batches, those of the last `time_interval`
    seconds; 0 is the source's own default. `version` is FilterTypeVersion."""

    max_items: int = 0
    time_interval: int = 0
    version: str = ""


class Exposures(Protocol):
    """What each user was shown, one batch a request."""

    plain_ids: bool
    """The source holds item ids, whatever GenerateItemData… says."""

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        """What the user was shown within the limits. A source that can only test answers for `candidates`."""

    def append(self, uid: str, batch: Sequence[str]) -> None:
        """Adds one batch, shown now."""

    def clear(self, uid: str) -> None:
        """Forgets everything that the user was shown."""


class UserLists(Protocol):
    """Item ids listed for a user."""

    def ids(self, uid: str, candidates: Sequence[str]) -> Collection[str]: ...


class ItemList(Protocol):
    """Item ids listed for everybody."""

    def ids(self) -> Collection[str]: ...


class RowsRead(Record):
    """Rows by item id, as column → value without nulls. Ids in `unread` could not be asked for because of
    `reason`."""

    found: Mapping[str, Mapping[str, object]]
    unread: frozenset[str] = frozenset()
    reason: str = ""


class ItemRows(Protocol):
    """Rows of items."""

    adds_properties: bool
    """Whether an item takes its row's columns as properties."""
    drops_missing: bool
    """Whether an item without a row goes, whatever the conditions say."""

    def read(self, ids: Sequence[str]) -> RowsRead: ...


class KeyValues(Protocol):
    """Texts under keys: the lists of candidates that recalls read."""

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The texts of every row, for those keys that have one; a null is no text."""


class EventColumns(Record):
    """How a table of behavior is read: its columns, the configuration's own SQL `where`, and how many of a
    user's newest rows. `play_time` is empty where none is read; `properties` are further columns."""

    user: str = "user_id"
    item: str = "item_id"
    event: str = "event"
    play_time: str = "play_time"
    timestamp: str = "timestamp"
    properties: tuple[str, ...] = ()
    where: str = ""
    limit: int = 0


class UserEvents(Protocol):
    """What users did."""

    def newest(self, uid: str) -> Sequence[Mapping[str, object]]:
        """The user's newest rows, newest first: column → value, nulls included."""


class Query(Record):
    """Rows of one table. `columns`, `where` and `order` are the configuration's own SQL; `${name}` in `where`
    (with or without quotes round it) is a value of the request, which is bound, never spliced. No `order`
    with `shuffled` means a random one; a `limit` of 0 means all rows."""

    columns: tuple[str, ...]
    where: str = ""
    order: str = ""
    shuffled: bool = False
    limit: int = 0


class Rows(Protocol):
    """Rows that a `Query` selects."""

    def read(self, values: Mapping[str, object]) -> Sequence[Sequence[object]]:
        """The rows, a value per column. A name that `values` does not have is NULL."""


class DataSource:
    """One configured source. An adapter overrides the uses it has."""

    adapter: ClassVar[str] = ""

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        self._refuse("exposures")

    def user_lists(self, dao: DaoConf) -> UserLists:
        self._refuse("lists of users")

    def item_list(self, dao: DaoConf, column: str, where: str) -> ItemList:
        self._refuse("lists of items")

    def item_rows(self, dao: ItemStateDaoConf) -> ItemRows:
        self._refuse("rows of items")

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        """`key` and `value` are the columns' names; a source of plain keys has no use for them."""
        self._refuse("lists under keys")

    def user_events(self, dao: DaoConf, columns: EventColumns) -> UserEvents:
        self._refuse("events of users")

    def rows(self, dao: DaoConf, query: Query) -> Rows:
        self._refuse("tables to select from")

    def _refuse(self, use: str) -> NoReturn:
        raise InvalidConfig(
            CONFIGURATION, [Problem("AdapterType", f"{self.adapter} holds no {use}", self.adapter)]
        )


class Sources(Protocol):
    """The data sources of a configuration."""

    def open(self, dao: DaoConf) -> DataSource:
        """The source that `dao` names. Raises InvalidConfig, with paths below the dao's entry, for an adapter
        that is not served and a source that is not configured."""


class NoSources:
    """A configuration without data sources."""

    def open(self, dao: DaoConf) -> DataSource:
        adapter = dao.adapter_type
        message = f"{adapter!r} is not served here" if adapter else "is missing: name the kind of data source"
        raise InvalidConfig(CONFIGURATION, [Problem("AdapterType", message, adapter)])


@contextmanager
def under(path: str) -> Iterator[None]:
    """Problems found inside are reported below `path`."""
    try:
        yield
    except InvalidConfig as error:
        problems = [Problem(f"{path}.{one.path}", one.message, one.value) for one in error.problems]
        raise InvalidConfig(CONFIGURATION, problems, hint=error.hint) from error
