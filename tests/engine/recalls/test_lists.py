"""Lists under keys, from a view and from a data source."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.recalls.lists import Place, open_lists
from pairec_cli.online.memory import MemoryTable
from tests.engine.stores import MemoryFeatures, resources, sources

TABLE = MemoryTable(
    "create table t(item_id int, similar text)", [[1, "a:1"], [1, "b:2"], [2, ""], [3, None], [4, "c:1"]]
)
PLACE = Place("item_id", "similar", "t", "v", ("similar", "item_ids"))


def test_one_key_of_a_table() -> None:
    lists = open_lists("X", DaoConf("hologres"), PLACE, resources().replace(sources=sources(t=TABLE)))
    assert lists.remote
    assert lists.one("1") == ("a:1,b:2", "")
    assert lists.one("2") == ("", "the list of '2' in hologres t is empty")
    assert lists.one("9") == ("", "hologres t has no key '9'")


def test_many_keys_come_in_the_order_asked_for() -> None:
    lists = open_lists("X", DaoConf("mysql"), PLACE, resources().replace(sources=sources(t=TABLE)))
    assert list(lists.many(["4", "1", "9", "4", "3"]).items()) == [("4", "c:1"), ("1", "a:1,b:2")]


def test_a_view_has_the_list_under_one_of_several_names() -> None:
    features = MemoryFeatures({"v": {"1": {"item_ids": "a"}, "2": {"similar": None}, "3": {"x": "b"}}})
    dao = DaoConf(adapter_type="FeatureStore", feature_store_name="fs")
    lists = open_lists("X", dao, PLACE, resources(features))
    assert not lists.remote
    assert lists.many(["3", "2", "1"]) == {"1": "a"}
    assert lists.one("3") == ("", "view 'v' has no column 'similar'")


@pytest.mark.parametrize(
    ("dao", "path"),
    [
        (DaoConf(), "X.AdapterType"),
        (DaoConf("hbase"), "X.AdapterType"),
        (DaoConf(adapter_type="featurestore", feature_store_name="other"), "X.FeatureStoreName"),
    ],
)
def test_a_source_that_is_not_served_is_refused(dao: DaoConf, path: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        open_lists("X", dao, PLACE, resources().replace(sources=sources()))
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_table_name_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="is not the name of a table"):
        place = Place("item_id", table="t; drop table t")
        open_lists("X", DaoConf("hologres"), place, resources().replace(sources=sources(t=TABLE)))
