"""OnlineVectorRecall."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from pairec_cli.domain.errors import InvalidConfig, PairecError
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.online_vector import OnlineVectorRecall
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, dao, resources
from tests.online.tower_folders import serve_tower

HISTORIES = {
    "u1": {"h__item_id": "a", "seen": "a,c"},
    "u2": {"h__item_id": None, "seen": None},
}


class TestOnlineVectorRecall(RecallContract):
    kind = "OnlineVectorRecall"
    conf: ClassVar[dict[str, Any]] = {
        "RecallCount": 4,
        "RecallAlgo": "home_dssm",
        "VectorAlgoType": "torchrec_vector",
        "DaoConf": dao("histories"),
    }
    features = MemoryFeatures({"histories": HISTORIES})

    @pytest.fixture(autouse=True)
    def _tower(self, tmp_path: Path) -> None:
        self.models = tmp_path / "models"
        serve_tower(self.models)

    def make(self, features: MemoryFeatures | None = None, **keys: Any) -> Any:
        conf = decode(OnlineVectorRecall.Config, {**self.conf, **keys}, "", Findings())
        made = resources(self.features if features is None else features).replace(models=str(self.models))
        return OnlineVectorRecall("own", conf, made)

    def ids(self, recall: Any, uid: str = "u1", **features: object) -> list[str]:
        asked = RequestContext(RecommendRequest(uid, "home", features=features), {"uid": uid, **features})
        return [item.id for item in recall.recall(asked).items]

    def test_nearest_first(self) -> None:
        assert self.given() == [("c", "own", 4.0), ("a", "own", 2.0), ("b", "own", 2.0), ("d", "own", -2.0)]

    def test_features_of_the_request_count(self) -> None:
        assert self.ids(self.make(), "new", boost=-1.0)[0] == "d"
        assert self.ids(self.make(), "new", boost=1.0)[:2] == ["a", "c"]

    def test_items_seen_are_left_out(self) -> None:
        assert self.ids(self.make(SeenField="seen", RecallCount=2)) == ["b", "d"]
        assert len(self.ids(self.make(SeenField="seen"), "u2")) == 4

    def test_scores_beside_the_best(self) -> None:
        found = self.make(Temperature=2.0).recall(context("u1")).items
        np.testing.assert_allclose([item.score for item in found], np.exp([0, -1, -1, -3]))

    def test_recent_events_lead_the_history(self) -> None:
        rows = {"u1": {"item_id": "d,b,d", "event": "click,expr,buy", "timestamp": "30,20,10"}}
        features = MemoryFeatures({"histories": HISTORIES, "events": rows})
        trigger = {**dao("events"), "Limit": 5, "NoUsePlayTimeField": True, "EventWeight": "click:1;buy:2"}
        keys = {"RealTimeUser2ItemDaoConf": {"UserTriggerDaoConf": trigger}, "SeenField": "seen"}
        recall = self.make(features, **keys)
        found = recall.recall(context("u1")).items
        assert [(item.id, item.score) for item in found] == [("b", 7.0)], "d is recent, a and c were seen"
        assert not recall.remote

    def test_without_a_model_it_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(PairecError, match="no model is in service"):
            self.make(RecallAlgo="other").recall(context("u1"))

    def test_a_model_must_be_named(self) -> None:
        with pytest.raises(InvalidConfig, match="RecallAlgo"):
            self.make(RecallAlgo="")

    def test_other_algorithm_types_are_told(self) -> None:
        conf = decode(OnlineVectorRecall.Config, {"VectorAlgoType": "torchrec_tdm"}, "", Findings())
        assert [path for path, *_ in conf.doubts()] == ["VectorAlgoType"]
