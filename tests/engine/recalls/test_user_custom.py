"""UserCustomRecall."""

from __future__ import annotations

from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import custom, lists


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

    def test_a_list_that_is_too_long_keeps_its_best(self) -> None:
        assert [item for item, _, _ in self.given(RecallCount=3)] == ["b", "a", "c"]
