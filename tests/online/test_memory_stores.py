"""Tablestore and the embedded store in memory behave as the ones they stand for."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.sources import DaoConf, DataSource, ExposureLimits, ItemStateDaoConf
from pairec_cli.online.memory import MemoryDatabase, MemoryLists, MemorySources, MemoryTable

TABLES = {
    "shown": MemoryTable(
        "create table shown(user_id text, auto_id int, item_ids text)", [["u", 1, "a,b"], ["u", 2, "c"]]
    ),
    "listed": MemoryTable("create table listed(user_id text, item_ids text)", [["u", "a,,b"]]),
    "blocked": MemoryTable("create table blocked(item_ids text)", [["a,b"], ["c"]]),
    "state": MemoryTable(
        "create table state(id text, stock int, price float8)", [["a", 1, None], ["b", 0, 2]]
    ),
}


class Now:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def opened(adapter: str, clock: Now | None = None) -> DataSource:
    return MemorySources(MemoryDatabase(TABLES), MemoryLists({}), clock or Now()).open(DaoConf(adapter))


def dao(table: str) -> DaoConf:
    return DaoConf(table_store_table_name=table, feature_store_view_name=table)


def test_tablestore_reads_the_newest_batches_and_counts_its_own_up() -> None:
    source = opened("tablestore")
    exposures = source.exposures(dao("shown"), ExposureLimits(max_items=1))
    assert exposures.shown("u", []) == {"c"}
    exposures.append("u", ["d", "e"])
    exposures.append("u", [])
    assert exposures.shown("u", []) == {"d", "e"}
    assert source.exposures(dao("shown"), ExposureLimits()).shown("u", []) == set("abcde")
    exposures.clear("u")
    assert source.exposures(dao("shown"), ExposureLimits()).shown("u", []) == set()


@pytest.mark.parametrize("adapter", ["tablestore", "featurestore"])
def test_lists_of_users_and_items_are_split(adapter: str) -> None:
    source = opened(adapter)
    assert source.user_lists(dao("listed")).ids("u", []) == {"a", "b"}
    assert source.user_lists(dao("listed")).ids("v", []) == set()
    ids = source.item_list(dao("blocked"), "", "").ids()
    assert ids == ({"a", "b", "c"} if adapter == "tablestore" else {"a,b", "c"})


def test_tablestore_rows_give_no_properties_and_ignore_the_clause() -> None:
    conf = ItemStateDaoConf(
        table_store_table_name="state", item_field_name="id", select_fields="stock, price", where_clause="1=0"
    )
    rows = opened("tablestore").item_rows(conf)
    assert (rows.adds_properties, rows.drops_missing) == (False, True)
    assert rows.read(["a", "b", "x"]).found == {"a": {"stock": 1}, "b": {"stock": 0, "price": 2.0}}


def test_lists_under_keys() -> None:
    lists = opened("tablestore").key_values(dao("listed"), "user_id", "item_ids")
    assert lists.get_many(["u", "v"]) == {"u": ["a,,b"]}


def test_a_missing_table_is_a_failure_of_the_source() -> None:
    source = opened("tablestore")
    with pytest.raises(DataError, match="no such table"):
        source.user_lists(dao("gone")).ids("u", [])
    read = source.item_rows(ItemStateDaoConf(table_store_table_name="gone", item_field_name="id")).read(["a"])
    assert read.unread == {"a"}
    with pytest.raises(InvalidConfig, match="TableStoreTableName"):
        source.user_lists(DaoConf())


def test_exposures_of_the_embedded_store_end_with_their_time() -> None:
    clock = Now()
    exposures = opened("featurestore", clock).exposures(dao("any"), ExposureLimits(time_interval=60))
    exposures.append("u", ["a"])
    clock.now += 30
    exposures.append("u", ["b"])
    assert exposures.shown("u", []) == {"a", "b"}
    clock.now += 31
    assert exposures.shown("u", []) == {"b"}
    exposures.clear("u")
    assert exposures.shown("u", []) == set()


def test_a_table_is_a_view() -> None:
    source = opened("featurestore")
    conf = ItemStateDaoConf(feature_store_view_name="state", select_fields="stock")
    assert source.item_rows(conf).read(["a", "x"]).found == {"a": {"stock": 1}}
    assert source.item_list(dao("state"), "stock", "").ids() == {"1", "0"}
    with pytest.raises(InvalidConfig, match="WhereClause"):
        source.item_rows(conf.replace(where_clause="stock = 1"))
    source.close()  # type: ignore[attr-defined]
