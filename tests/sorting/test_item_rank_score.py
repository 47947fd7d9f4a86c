"""ItemRankScore: descending, and stable."""

from __future__ import annotations

from hypothesis import given, settings

from pairec_cli.domain.candidates import Item
from tests.filters.contract import candidate_lists, context, item
from tests.sorting.contract import SortContract


class TestItemRankScore(SortContract):
    kind = "ItemRankScore"

    def test_the_best_score_comes_first(self) -> None:
        after = self.make().apply(
            [item("a", 0.1), item("b", 0.9), item("c", -3.0), item("d", 0.5)], context()
        )
        assert [one.id for one in after] == ["b", "d", "a", "c"]

    @settings(max_examples=50, deadline=None)
    @given(items=candidate_lists())
    def test_equal_scores_keep_their_order(self, items: list[Item]) -> None:
        after = self.make().apply(items, context())
        place = {id(one): index for index, one in enumerate(items)}
        keys = [(-one.score, place[id(one)]) for one in after]
        assert keys == sorted(keys)
