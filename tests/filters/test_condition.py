"""ConditionFilter."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.stages import Filter, Resources
from pairec_cli.filters.adjust_count import AdjustCountConfig, AdjustCountFilter
from pairec_cli.filters.condition import Branch, Branches, ConditionConfig, ConditionFilter
from tests.filters.contract import FilterContract, NoFeatures, context, item

NEW = FilterParam("is_new", "user", "equal", "int", 1)
BROKEN = FilterParam("", "", "expression", "", "item.price >")


def keeps(count: int) -> AdjustCountFilter:
    return AdjustCountFilter(f"top{count}", AdjustCountConfig(count), Resources(NoFeatures()))


def branching(*branches: Branch, default: str = "", **filters: Filter) -> ConditionFilter:
    known: dict[str, Any] = {f"top{count}": keeps(count) for count in (1, 2)}
    resources = Resources(NoFeatures(), filters={**known, **filters})
    return ConditionFilter("cond", ConditionConfig(Branches(branches, default)), resources)


ITEMS = [item(id) for id in "abcd"]


class TestConditionFilter(FilterContract):
    kind = "ConditionFilter"

    def test_the_first_branch_that_the_user_meets_is_taken(self) -> None:
        stage = branching(Branch((NEW,), "top2"), Branch((NEW,), "top1"))
        assert len(stage.apply(ITEMS, context(is_new=1))) == 2

    def test_without_a_match_the_default_or_nothing(self) -> None:
        assert len(branching(Branch((NEW,), "top2"), default="top1").apply(ITEMS, context())) == 1
        assert branching(Branch((NEW,), "top2")).apply(ITEMS, context()) == ITEMS

    def test_a_branch_without_conditions_or_that_cannot_be_told_is_not_taken(self) -> None:
        stage = branching(Branch((), "top2"), Branch((BROKEN,), "top2"), default="top1")
        assert len(stage.apply(ITEMS, context())) == 1

    def test_an_unknown_filter_is_an_error(self) -> None:
        with pytest.raises(NotFound, match="top1"):
            branching(default="tpo1").apply(ITEMS, context())

    def test_filters_of_this_kind_may_choose_each_other_but_not_in_a_circle(self) -> None:
        inner = branching(default="top2")
        inner.name = "inner"
        assert len(branching(default="inner", inner=inner).apply(ITEMS, context())) == 2
        round_about = branching(default="cond")
        round_about.stages = {"cond": round_about}
        with pytest.raises(InvalidInput, match="cond → cond"):
            round_about.apply(ITEMS, context())
