"""The user's properties."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.features import Loaded, UserView, request_properties
from pairec_cli.engine.sections import FeatureDao, FeatureLoad
from tests.engine.stores import MemoryFeatures, dao, resources

USERS = MemoryFeatures({"users": {"1": {"age": 41, "city": "Rome", "tags": None}}})


def view(**keys: Any) -> UserView:
    conf = decode(FeatureDao, {**dao("users"), "FeatureKey": "user:uid", **keys}, "", Findings())
    return UserView.from_config(FeatureLoad(conf), resources())


def test_a_request_brings_its_features_without_empty_texts() -> None:
    features = {"age": 0, "city": "", "tags": [], "uid": "other", "gender": None}
    assert request_properties("u1", features) == {"age": 0, "tags": [], "gender": None, "uid": "u1"}


def test_a_row_becomes_properties_and_null_takes_one_away() -> None:
    user: dict[str, object] = {"uid": "1", "tags": "from the request", "net": "wifi"}
    assert view().load(user, USERS) == Loaded(3)
    assert user == {"uid": "1", "age": 41, "city": "Rome", "net": "wifi"}


def test_selected_columns_alone() -> None:
    user: dict[str, object] = {"uid": "1"}
    assert view(UserSelectFields="city").load(user, USERS) == Loaded(1)
    assert user == {"uid": "1", "city": "Rome"}
    assert view(UserSelectFields="*").columns == ()
    assert view(UserSelectFields="city, age").columns == ("city", "age")


def test_the_key_may_be_another_property() -> None:
    user: dict[str, object] = {"uid": "9", "account": 1}
    assert view(FeatureKey="user:account").load(user, USERS) == Loaded(3)
    assert user["city"] == "Rome"


@pytest.mark.parametrize(
    ("keys", "uid", "reason", "unknown"),
    [
        ({}, "2", "view 'users' does not know 2", True),
        ({"FeatureKey": "user:account"}, "1", "the user has no property 'account'", False),
        (
            {"FeatureStoreViewName": "userz"},
            "1",
            "feature view 'userz' does not exist; did you mean 'users'?",
            False,
        ),
    ],
)
def test_nothing_found_has_its_reason(keys: dict[str, Any], uid: str, reason: str, unknown: bool) -> None:
    user: dict[str, object] = {"uid": uid}
    assert view(**keys).load(user, USERS) == Loaded(0, reason, unknown)
    assert user == {"uid": uid}


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"AdapterType": "hologres"}, "FeatureDaoConf.AdapterType"),
        ({"FeatureKey": "item:id"}, "FeatureDaoConf.FeatureKey"),
        ({"FeatureKey": "uid"}, "FeatureDaoConf.FeatureKey"),
        ({"FeatureStore": "item"}, "FeatureDaoConf.FeatureKey"),
    ],
)
def test_sources_that_are_not_served_are_refused(keys: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        view(**keys)
    assert [problem.path for problem in caught.value.problems] == [path]
