"""UniqueFilter against the observed behaviour of PAI-Rec's engine."""

from __future__ import annotations

from hypothesis import given, settings

from pairec_cli.domain.candidates import Item
from tests.filters.contract import FilterContract, candidate_lists, context, item


class TestUniqueFilter(FilterContract):
    kind = "UniqueFilter"

    def test_the_first_wins_and_remembers_what_the_later_said(self) -> None:
        items = [item("a", 0.9), item("b", 0.8), item("a", 0.95, "r2"), item("c", 0.1, "r2")]
        a, b, c = self.make().apply(items, context())
        assert (a.id, a.retrieve_id, a.score) == ("a", "r1", 0.9)
        assert a.recall_scores == {"r1": 0.9, "r2": 0.95}
        assert (b.id, b.recall_scores) == ("b", None)
        assert c.id == "c"

    def test_the_last_duplicate_of_a_recall_sets_its_score_also_for_the_own_recall(self) -> None:
        items = [item("a", 0.9), item("a", 0.5), item("a", 0.2, "r2"), item("a", 0.3, "r2")]
        (a,) = self.make().apply(items, context())
        assert (a.score, a.retrieve_id) == (0.9, "r1")
        assert a.recall_scores == {"r1": 0.5, "r2": 0.3}

    def test_algo_scores_are_copied_over_properties_are_not(self) -> None:
        first, second = item("a", 0.9, colour="red"), item("a", 0.5, "r2", colour="blue", size=3)
        first.algo_scores = {"ctr": 0.1, "old": 1.0}
        second.algo_scores = {"ctr": 0.2, "hot_score": 0.5}
        (a,) = self.make().apply([first, second], context())
        assert a.algo_scores == {"ctr": 0.2, "old": 1.0, "hot_score": 0.5}
        assert a.properties == {"colour": "red"}

    @settings(max_examples=50, deadline=None)
    @given(items=candidate_lists())
    def test_each_id_stays_once_in_order_of_appearance(self, items: list[Item]) -> None:
        after = self.make().apply(items, context())
        assert [one.id for one in after] == list(dict.fromkeys(one.id for one in items))
        for kept in after:
            same = [one for one in items if one.id == kept.id]
            assert kept is same[0]
            expected = {one.retrieve_id: one.score for one in same} if len(same) > 1 else None
            assert kept.recall_scores == expected
