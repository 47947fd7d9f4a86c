"""UserGroupHotRecall."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.recalls.user_group_hot import COMBINATIONS
from tests.engine.recalls.contract import RecallContract, context
from tests.engine.stores import dao, lists


def user(**properties: object) -> RequestContext:
    return RequestContext(RecommendRequest("u1", "home"), {"uid": "u1", **properties})


class TestUserGroupHotRecall(RecallContract):
    kind = "UserGroupHotRecall"
    conf: ClassVar[dict[str, Any]] = {
        "RecallCount": 10,
        "Triggers": [{"TriggerKey": "likes"}],
        "DaoConf": dao("hot"),
    }
    features = lists(hot={"NULL": "x::1,y:r:3,z", "p": "x::1", "q": "y::2,z::0.5", "e": ""})

    def test_a_recall_count_of_zero_gives_nothing_and_says_so(self) -> None:
        """Here it means no cut."""
        recalled = self.make(RecallCount=0).recall(context())
        assert ([item.id for item in recalled.items], recalled.reason) == (["y", "x", "z"], "")

    def test_the_lists_of_all_groups_best_first(self) -> None:
        items = self.make().recall(user(likes=["p", "q", "other"])).items
        assert [(item.id, item.score) for item in items] == [("y", 2.0), ("x", 1.0), ("z", 0.5)]

    def test_an_empty_answer_has_its_reason(self) -> None:
        assert self.make().recall(user(likes="gone")).reason == "view 'hot' has no key 'gone'"
        assert self.make().recall(user(likes="e")).reason == "its list in view 'hot' is empty"

    def test_a_user_of_very_many_groups_is_cut_short(self) -> None:
        likes = [f"g{n}" for n in range(COMBINATIONS + 5)]
        features = lists(hot={likes[0]: "first", likes[-1]: "last"})
        assert [item.id for item in self.make(features).recall(user(likes=likes)).items] == ["first"]
