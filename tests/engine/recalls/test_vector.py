"""VectorRecall."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.recalls.vector import VectorRecall, vector_of
from pairec_cli.online.vectors import Vectors
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, dao, resources, sources

USERS = {"u1": "2,1", "u2": "1:0.5 2:-1", "u3": "1,2,3", "u4": "x", "u5": ""}


class TestVectorRecall(RecallContract):
    kind = "VectorRecall"
    conf: ClassVar[dict[str, Any]] = {"RecallCount": 4, "RecallAlgo": "items", "DaoConf": dao("users")}
    features = MemoryFeatures({"users": {uid: {"embedding": text} for uid, text in USERS.items()}})

    @pytest.fixture(autouse=True)
    def _index(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        Vectors(tmp_path).publish("items", list("abcd"), np.array([[1, 0], [0, 1], [1, 1], [-1, 0]], "f4"))

    def make(self, features: MemoryFeatures | None = None, **keys: Any) -> Any:
        found = {**self.conf, **keys}
        made = resources(self.features if features is None else features).replace(
            vectors=str(self.folder), sources=found.pop("sources", sources())
        )
        return VectorRecall("own", decode(VectorRecall.Config, found, "", Findings()), made)

    def test_nearest_first(self) -> None:
        assert self.given() == [("c", "own", 3.0), ("a", "own", 2.0), ("b", "own", 1.0), ("d", "own", -2.0)]
        assert [item.id for item in self.make(RecallCount=1).recall(context("u2")).items] == ["a"]

    @pytest.mark.parametrize(
        ("uid", "reason"),
        [
            ("u4", "the user's vector cannot be read"),
            ("u5", "its list in view 'users' is empty"),
            ("u9", "view 'users' has no key 'u9'"),
        ],
    )
    def test_an_empty_answer_has_its_reason(self, uid: str, reason: str) -> None:
        recalled = self.make().recall(context(uid))
        assert (list(recalled.items), recalled.reason) == ([], reason)

    def test_vectors_of_users_in_redis(self) -> None:
        conf = {"AdapterType": "redis", "RedisPrefix": "v_"}
        recall = self.make(DaoConf=conf, sources=sources({"v_u1": "1:0 2:1"}), RecallCount=2)
        assert [item.id for item in recall.recall(context()).items] == ["b", "c"]
        assert recall.remote

    def test_an_index_must_be_named(self) -> None:
        with pytest.raises(InvalidConfig, match="RecallAlgo"):
            self.make(RecallAlgo="")


@pytest.mark.parametrize(
    ("text", "vector"),
    [
        ("0.1,0.2", [0.1, 0.2]),
        ("[0.1, 0.2]", [0.1, 0.2]),
        ("1:0.1 2:0.2\n", [0.1, 0.2]),
        ("-1e3", [-1000.0]),
        ("", None),
        (" ", None),
        ("1,x", None),
    ],
)
def test_texts_of_vectors(text: str, vector: list[float] | None) -> None:
    assert vector_of(text) == vector
