"""AdjustCountFilter."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from tests.filters.contract import FilterContract, candidate_lists, context, item


def seeded(seed: int) -> RequestContext:
    return RequestContext(RecommendRequest("u1", "home"), {}, Random(seed))


class TestAdjustCountFilter(FilterContract):
    kind = "AdjustCountFilter"
    config = {"retain_num": 5}

    def test_without_retain_num_nothing_stays(self) -> None:
        assert self.make(retain_num=0).apply([item("a")], context()) == []

    def test_a_negative_retain_num_is_refused(self) -> None:
        with pytest.raises(InvalidConfig, match="RetainNum: must not be negative"):
            self.make(retain_num=-1)

    @settings(max_examples=40, deadline=None)
    @given(items=candidate_lists(), count=st.integers(0, 16))
    def test_the_first_stay(self, items: list[Item], count: int) -> None:
        assert self.make(retain_num=count).apply(items, context()) == items[:count]

    @settings(max_examples=40, deadline=None)
    @given(items=candidate_lists(), count=st.integers(0, 16), seed=st.integers(0, 9))
    def test_shuffled_some_stay_in_an_order_the_seed_fixes(
        self, items: list[Item], count: int, seed: int
    ) -> None:
        stage = self.make(retain_num=count, shuffle_item=True)
        chosen = stage.apply(items, seeded(seed))
        assert chosen == stage.apply(items, seeded(seed))
        assert len({id(one) for one in chosen}) == len(chosen) == min(count, len(items))
        if len(items) <= count:
            assert chosen == items

    def test_chance_reaches_every_item_and_every_order(self) -> None:
        items = [item(id) for id in "abc"]
        stage = self.make(retain_num=2, shuffle_item=True)
        found = {"".join(one.id for one in stage.apply(items, seeded(seed))) for seed in range(60)}
        assert found == {"ab", "ba", "ac", "ca", "bc", "cb"}

    def test_without_a_seed_the_system_chooses(self) -> None:
        items = [item(id) for id in "abcdef"]
        chosen = self.make(retain_num=2, shuffle_item=True).apply(items, context())
        assert len(chosen) == 2
