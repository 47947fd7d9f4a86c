"""MockRecall."""

from __future__ import annotations

from random import Random

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.mock import MockRecall
from tests.engine.stores import resources


def test_so_many_numbers_repeatable_with_a_seed() -> None:
    recall = MockRecall("m", RecallConf(200, "goods"), resources())
    first, again = (
        recall.recall(RequestContext(RecommendRequest("u", "s"), {}, Random(3))).items for _ in range(2)
    )
    assert len({item.id for item in first}) == 200
    assert all(0 <= int(item.id) < 2**32 and 0 <= item.score < 1 for item in first)
    assert [(item.id, item.score) for item in first] == [(item.id, item.score) for item in again]
    assert {(item.retrieve_id, item.item_type) for item in first} == {("m", "goods")}
    chance = recall.recall(RequestContext(RecommendRequest("u", "s"), {})).items
    assert [item.id for item in chance] != [item.id for item in first]


def test_none_of_none() -> None:
    recalled = MockRecall("m", RecallConf(), resources()).recall(
        RequestContext(RecommendRequest("u", "s"), {})
    )
    assert (list(recalled.items), recalled.reason) == ([], "RecallCount is 0")
