"""CompletelyFairFilter, against a twin that reads like the definition."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from tests.filters.contract import FilterContract, candidate_lists, context, item


def twin(items: list[Item], retain: int) -> list[Item]:
    ranked = sorted(items, key=lambda one: -one.score)
    recalls = list(dict.fromkeys(one.retrieve_id for one in ranked))
    chosen: list[Item] = []
    for count in range(min(retain, len(items))):
        slot = count % len(recalls)
        left = [one for one in ranked if one.retrieve_id == recalls[slot] and one not in chosen]
        chosen.append(left[0])
        if len(left) == 1:
            recalls[slot] = recalls[-1]
            del recalls[-1]
    return chosen


class TestCompletelyFairFilter(FilterContract):
    kind = "CompletelyFairFilter"
    config = {"retain_num": 6}

    def test_the_last_recall_moves_into_the_slot_of_one_that_ran_out(self) -> None:
        items = [item("a1", 0.9), item("a2", 0.8), item("b1", 0.7, "r2"), item("c1", 0.6, "r3")]
        assert [one.id for one in self.make().apply(items, context())] == ["a1", "b1", "a2", "c1"]

    def test_without_retain_num_nothing_stays(self) -> None:
        assert self.make(retain_num=0).apply([item("a")], context()) == []
        assert self.make(retain_num=-1).apply([item("a")], context()) == []

    @settings(max_examples=60, deadline=None)
    @given(items=candidate_lists(), retain=st.integers(0, 16))
    def test_turns(self, items: list[Item], retain: int) -> None:
        assert self.make(retain_num=retain).apply(items, context()) == twin(items, retain)
