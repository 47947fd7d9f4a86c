"""BoostScoreSort: which expression an item gets, and what becomes of its score."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.boost_score import BoostScoreCondition
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract

NEW = (FilterParam("is_new", operator="equal", type="int", value=1),)
VIP = (FilterParam("vip", domain="user", operator="equal", type="int", value=1),)


def boost(expression: str, conditions: tuple[FilterParam, ...] = ()) -> BoostScoreCondition:
    return BoostScoreCondition(expression, conditions)


class TestBoostScoreSort(SortContract):
    kind = "BoostScoreSort"
    config = {"boost_score_conditions": (boost("score * 2 + 1"),)}

    def score(self, *boosts: BoostScoreCondition, user: Any = None, **config: Any) -> float:
        sort = self.make(boost_score_conditions=boosts, **config)
        one = item("a", 0.5, is_new=1, price=3)
        assert sort.apply([one], context(**(user or {}))) == [one]
        return one.score

    def test_the_order_stays(self) -> None:
        items = [item("a", 0.1), item("b", 0.9)]
        assert self.make().apply(items, context()) == items
        assert [one.score for one in items] == [1.2, 2.8]

    def test_the_first_entry_that_is_met_counts(self) -> None:
        assert self.score(boost("score * 2", VIP), boost("score * 3", NEW), boost("score * 4")) == 1.5

    def test_conditions_see_the_user(self) -> None:
        assert self.score(boost("score * 2", VIP), boost("score * 3"), user={"vip": 1}) == 1.0

    def test_all_entries_in_turn(self) -> None:
        boosts = (boost("score * 2", NEW), boost("score + 1", VIP), boost("score + price"))
        assert self.score(*boosts, boost_score_conditions_filter_all=True) == 4.0

    @pytest.mark.parametrize(
        "expression",
        ["score * missing", "score > 1", "'text'", "score / 0", "(score - score) / 0", "score + 'x'", ""],
    )
    def test_what_gives_no_number_leaves_the_score(self, expression: str) -> None:
        assert self.score(boost(expression), boost("100")) == 0.5

    @pytest.mark.parametrize("expression", ["score *", "score*-1", "log(score)"])
    def test_an_entry_that_cannot_be_read_is_left_out(self, expression: str) -> None:
        assert self.score(boost(expression), boost("100")) == 100.0
        ((key, message, value),) = boost(expression).doubts()
        assert (key, value) == ("Expression", expression)
        assert "left out" in message

    def test_a_missing_expression_is_doubted(self) -> None:
        assert [key for key, _, _ in boost("").doubts()] == ["Expression"]
        assert list(boost("score * 2").doubts()) == []

    def test_what_it_leaves_behind(self) -> None:
        one = item("a", 0.5)
        self.make(debug=True).apply([one], context())
        assert one.properties == {"score": 0.5, "org_score": 0.5}
        other = item("a", 0.5)
        self.make().apply([other], context())
        assert other.properties == {"score": 0.5}
