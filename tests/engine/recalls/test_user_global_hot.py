"""UserGlobalHotRecall."""

from __future__ import annotations

from pairec_cli.engine.recalls.user_global_hot import HOT_SCORE
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, hot, lists


def scored(text: str) -> MemoryFeatures:
    return lists(hot={"-1": text})


class TestUserGlobalHotRecall(RecallContract):
    kind = "UserGlobalHotRecall"
    conf = hot("own", view="hot")
    features = scored("x::0.5,y::0.9,z:trend:0.7")

    def test_table_order_stands_and_the_score_is_also_the_hot_score(self) -> None:
        items = self.make().recall(context()).items
        assert [(item.id, item.retrieve_id, item.score) for item in items] == [
            ("x", "own", 0.5),
            ("y", "own", 0.9),
            ("z", "trend", 0.7),
        ]
        assert [item.algo_scores for item in items] == [{HOT_SCORE: 0.5}, {HOT_SCORE: 0.9}, {HOT_SCORE: 0.7}]

    def test_everybody_gets_the_same(self) -> None:
        recall = self.make()
        assert [i.id for i in recall.recall(context("u1")).items] == ["x", "y", "z"]
        assert [i.id for i in recall.recall(context("u999")).items] == ["x", "y", "z"]

    def test_without_scores_places_become_falling_scores_below_one(self) -> None:
        items = self.make(scored("x,y,z:trend,w")).recall(context()).items
        assert [(item.id, item.score) for item in items] == [("x", 0.75), ("y", 0.5), ("z", 0.25), ("w", 0.0)]
        assert all(HOT_SCORE not in item.algo_scores for item in items)

    def test_a_list_that_is_too_long_is_ordered_and_cut(self) -> None:
        assert [item for item, _, _ in self.given(RecallCount=2)] == ["y", "z"]
        items = self.make(scored("x,y::0.3,z::0.9,w"), RecallCount=3).recall(context()).items
        assert [(item.id, item.score, dict(item.algo_scores)) for item in items] == [
            ("z", 0.9, {HOT_SCORE: 0.9}),
            ("x", 0.75, {}),
            ("y", 0.3, {HOT_SCORE: 0.3}),
        ]

    def test_a_new_list_is_read(self) -> None:
        features = scored("x::0.5")
        recall = self.make(features)
        assert [item.id for item in recall.recall(context()).items] == ["x"]
        features.views["hot"] = {"-1": {"item_ids": "n::1,m::0.5"}}
        assert [item.id for item in recall.recall(context()).items] == ["n", "m"]

    def test_the_key_is_minus_one(self) -> None:
        recalled = self.make(lists(hot={"u1": "a"})).recall(context())
        assert (list(recalled.items), recalled.reason) == ([], "view 'hot' has no key '-1'")
