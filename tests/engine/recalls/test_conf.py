"""The data source of a recall is checked when the engine is built."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.recalls.conf import require_view
from tests.engine.stores import resources


def test_a_view_of_a_configured_feature_store() -> None:
    assert require_view("DaoConf", "featurestore", "fs", "u2i", resources()) == "u2i"
    assert require_view("DaoConf", "FeatureStore", "", "u2i", resources()) == "u2i"


@pytest.mark.parametrize(
    ("adapter", "store", "view", "path", "message"),
    [
        ("hologres", "fs", "u2i", "DaoConf.AdapterType", "allowed: featurestore"),
        ("", "fs", "u2i", "DaoConf.AdapterType", "allowed: featurestore"),
        ("featurestore", "fz", "u2i", "DaoConf.FeatureStoreName", "did you mean 'fs'"),
        ("featurestore", "fs", "", "DaoConf.FeatureStoreViewName", "missing"),
    ],
)
def test_what_is_not_served_is_named(adapter: str, store: str, view: str, path: str, message: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        require_view("DaoConf", adapter, store, view, resources())
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message or store == "fz"
