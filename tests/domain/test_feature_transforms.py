"""Features[]: each type and normalizer."""

from __future__ import annotations

import time
from random import Random
from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.feature_transforms import FeatureConf, FeatureTransform
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext


def transform(type: str, name: str = "new", source: str = "", **keys: Any) -> tuple[Any, Any]:
    """The item's and the user's properties after one transform; None for those that stayed."""
    item = Item("a", 0.5, "hot", properties={"cat": "x", "price": 7.9, "ok": True})
    user: dict[str, object] = {"uid": "u1", "age": 20.0}
    context = RequestContext(RecommendRequest("u1", "home"), user, Random(1))
    before = (dict(item.properties), dict(user))
    conf = FeatureConf(type, name, source, **{"feature_store": "item", **keys})
    FeatureTransform(conf).apply(item, context)
    after = (item.properties, user)
    return tuple(new if new != old else None for new, old in zip(after, before, strict=True))  # type: ignore[return-value]  # two of them


ITEM = {"cat": "x", "price": 7.9, "ok": True}
USER = {"uid": "u1", "age": 20.0}
TO_USER = {"feature_store": "user"}


@pytest.mark.parametrize(
    ("source", "value"),
    [("item:cat", "x"), ("item:price", "7"), ("item:ok", ""), ("item:absent", ""), ("user:age", "20")],
)
def test_a_raw_feature_is_a_text(source: str, value: str) -> None:
    assert transform("raw_feature", source=source) == ({**ITEM, "new": value}, None)


def test_a_raw_feature_may_remove_its_source_and_a_value_is_a_source_too() -> None:
    removed = transform("raw_feature", source="item:cat", remove_feature_source=True)
    assert removed == ({"price": 7.9, "ok": True, "new": "x"}, None)
    removed = transform("raw_feature", source="user:age", remove_feature_source=True)
    assert removed == ({**ITEM, "new": "20"}, {"uid": "u1"})
    assert transform("raw_feature", source="item:cat", feature_value="item:price")[0]["new"] == "7"
    assert transform("raw_feature", source="cat") == (None, None)


def test_without_a_store_the_user_takes_it() -> None:
    assert transform("raw_feature", source="user:age", feature_store="") == (None, {**USER, "new": "20"})


def test_composed_features() -> None:
    assert transform("compose_feature", source="item:cat,user:age") == ({**ITEM, "new": "new_x_20"}, None)
    assert transform("compose_feature", source="user:uid,user:age", **TO_USER) == (
        None,
        {**USER, "new": "_u1_20"},
    )


def test_batches_pair_names_with_sources() -> None:
    made = transform("batch_raw_feature", "one,two", "item:cat,user:age")
    assert made == ({**ITEM, "one": "x", "two": "20"}, None)
    assert transform("batch_raw_feature", "one,two", "item:cat") == (None, None)


def test_deletion() -> None:
    assert transform("delete_feature", source="item:cat,price,absent") == ({"ok": True}, None)
    assert transform("delete_feature", source="age", **TO_USER) == (None, {"uid": "u1"})


@pytest.mark.parametrize(
    ("normalizer", "expression", "source", "value"),
    [
        ("expression", "price * 2", "", 15.8),
        ("expression", "recall_score > 0.4", "", 1),
        ("expression", "price > 100", "item:price", 0),
        ("expression", "recall_name", "item:recall_name", "hot"),
        ("expression", "age + 1", "user:age", 21.0),
        ("expression", "absent + 1", "", ""),
        ("expression", "price +", "", ""),
        ("expr", "item.cat + user.uid", "", "xu1"),
        ("expr", "recall_name", "", "hot"),
        ("const_value", "", "green", "green"),
    ],
)
def test_new_features(normalizer: str, expression: str, source: str, value: object) -> None:
    made = transform("new_feature", source=source, normalizer=normalizer, expression=expression)
    assert made == ({**ITEM, "new": value}, None)


def test_new_features_of_the_user_and_without_a_normalizer() -> None:
    made = transform("new_feature", source="green", normalizer="const_value", **TO_USER)
    assert made == (None, {**USER, "new": "green"})
    assert transform("new_feature") == (None, None)
    assert transform("new_feature", normalizer="unknown") == (None, None)


def test_the_clock_and_chance() -> None:
    now = time.localtime()
    for normalizer, at in (("month", now.tm_mon), ("weekday", now.tm_wday), ("hour_in_day", now.tm_hour)):
        made, _ = transform("new_feature", normalizer=normalizer)
        assert made["new"] in (at, at + 1, 0, 1), "the clock may have turned meanwhile"
    week, _ = transform("new_feature", normalizer="week")
    assert 1 <= week["new"] <= 53
    drawn, _ = transform("new_feature", normalizer="random")
    assert drawn["new"] == Random(1).randrange(100)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="FeatureType: 'raw_featur' is not served; did you mean"):
        FeatureTransform(FeatureConf("raw_featur"))


@pytest.mark.parametrize(
    ("conf", "keys"),
    [
        (FeatureConf(normalizer="expresion"), ["Normalizer"]),
        (FeatureConf(normalizer="expression", expression="1 +"), ["Expression"]),
        (FeatureConf(normalizer="expr", expression="1 + 1"), []),
        (FeatureConf(), []),
    ],
)
def test_what_makes_nothing_is_doubted(conf: FeatureConf, keys: list[str]) -> None:
    assert [key for key, _, _ in conf.doubts()] == keys
