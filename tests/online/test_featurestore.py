"""The embedded store as a data source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import InvalidConfig, NotFound
from pairec_cli.domain.sources import DaoConf, ExposureLimits, ItemStateDaoConf
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.featurestore import EmbeddedStore
from tests.filters.sources import Clock

DAO = DaoConf("featurestore", feature_store_view_name="v")
ROWS = ItemStateDaoConf("featurestore", feature_store_view_name="v")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> EmbeddedStore:
    return EmbeddedStore(FeatureDB(tmp_path / "featuredb.db"), clock)


def publish(store: EmbeddedStore, key: str, columns: list[str], *rows: tuple[object, ...]) -> None:
    store.featuredb.publish("v", key, columns, rows, ds="20260101", fingerprint="f")


def test_exposures_count_for_their_time_and_batches(store: EmbeddedStore, clock: Clock) -> None:
    log = store.exposures(DAO, ExposureLimits(2, 60))
    for batch in (["a"], ["b", "c"], ["d"], []):
        log.append("u", batch)
    assert log.shown("u", []) == {"b", "c", "d"}
    assert store.exposures(DAO, ExposureLimits()).shown("u", []) == {"a", "b", "c", "d"}
    clock.now += 60
    assert log.shown("u", []) == {"b", "c", "d"}
    clock.now += 1
    assert log.shown("u", []) == set()
    assert store.exposures(DAO, ExposureLimits()).shown("u", []) == set(), "their time is over for everybody"
    log.append("u", ["e"])
    log.clear("u")
    assert log.shown("u", []) == set()


def test_without_a_time_exposures_stay(store: EmbeddedStore, clock: Clock) -> None:
    log = store.exposures(DAO, ExposureLimits())
    log.append("u", ["a"])
    clock.now += 10**8
    assert log.shown("u", []) == {"a"}


def test_lists_of_users(store: EmbeddedStore) -> None:
    publish(store, "user_id", ["other", "item_ids"], ("u", "x", "a,, b"), ("v", "x", None))
    lists = store.user_lists(DAO)
    assert lists.ids("u", []) == {"a", " b"}
    assert lists.ids("v", []) == lists.ids("w", []) == set()
    publish(store, "user_id", ["listed"], ("u", "c"))
    assert lists.ids("u", []) == {"c"}, "without item_ids the first column"


def test_lists_of_items(store: EmbeddedStore) -> None:
    publish(store, "row", ["item_id"], ("1", "a"), ("2", 7), ("3", None))
    assert store.item_list(DAO, "", "").ids() == {"1", "2", "3"}
    assert store.item_list(DAO, "row", "").ids() == {"1", "2", "3"}
    assert store.item_list(DAO, "item_id", "").ids() == {"a", "7"}
    with pytest.raises(NotFound, match="column of view 'v' 'item' does not exist; did you mean 'item_id'"):
        store.item_list(DAO, "item", "").ids()


def test_rows_of_items(store: EmbeddedStore) -> None:
    publish(store, "item_id", ["state", "title"], ("a", 1, None), ("b", 0, "cup"))
    assert store.item_rows(ROWS).read(["a", "b", "c"]).found == {
        "a": {"state": 1},
        "b": {"state": 0, "title": "cup"},
    }
    picked = store.item_rows(ROWS.replace(select_fields=" title ,")).read(["a", "b"])
    assert picked.found == {"a": {}, "b": {"title": "cup"}}
    read = store.item_rows(ROWS.replace(select_fields="colour")).read(["a"])
    assert (read.unread, read.found) == ({"a"}, {})
    assert "colour" in read.reason


def test_a_view_that_is_not_published_leaves_items_unread(store: EmbeddedStore) -> None:
    read = store.item_rows(ROWS).read(["a"])
    assert read.unread == {"a"}
    assert "feature view 'v' does not exist" in read.reason
    with pytest.raises(NotFound):
        store.user_lists(DAO).ids("u", [])


def test_texts_under_keys(store: EmbeddedStore) -> None:
    publish(store, "k", ["item_ids"], ("a", "x:1"), ("b", None))
    assert store.key_values(DAO, "k", "item_ids").get_many(["a", "b", "c"]) == {"a": ["x:1"]}


def test_what_views_do_not_have_is_refused(store: EmbeddedStore) -> None:
    with pytest.raises(InvalidConfig, match="FeatureStoreViewName: is missing"):
        store.exposures(DaoConf("featurestore"), ExposureLimits())
    with pytest.raises(InvalidConfig, match="WhereClause: is SQL"):
        store.item_rows(ROWS.replace(where_clause="state = 1"))
    with pytest.raises(InvalidConfig, match="WhereClause: is SQL"):
        store.item_list(DAO, "", "state = 1")
