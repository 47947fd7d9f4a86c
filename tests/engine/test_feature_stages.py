"""Features of items and of the user, loaded after the recalls."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.feature_stages import feature_stage
from pairec_cli.engine.sections import FeatureLoad, SceneFeatures, with_transforms
from pairec_cli.online.memory import MemoryTable
from tests.engine.stores import MemoryFeatures, dao, resources, sources

VIEWS = MemoryFeatures({"items": {"a": {"price": 1, "title": None}}, "users": {"u": {"age": 41}}})
TABLE = MemoryTable("create table t(brand text, country text)", [["x", "it"]])
BY_VIEW = {**dao("items"), "FeatureKey": "item:id", "FeatureStore": "item"}
DOUBLE = {
    "FeatureType": "new_feature",
    "FeatureStore": "item",
    "FeatureName": "double",
    "Normalizer": "expression",
    "Expression": "price * 2",
}
HOUR = {"FeatureType": "new_feature", "FeatureName": "k", "Normalizer": "const_value", "FeatureValue": "v"}


def stage(dao: dict[str, Any], *features: dict[str, Any]) -> Any:
    conf = decode(
        SceneFeatures,
        {"FeatureLoadConfs": [{"FeatureDaoConf": dao, "Features": list(features)}]},
        "",
        Findings(),
    )
    (load,) = with_transforms("FeatureConfs", {"home": conf}, Findings())["home"].feature_load_confs
    return feature_stage(load, resources(VIEWS).replace(sources=sources(t=TABLE)))


def run(stage: Any, *items: Item) -> RequestContext:
    context = RequestContext(RecommendRequest("u", "home"), {"uid": "u"})
    assert stage.apply(list(items), context) == list(items)
    return context


def test_every_item_takes_its_row_and_the_transforms_follow() -> None:
    known, unknown = Item("a", properties={"title": "kept"}), Item("b", properties={"price": 3})
    made = stage(BY_VIEW, DOUBLE, HOUR)
    context = run(made, known, unknown)
    assert made.name == "items"
    assert known.properties == {"title": "kept", "price": 1, "double": 2.0}
    assert unknown.properties == {"price": 3, "double": 6.0}
    assert context.user == {"uid": "u", "k": "v"}
    assert context.notes == []


def test_the_key_may_be_another_property_of_the_item() -> None:
    conf = {"AdapterType": "hologres", "HologresTableName": "t", "ItemFeatureKeyName": "brand"}
    made = stage({**conf, "FeatureKey": "item:b", "FeatureStore": "item", "ItemSelectFields": "country"})
    one, other = Item("1", properties={"b": "x"}), Item("2")
    run(made, one, other)
    assert (made.name, one.properties, other.properties) == ("hologres t", {"b": "x", "country": "it"}, {})


def test_features_of_the_user_come_late_too() -> None:
    context = run(stage({**dao("users"), "FeatureKey": "user:uid"}, HOUR), Item("a"))
    assert context.user == {"uid": "u", "age": 41, "k": "v"}


def test_transforms_need_no_source() -> None:
    item = Item("a", properties={"price": 2})
    run(stage({}, DOUBLE), item)
    assert item.properties["double"] == 4.0


@pytest.mark.parametrize(
    ("dao", "note"),
    [
        ({**BY_VIEW, "FeatureStoreViewName": "gone"}, "feature view 'gone' does not exist"),
        ({**dao("gone"), "FeatureKey": "user:uid"}, "feature view 'gone' does not exist"),
        (
            {
                "AdapterType": "hologres",
                "HologresTableName": "gone",
                "ItemFeatureKeyName": "id",
                "FeatureKey": "item:id",
                "FeatureStore": "item",
            },
            "no such table",
        ),
    ],
)
def test_a_source_that_fails_is_noted_and_costs_nothing_else(dao: dict[str, Any], note: str) -> None:
    item = Item("a", properties={"price": 2})
    context = run(stage(dao, DOUBLE), item)
    assert item.properties["double"] == 4.0
    assert context.notes[0].startswith("features are missing: ")
    assert note in context.notes[0]


@pytest.mark.parametrize(
    ("dao", "path"),
    [
        ({**BY_VIEW, "FeatureKey": "item:"}, "FeatureDaoConf.FeatureKey"),
        ({**BY_VIEW, "FeatureStore": "user"}, "FeatureDaoConf.FeatureKey"),
        ({}, "FeatureDaoConf.AdapterType"),
    ],
)
def test_what_cannot_be_read_is_refused(dao: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        stage(dao)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_wrong_transform_is_refused_with_its_path() -> None:
    with pytest.raises(InvalidConfig) as caught:
        stage(BY_VIEW, DOUBLE, {"FeatureType": "new_featur"})
    assert [problem.path for problem in caught.value.problems] == ["Features[1].FeatureType"]
    findings = Findings()
    load = FeatureLoad(features=({"FeatureName": 3}, "x"))
    with_transforms("FeatureConfs", {"home": SceneFeatures((load,))}, findings)
    start = "FeatureConfs.home.FeatureLoadConfs[0].Features"
    assert [problem.path for problem in findings.problems] == [f"{start}[0].FeatureName", f"{start}[1]"]
