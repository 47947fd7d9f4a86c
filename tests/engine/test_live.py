"""Real sources for cases."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.domain.sources import DaoConf
from pairec_cli.engine.live import live_sources, refuse_own_state


@pytest.mark.parametrize(
    "document", [{"state": {"tables": {"t": {}}}}, {"steps": [{}, {"sql_before": ["delete from t"]}]}]
)
def test_a_case_with_content_of_its_own_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput, match="real sources are not filled from a case"):
        refuse_own_state(document)


@pytest.mark.parametrize("document", [{}, {"state": {}, "steps": [{"sql_before": []}]}, [], {"steps": [3]}])
def test_others_are_not(document: Any) -> None:
    refuse_own_state(document)


def test_without_a_workspace_there_is_no_embedded_store() -> None:
    with (
        live_sources({"FeatureStoreConfs": {"fs": {}}}, None) as sources,
        pytest.raises(InvalidConfig, match="AdapterType: is the embedded store, which is in a workspace"),
    ):
        sources.open(DaoConf("featurestore", feature_store_name="fs"))
