"""RealTimeU2IRecall."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.online.memory import MemoryTable
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import MemoryFeatures, dao, sources

TRIGGERS = dao("act", Limit=10, WeightExpression="1", EventWeight="buy:5")
VIEWS = MemoryFeatures(
    {
        "act": {
            "u1": {"item_id": "a,b", "event": "buy,click", "timestamp": "9,8"},
            "u2": {"item_id": "q", "event": "", "timestamp": ""},
        },
        "i2i": {
            "a": {"similar_item_ids": "x:0.5,y:r:0.25,null:1,bare"},
            "b": {"similar_item_ids": "x:4,z:1,y: bad "},
        },
    }
)


def conf(**keys: Any) -> dict[str, Any]:
    return {"UserTriggerDaoConf": TRIGGERS, "Item2ItemFeatureViewName": "i2i", **keys}


class TestRealTimeU2IRecall(RecallContract):
    kind = "RealTimeU2IRecall"
    conf: ClassVar[dict[str, Any]] = {"RecallCount": 10, "RealTimeUser2ItemDaoConf": conf()}
    features = VIEWS

    def test_the_best_of_several_triggers_counts(self) -> None:
        assert self.given() == [("x", "own", 4.0), ("y", "own", 1.25), ("z", "own", 1.0)]

    def test_triggers_in_turn(self) -> None:
        found = self.given(RealTimeUser2ItemDaoConf=conf(MergeMode="snake"))
        assert found == [("x", "own", 2.5), ("y", "own", 1.25), ("z", "own", 1.0)]

    def test_without_similar_items_the_triggers_themselves(self) -> None:
        found = self.given(RealTimeUser2ItemDaoConf=conf(Item2ItemFeatureViewName=""))
        assert found == [("a", "own", 5.0), ("b", "own", 1.0)]

    def test_an_empty_answer_has_its_reason(self) -> None:
        assert self.make().recall(context("u9")).reason == "the user has no triggers"
        assert self.make().recall(context("u2")).reason == "nothing is similar to 1 triggers"

    def test_another_column_of_a_table(self) -> None:
        tables = {
            "act": MemoryTable(
                "create table act(user_id text, item_id text, event text, timestamp int8)",
                [["u1", "a", "buy", 1]],
            ),
            "i2i": MemoryTable("create table i2i(item_id text, alike text)", [["a", "x:0.5"]]),
        }
        trigger = {**TRIGGERS, "AdapterType": "mysql", "MysqlTable": "act", "NoUsePlayTimeField": True}
        keys = conf(UserTriggerDaoConf=trigger, Item2ItemTable="i2i", SimilarItemIdField="alike")
        made = self.make(sources=sources(**tables), RealTimeUser2ItemDaoConf=keys)
        assert made.remote
        assert [(item.id, item.score) for item in made.recall(context()).items] == [("x", 2.5)]
