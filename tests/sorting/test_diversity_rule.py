"""DiversityRuleSort: the greedy arrangement, beside a slow twin."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.diversity_rules import DiversityRuleConf, ExclusionRuleConf
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract

AD = (FilterParam("ad", operator="equal", type="int", value=1),)
NO_AD_FIRST = ExclusionRuleConf((1,), AD)


def items(cats: str) -> list[Item]:
    return [item(f"{cat}{place}", cat=cat) for place, cat in enumerate(cats)]


def rule(interval: int = 0, window: int = 0, frequency: int = 0, weight: int = 0) -> DiversityRuleConf:
    return DiversityRuleConf(("cat",), interval, window, frequency, weight)


def slow_twin(cats: str, interval: int, window: int, frequency: int, places: int) -> list[int]:
    """The arrangement straight from the words of its definition, on places in the list."""
    rest, placed = list(range(1, len(cats))), [0]

    def good(index: int) -> bool:
        line = [cats[one] for one in placed] + [cats[index]]
        run = 0
        while run < len(line) and line[-1 - run] == cats[index]:
            run += 1
        in_window = line[-window:].count(cats[index]) if window > frequency > 0 else 0
        return not (0 < interval < run) and in_window <= max(frequency, 0)

    while rest and len(placed) < places:
        chosen = next((index for index in rest if good(index)), rest[0])
        rest.remove(chosen)
        placed.append(chosen)
    return placed + rest


class TestDiversityRuleSort(SortContract):
    kind = "DiversityRuleSort"
    config = {"diversity_rules": (rule(1),)}

    def order(self, given: list[Item], size: int = 10, user: Any = None, **config: Any) -> str:
        after = self.make(**config).apply(given, context(size, **(user or {})))
        return " ".join(one.id for one in after)

    @settings(max_examples=100, deadline=None)
    @given(
        cats=st.text("xyz", min_size=1, max_size=12),
        interval=st.integers(0, 3),
        window=st.integers(0, 4),
        frequency=st.integers(0, 3),
        size=st.integers(1, 12),
    )
    def test_it_is_its_slow_twin(
        self, cats: str, interval: int, window: int, frequency: int, size: int
    ) -> None:
        given = items(cats)
        after = self.make(diversity_rules=(rule(interval, window, frequency),)).apply(given, context(size))
        expected = slow_twin(cats, interval, window, frequency, size + 1)
        assert [one.id for one in after] == [given[index].id for index in expected]

    @pytest.mark.parametrize(
        ("size", "expected"),
        [(0, "x0 y2 x1 y3 x4"), (1, "x0 y2 x1 y3 x4"), (99, "x0 y2 x1 y3 x4")],
    )
    def test_sizes(self, size: int, expected: str) -> None:
        assert self.order(items("xxyyx"), size=5, diversity_size=size) == expected

    def test_the_rest_keeps_its_order(self) -> None:
        assert self.order(items("xxxxyy"), diversity_size=1) == "x0 y4 x1 x2 x3 y5"

    def test_excluded_recalls_go_to_the_end(self) -> None:
        given = [item("e", retrieve_id="cold", cat="y"), *items("xxy")]
        assert self.order(given, exclude_recalls=("cold",)) == "x0 y2 x1 e"
        assert self.order(given[:1], exclude_recalls=("cold",)) == "e"

    def test_conditions_on_the_user(self) -> None:
        vip = (FilterParam("vip", domain="user", operator="equal", type="int", value=1),)
        assert self.order(items("xxy"), conditions=vip) == "x0 x1 y2"
        assert self.order(items("xxy"), conditions=vip, user={"vip": 1}) == "x0 y2 x1"

    def test_exploring_only_so_far(self) -> None:
        assert self.order(items("xxxy"), explore_item_size=2) == "x0 x1 y3 x2"
        assert self.order(items("xxxy"), explore_item_size=3) == "x0 y3 x1 x2"

    def test_places_taken_count_when_exploring(self) -> None:
        given = items("xyxxy")
        assert self.order(given, explore_item_size=2) == "x0 y1 x2 y4 x3"
        assert self.order(given, explore_item_size=1) == "x0 y1 x2 x3 y4"

    def test_the_heaviest_rules_met(self) -> None:
        heavy = DiversityRuleConf(("brand",), 1, weight=5)
        given = [item("a", cat="x", brand="m"), item("b", cat="y", brand="m"), item("c", cat="x", brand="n")]
        assert self.order(given, diversity_rules=(rule(1, weight=1), heavy)) == "a c b"
        assert self.order(given, diversity_rules=(rule(1, weight=6), heavy)) == "a b c"
        assert self.order(given, diversity_rules=(rule(1, weight=5), heavy)) == "a b c"

    def test_exclusions_move_the_first_place(self) -> None:
        given = [item("a", ad=1, cat="x"), item("b", cat="x"), item("c", cat="y")]
        assert self.order(given, exclusion_rules=(NO_AD_FIRST,)) == "b c a"
        assert self.order(given[:1], exclusion_rules=(NO_AD_FIRST,)) == "a"

    def test_a_place_that_nobody_may_take_ends_the_arrangement(self) -> None:
        nobody_second = ExclusionRuleConf((2,), (FilterParam("cat", operator="is_not_null"),))
        assert self.order(items("xxy"), exclusion_rules=(nobody_second,)) == "x0 x1 y2"
