"""Rows that features are read from."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.feature_rows import ViewRows, source_rows
from pairec_cli.engine.sections import FeatureDao
from pairec_cli.online.memory import MemoryTable
from tests.engine.stores import MemoryFeatures, resources, sources

TABLE = MemoryTable("create table t(id text, price float8, title text)", [["a", 1.5, None], ["b", 2, "tea"]])
STRINGS = {
    "i_a": "price:1.5, title : tea ,broken",
    "i_b": '{"price": 2, "tags": ["x"], "gone": null}',
    "i_c": "[",
}
HOLOGRES = {"AdapterType": "hologres", "HologresTableName": "t"}
REDIS = {"AdapterType": "redis", "RedisPrefix": "i_"}


def rows(keys: dict[str, Any], key: str = "id", fields: str = "") -> Any:
    dao = decode(FeatureDao, keys, "", Findings())
    made = resources().replace(sources=sources(STRINGS, t=TABLE))
    return source_rows(dao, key, "ItemFeatureKeyName", fields, made)


def test_a_tables_columns_without_nulls() -> None:
    assert rows(HOLOGRES, fields="price as p, title").read(["a", "b", "x"]).found == {
        "a": {"p": 1.5},
        "b": {"p": 2.0, "title": "tea"},
    }


def test_redis_texts() -> None:
    assert rows(REDIS).read(["a", "x"]).found == {"a": {"price": "1.5", "title": " tea "}}
    found = rows({**REDIS, "RedisFieldType": "json"}).read(["b", "c"]).found
    assert found == {"b": {"price": 2, "tags": ["x"]}, "c": {}}


def test_a_views_columns_and_a_view_that_is_not_there() -> None:
    features = MemoryFeatures({"v": {"a": {"price": 1, "title": None, "more": 2}}})
    assert ViewRows(features, "v", ("price", "title", "none")).read(["a", "x"]).found == {"a": {"price": 1}}
    assert ViewRows(features, "v", ()).read(["a"]).found == {"a": {"price": 1, "more": 2}}
    read = ViewRows(features, "w", ()).read(["a"])
    assert read.unread == {"a"}
    assert "feature view 'w' does not exist" in read.reason


@pytest.mark.parametrize(
    ("keys", "key", "path"),
    [
        (HOLOGRES, "", "FeatureDaoConf.ItemFeatureKeyName"),
        (HOLOGRES, "a b", "FeatureDaoConf.ItemFieldName"),
        ({"AdapterType": "lindorm"}, "id", "FeatureDaoConf.AdapterType"),
        ({**REDIS, "RedisDataType": "hash"}, "id", "FeatureDaoConf.RedisDataType"),
    ],
)
def test_what_cannot_be_read_is_refused(keys: dict[str, Any], key: str, path: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        rows(keys, key)
    assert [problem.path for problem in caught.value.problems] == [path]
