"""UserCustomRecall."""

from __future__ import annotations

from pairec_cli.online.memory import MemoryTable
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import custom, lists, sources


class TestUserCustomRecall(RecallContract):
    kind = "UserCustomRecall"
    conf = custom("own", view="u2i")
    features = lists(u2i={"u1": "a::0.5,b:other:0.9,c,d:third", "u2": "z::1"})

    def test_entries_in_stored_order_with_their_recall_and_score(self) -> None:
        assert self.given() == [
            ("a", "own", 0.5),
            ("b", "other", 0.9),
            ("c", "own", 0.0),
            ("d", "third", 0.0),
        ]

    def test_each_user_has_a_list(self) -> None:
        assert [item.id for item in self.make().recall(context("u2")).items] == ["z"]
        recalled = self.make().recall(context("u3"))
        assert (list(recalled.items), recalled.reason) == ([], "view 'u2i' has no key 'u3'")

    def test_the_cut_keeps_the_best(self) -> None:
        """Here: what is stored first, whatever its score."""
        assert [item for item, _, _ in self.given(lists(u2i={"u1": "a,b::1,c::2"}), RecallCount=2)] == [
            *"ab",
        ]

    def test_redis_holds_the_same_text_under_prefix_and_id(self) -> None:
        dao = {"AdapterType": "redis", "RedisName": "r", "RedisPrefix": "rec_"}
        recall = self.make(DaoConf=dao, sources=sources(strings={"rec_u1": "x::0.2,y"}))
        assert [(i.id, i.score) for i in recall.recall(context()).items] == [("x", 0.2), ("y", 0.0)]
        assert recall.recall(context("u2")).reason == "redis rec_ has no key 'u2'"
        assert recall.remote

    def test_rows_of_one_user_are_one_list(self) -> None:
        table = MemoryTable(
            "create table t(user_id text, item_ids text)", [["u1", "a"], ["u1", None], ["u1", "b"]]
        )
        dao = {"AdapterType": "hologres", "HologresTableName": "t"}
        recall = self.make(DaoConf=dao, sources=sources(t=table))
        assert [item.id for item in recall.recall(context()).items] == ["a", "b"]
