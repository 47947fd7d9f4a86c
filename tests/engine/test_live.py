"""Real sources for cases."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.live import PATIENCE, live_sources, without_state


@pytest.mark.parametrize(
    ("document", "left", "had"),
    [
        ({"id": "a", "state": {"tables": {"t": {}}}}, {"id": "a"}, True),
        ({"steps": [{"size": 1}, {"sql_before": ["delete from t"]}]}, {"steps": [{"size": 1}, {}]}, True),
        ({"state": {}, "steps": [{"sql_before": []}]}, {"steps": [{}]}, False),
        ({"steps": [3]}, {"steps": [3]}, False),
        ([], [], False),
    ],
)
def test_a_case_loses_the_content_of_its_own(document: Any, left: Any, had: bool) -> None:
    assert without_state(document) == (left, had)


def test_a_case_waits_longer_than_a_request_unless_the_configuration_says_how_long() -> None:
    config = {
        "RedisConfs": {"r": {"ReadTimeout": 7}},
        "HologresConfs": {
            "h": {"DSN": "postgres://u@h/d"},
            "own": {"DSN": "postgres://u@h/d", "ReadTimeout": 9},
        },
        "TableStoreConfs": {"t": {}},
    }
    with live_sources(config, None) as sources:
        found = sources.connections
        assert (found.redis["r"].read_timeout, found.redis["r"].connect_timeout) == (7, PATIENCE)
        assert (found.hologres["h"].read_timeout, found.hologres["own"].read_timeout) == (PATIENCE, 9)
        assert found.table_store["t"].read_timeout == PATIENCE


def test_without_a_workspace_there_is_no_embedded_store() -> None:
    with (
        live_sources({"FeatureStoreConfs": {"fs": {}}}, None) as sources,
        pytest.raises(InvalidConfig, match="AdapterType: is the embedded store, which is in a workspace"),
    ):
        sources.open(DaoConf("featurestore", feature_store_name="fs"))
