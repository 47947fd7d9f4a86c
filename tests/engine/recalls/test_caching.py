"""Answers of a recall that are kept for a while."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import Recalled, RequestContext
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.decode import Findings, decode
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.recalls.caching import CachedRecall
from pairec_cli.engine.recalls.user_group_hot import UserGroupHotConf
from tests.engine.recalls.contract import context
from tests.engine.stores import MemoryFeatures, config, hot, lists, resources


class Counting:
    """Gives a new item every time, and none to user `nobody`."""

    name, title, remote = "own", "counts", True

    def __init__(self) -> None:
        self.asked = 0

    def recall(self, context: RequestContext) -> Recalled:
        self.asked += 1
        if context.uid == "nobody":
            return Recalled((), "nothing")
        return Recalled([Item(f"i{self.asked}", 0.5, "other", "video", None, {"hot_score": 0.5})])


def made(kind: str = "UserCustomRecall", **keys: Any) -> tuple[CachedRecall, Counting]:
    conf = decode(UserGroupHotConf, {"CacheAdapter": "localCache", **keys}, "", Findings())
    counting = Counting()
    return CachedRecall(counting, kind, conf), counting


def ids(recall: CachedRecall, context: RequestContext) -> list[str]:
    return [item.id for item in recall.recall(context).items]


def test_a_user_has_the_same_answer_until_its_time_is_over() -> None:
    recall, counting = made(CacheTime=60)
    now = [0.0]
    recall.cache.clock = lambda: now[0]
    assert [ids(recall, context("u")), ids(recall, context("v")), ids(recall, context("u"))] == [
        ["i1"],
        ["i2"],
        ["i1"],
    ]
    now[0] = 60.0
    assert ids(recall, context("u")) == ["i3"]
    assert (recall.name, recall.title, recall.remote, counting.asked) == ("own", "counts", True, 3)


def test_what_a_request_does_to_its_items_is_not_kept() -> None:
    recall, _ = made()
    for _ in range(3):
        (item,) = recall.recall(context()).items
        assert (item.score, item.retrieve_id, item.item_type) == (0.5, "other", "video")
        assert (item.properties, item.algo_scores) == ({}, {"hot_score": 0.5})
        item.score, item.retrieve_id = 9.0, "changed"
        item.properties["seen"], item.algo_scores["seen"] = 1, 1.0


def test_no_answer_is_not_kept() -> None:
    recall, counting = made()
    for _ in range(2):
        assert recall.recall(context("nobody")).reason == "nothing"
    assert counting.asked == 2


@pytest.mark.parametrize("kind", ["UserGlobalHotRecall", "ColdStartRecall"])
def test_one_answer_for_all(kind: str) -> None:
    recall, _ = made(kind)
    assert ids(recall, context("u")) == ids(recall, context("v")) == ["i1"]


def test_an_answer_for_an_item_and_for_a_group() -> None:
    recall, _ = made("ItemCollaborativeFilterRecall")
    assert ids(recall, context("u", item_id="a")) == ids(recall, context("v", item_id="a")) == ["i1"]
    assert ids(recall, context("u", item_id="b")) == ["i2"]
    recall, _ = made("UserGroupHotRecall", Triggers=[{"TriggerKey": "sex"}])
    women = [RequestContext(RecommendRequest(uid, "home"), {"uid": uid, "sex": "f"}) for uid in "uv"]
    assert [ids(recall, one) for one in women] == [["i1"], ["i1"]]
    assert ids(recall, context("w")) == ["i2"]


def test_the_configuration_turns_it_on_and_says_what_has_no_effect() -> None:
    views = lists(hot={"-1": "a::1"})
    kept = EngineConfig.read(config(hot("hot", CacheAdapter="localCache", CacheTime=60)))
    planner = Planner(kept, resources(views))
    assert kept.warnings == ()
    for text in ("a::1", "b::1"):
        views.views["hot"]["-1"]["item_ids"] = text  # type: ignore[index]
        assert [item.id for item in planner.recalls["hot"].recall(context()).items] == ["a"]
    plain = EngineConfig.read(config(hot("hot", CacheAdapter="redis", CacheConfig="{}")))
    assert {warning.path for warning in plain.warnings} == {
        "RecallConfs[0].CacheAdapter",
        "RecallConfs[0].CacheConfig",
    }
    assert not isinstance(Planner(plain, resources(MemoryFeatures())).recalls["hot"], CachedRecall)
