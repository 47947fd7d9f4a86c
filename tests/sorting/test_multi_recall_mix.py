"""MultiRecallMixSort: the page as a whole."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.sorting.mix_rules import FIXED, RANDOM, MixRuleConf
from tests.filters.contract import candidate_lists, context, item
from tests.sorting.contract import SortContract

COLD = MixRuleConf(FIXED, (2, 4), recall_names=("cold",))


def page(normal: int, cold: int) -> list[Item]:
    return [item(f"n{at}", 1 - at / 10) for at in range(normal)] + [
        item(f"c{at}", 0.1, "cold") for at in range(cold)
    ]


class TestMultiRecallMixSort(SortContract):
    kind = "MultiRecallMixSort"
    config = {"mix_sort_rules": (COLD,)}
    may_drop = True

    def mixed(self, given: list[Item], asked: int, *rules: MixRuleConf, **config: Any) -> str:
        after = self.make(mix_sort_rules=rules or (COLD,), **config).apply(given, context(asked))
        return " ".join(one.id for one in after)

    def test_fixed_places(self) -> None:
        assert self.mixed(page(6, 3), 5) == "n0 c0 n1 c1 n2"

    def test_a_list_shorter_than_the_page_stays(self) -> None:
        assert self.mixed(page(3, 1), 5) == "n0 n1 n2 c0"

    def test_the_page_may_be_longer_than_asked_for(self) -> None:
        assert self.mixed(page(6, 3), 2, size=5) == "n0 c0 n1 c1 n2"
        assert self.mixed(page(6, 3), 5, size=2) == "n0 c0 n1 c1 n2"

    def test_what_is_left_over_may_stay_behind(self) -> None:
        assert self.mixed(page(6, 3), 5, remain_item=True) == "n0 c0 n1 c1 n2 n3 n4 n5 c2"

    def test_gaps_are_filled_from_the_rest(self) -> None:
        far = MixRuleConf(FIXED, (9, 9), recall_names=("cold",))
        assert self.mixed(page(2, 3), 4, far) == "n0 n1 c2 c0"

    def test_the_last_item_moves_into_a_gap_that_nothing_fills(self) -> None:
        twice = [item("a"), item("a"), item("b", retrieve_id="cold")]
        last = MixRuleConf(FIXED, (3,), recall_names=("cold",))
        assert self.mixed(twice, 3, last) == "a a b"
        far = MixRuleConf(FIXED, (9,), recall_names=("cold",))
        assert self.mixed([item("b", retrieve_id="cold"), item("a"), item("a")], 3, far) == "a a b"

    def test_an_item_goes_to_the_first_rule_with_room(self) -> None:
        first = MixRuleConf(FIXED, (1,), recall_names=("cold",))
        second = MixRuleConf(FIXED, (3,), recall_names=("cold", "r1"))
        assert self.mixed(page(3, 2), 4, first, second) == "c0 n1 n0 n2"

    def test_the_last_of_two_rules_for_one_place_has_it(self) -> None:
        first = MixRuleConf(FIXED, (1,), recall_names=("cold",))
        second = MixRuleConf(FIXED, (1,), recall_names=("r1",))
        assert self.mixed(page(3, 1), 3, first, second) == "n0 n1 n2"
        assert self.mixed(page(3, 1), 3, first, second, remain_item=True) == "n0 n1 n2 c0"

    def test_fixed_places_are_given_before_random_ones(self) -> None:
        spread = MixRuleConf(RANDOM, number=4, recall_names=("r1",))
        fixed = MixRuleConf(FIXED, (1, 2), recall_names=("cold",))
        assert self.mixed(page(4, 2), 4, spread, fixed).startswith("c0 c1")

    def test_conditions_choose_too(self) -> None:
        new = (FilterParam("is_new", operator="equal", type="int", value=1),)
        given = [item("a"), item("b", is_new=1), item("c")]
        assert self.mixed(given, 3, MixRuleConf(FIXED, (1,), conditions=new)) == "b a c"

    def test_an_unknown_strategy_is_left_out(self) -> None:
        assert self.mixed(page(3, 1), 4, MixRuleConf("first", (1,), recall_names=("cold",))) == "n0 n1 n2 c0"

    def test_a_seeded_request_is_repeatable(self) -> None:
        sort = self.make(mix_sort_rules=(MixRuleConf(RANDOM, number_rate=0.5, recall_names=("cold",)),))

        def ids(seed: int) -> list[str]:
            chance = random.Random(seed)
            asked = RequestContext(RecommendRequest("u", "home", 8), {}, chance)
            return [one.id for one in sort.apply(page(8, 4), asked)]

        assert ids(1) == ids(1)
        assert len({tuple(ids(seed)) for seed in range(10)}) > 1

    @settings(max_examples=100, deadline=None)
    @given(items=candidate_lists(), size=st.integers(1, 14), keep=st.booleans())
    def test_the_page_is_full_and_nothing_stands_twice(
        self, items: list[Item], size: int, keep: bool
    ) -> None:
        rules = (
            MixRuleConf(FIXED, (1, 3, 20), recall_names=("r1",)),
            MixRuleConf(RANDOM, number=3, recall_names=("r2",)),
        )
        after = self.make(mix_sort_rules=rules, remain_item=keep).apply(items, context(size))
        assert len({id(one) for one in after}) == len(after)
        if len(items) < size:
            assert after == items
        elif keep:
            assert {one.id for one in after} == {one.id for one in items}
        elif len({one.id for one in items}) == len(items):
            assert len(after) == size
