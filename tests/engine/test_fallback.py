"""The list that answers when a scene's own answer is late, or short."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.fallback import Fallback, FallbackConf
from tests.engine.stores import MemoryFeatures, config, custom, lists, resources, store

LIST = "x::0.5,y:r:0.9,z,x::9"


def fallback(features: MemoryFeatures | None = None, **keys: Any) -> Fallback:
    return Fallback(FallbackConf(feature_store_view_name="hot", **keys), resources(features))


class Held:
    """A recall that answers when it is let go."""

    Config: ClassVar[type[Record]] = Record
    title, remote = "held", False
    go = threading.Event()

    def __init__(self, name: str, config: Record, resources: Resources) -> None:
        self.name = name

    def recall(self, context: RequestContext) -> Recalled:
        assert self.go.wait(30)
        return Recalled([Item("late")])


def test_the_list_as_it_is_stored() -> None:
    items, reason = fallback(lists(hot={"-1": LIST})).items(())
    assert [(item.id, item.score, item.retrieve_id) for item in items] == [
        ("x", 0.5, "Fallback"),
        ("y", 0.9, "r"),
        ("z", 0.0, "Fallback"),
    ]
    assert reason == ""


def test_items_of_the_request_come_first() -> None:
    given = [
        {"item_id": "own"},
        {"item_id": "z", "score": 3},
        {"item_id": 7, "score": 1},
        {"item_id": "x"},
        {},
    ]
    items, _ = fallback(lists(hot={"-1": LIST})).items(given)
    assert [(item.id, item.score) for item in items] == [
        ("z", 3.0),
        ("x", 0.5),
        ("own", 0.0),
        ("7", 1.0),
        ("y", 0.9),
    ]


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        (lists(), "feature view 'hot' does not exist"),
        (lists(hot={}), "view 'hot' has no list under '-1'"),
        (lists(hot={"-1": ""}), "view 'hot' has no list under '-1'"),
    ],
)
def test_no_list_has_its_reason_and_the_requests_items_stand(features: MemoryFeatures, reason: str) -> None:
    items, why = fallback(features).items([{"item_id": "own"}])
    assert ([item.id for item in items], why) == (["own"], reason)


def test_completing_adds_what_is_not_there() -> None:
    chosen = [Item("y"), Item("q")]
    assert fallback(lists(hot={"-1": LIST})).complete(chosen, 3, ()) == 1
    assert [item.id for item in chosen] == ["y", "q", "x"]
    assert fallback(lists(hot={"-1": LIST})).complete(chosen, 9, ()) == 1


def test_work_that_fails_fails_and_work_in_time_is_heard() -> None:
    def torn() -> None:
        raise DataError("torn")

    for one in (fallback(), fallback(timeout=60_000)):
        assert one.in_time(lambda: 5) == 5
        with pytest.raises(DataError, match="torn"):
            one.in_time(torn)
        one.close()


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def scene(folder: Path, *recalls: dict[str, Any], **keys: Any) -> Engine:
    conf = config(*recalls)
    conf["SceneConfs"]["home"]["default"]["FallbackConfig"] = {
        "FeatureStoreName": "fs",
        "FeatureStoreViewName": "hot",
        **keys,
    }
    return Engine.from_config(conf, store(_made(folder), u2i={"1": "a::2,x::1"}, hot={"-1": LIST}))


def test_a_late_answer_is_the_list(tmp_path: Path) -> None:
    held = {"Name": "held", "RecallType": f"{Held.__module__}:Held"}
    with scene(tmp_path, held, Timeout=20) as engine:
        response = engine.recommend(RecommendRequest("1", "home", 2))
        Held.go.set()
    assert [(item.item_id, item.retrieve_id) for item in response.items] == [("x", "Fallback"), ("y", "r")]
    assert response.code == 200
    assert response.notes == ["no answer within 20 ms: the fallback list answers"]
    assert [(row.stage, row.left) for row in response.trace] == [("fallback", 2)]


def test_a_short_answer_is_completed_where_asked_for(tmp_path: Path) -> None:
    with scene(tmp_path / "a", custom("u2i"), CompleteItemsIfNeed=True, Timeout=60_000) as engine:
        response = engine.recommend(RecommendRequest("1", "home", 4))
    assert [item.item_id for item in response.items] == ["a", "x", "y", "z"]
    assert (response.code, response.trace[-1].stage, response.trace[-1].left) == (200, "fallback", 4)
    with scene(tmp_path / "b", custom("u2i")) as engine:
        response = engine.recommend(RecommendRequest("1", "home", 4))
    assert ([item.item_id for item in response.items], response.code) == (["a", "x"], 299)


def test_a_store_that_is_not_configured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"SceneConfs\.home\.default\.FallbackConfig\.FeatureStoreName"):
        scene(tmp_path, custom("u2i"), FeatureStoreName="other")


class Loaded:
    """A recall whose model takes longer to load than an answer may take, and is then only half there."""

    Config: ClassVar[type[Record]] = Record
    title, remote = "loaded", False

    def __init__(self, name: str, config: Record, resources: Resources) -> None:
        self.name, self.there = name, False

    def load(self) -> None:
        time.sleep(0 if self.there else 0.6)
        self.there = True
        raise DataError("only half of it is there")

    def recall(self, context: RequestContext) -> Recalled:
        with suppress(DataError):
            self.load()
        return Recalled([Item("own")])


def test_the_time_to_load_a_model_does_not_count(tmp_path: Path) -> None:
    loaded = {"Name": "loaded", "RecallType": f"{Loaded.__module__}:Loaded"}
    with scene(tmp_path, loaded, Timeout=500) as engine:
        response = engine.recommend(RecommendRequest("1", "home", 1))
    assert [item.item_id for item in response.items] == ["own"]
