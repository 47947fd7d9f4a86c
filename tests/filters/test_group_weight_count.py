"""GroupWeightCountFilter."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from tests.filters.contract import FilterContract, candidate_lists, context, item


def group(name: str, count: int, score: float = 0.0) -> list[Item]:
    return [item(f"{name}{n}", score, cat=name) for n in range(1, count + 1)]


def ids(items: list[Item]) -> list[str]:
    return [one.id for one in items]


class TestGroupWeightCountFilter(FilterContract):
    kind = "GroupWeightCountFilter"
    config = {"dimension": "cat", "retain_num": 4}

    def test_a_list_that_is_not_longer_stays_as_it_is(self) -> None:
        items = group("x", 4)
        limits = {"cat": 1}
        assert self.make(group_weight_dimension_limit=limits).apply(items, context()) is items

    def test_softmax_shares_by_the_sums_of_scores(self) -> None:
        items = group("x", 10, 0.2) + group("y", 10, 0.1)
        chosen = self.make(retain_num=10, score_weight=1.0).apply(items, context())
        # e²/(e²+e) = .73, so 7 and 3
        assert ids(chosen) == ids(group("x", 7) + group("y", 3))

    def test_avg_shares_in_proportion(self) -> None:
        items = group("x", 8, 0.3) + group("y", 8, 0.1)
        chosen = self.make(score_weight=1.0, group_weight_strategy="avg").apply(items, context())
        assert ids(chosen) == ids(group("x", 3) + group("y", 1))

    def test_a_capped_group_leaves_the_rest_to_the_others(self) -> None:
        items = group("x", 8, 0.9) + group("y", 8, 0.1) + group("z", 8, 0.1)
        chosen = self.make(
            retain_num=7, score_weight=1.0, group_weight_strategy="avg", group_max_num=3
        ).apply(items, context())
        assert ids(chosen) == ids(group("x", 3) + group("y", 2) + group("z", 2))

    def test_the_last_group_is_trimmed_first_and_the_first_filled_first(self) -> None:
        odd = group("x", 3) + group("y", 3)
        assert Counter(one.properties["cat"] for one in self.make(retain_num=3).apply(odd, context())) == {
            "x": 2,
            "y": 1,
        }
        thirds = group("x", 3) + group("y", 3) + group("z", 3)
        filled = self.make(retain_num=4).apply(thirds, context())
        assert ids(filled) == ["x1", "x2", "y1", "z1"]

    def test_the_order_of_arrival_counts_inside_a_group(self) -> None:
        items = [item("low", 0.1, cat="x"), item("high", 0.9, cat="x"), item("other", 0.5, cat="y")]
        assert ids(self.make(retain_num=2).apply(items, context())) == ["low", "other"]

    def test_items_without_a_value_are_a_group(self) -> None:
        items = [item("a"), item("b", cat=""), item("c", cat=True), item("k1", cat="k"), item("k2", cat="k")]
        assert ids(self.make(retain_num=2).apply(items, context())) == ["a", "k1"]

    def test_a_limit_per_value_comes_first_and_may_leave_too_few(self) -> None:
        items = group("x", 5) + group("y", 5)
        limited = self.make(retain_num=6, group_weight_dimension_limit={"cat": 2}).apply(items, context())
        assert ids(limited) == ["x1", "x2", "y1", "y2"]

    def test_more_guaranteed_than_retained_keeps_the_guarantee(self) -> None:
        items = group("x", 5) + group("y", 5)
        assert len(self.make(retain_num=4, group_min_num=3).apply(items, context())) == 6

    def test_scores_beyond_floats_still_share(self) -> None:
        items = group("x", 5, 500.0) + group("y", 5, 1.0)
        assert ids(self.make(score_weight=1.0).apply(items, context())) == ids(group("x", 4))
        items = group("x", 5, -500.0) + group("y", 5, -400.0)
        assert ids(self.make(score_weight=1.0).apply(items, context())) == ids(group("y", 4))
        items = group("x", 5, math.nan) + group("y", 5, 1.0)
        assert len(self.make(score_weight=1.0).apply(items, context())) == 4

    @pytest.mark.parametrize("strategy", ["", "avg"])
    def test_it_always_ends_with_as_many_as_can_be(self, strategy: str) -> None:
        @settings(max_examples=60, deadline=None)
        @given(
            items=candidate_lists(),
            retain=st.integers(0, 12),
            least=st.integers(-1, 3),
            most=st.integers(0, 4),
            weight=st.sampled_from([0.0, 1.0, -1.0, 800.0]),
            limit=st.integers(0, 3),
        )
        def check(items: list[Item], retain: int, least: int, most: int, weight: float, limit: int) -> None:
            for one in items:
                one.properties["cat"] = one.retrieve_id
            limits = {"cat": limit} if limit else {}
            stage = self.make(
                retain_num=retain,
                group_min_num=least,
                group_max_num=most,
                score_weight=weight,
                group_weight_strategy=strategy,
                group_weight_dimension_limit=limits,
            )
            chosen = stage.apply(items, context())
            sizes = Counter(one.retrieve_id for one in items)
            there = sum(min(size, limit) if limits else size for size in sizes.values())
            if len(items) <= retain:
                assert chosen == items
            elif len(chosen) > retain:
                assert all(count <= least for count in Counter(one.retrieve_id for one in chosen).values())
            else:
                assert len(chosen) == min(retain, there)

        check()
