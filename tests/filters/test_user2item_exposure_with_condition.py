"""User2ItemExposureWithConditionFilter."""

from __future__ import annotations

import pytest

from pairec_cli.domain.conditions import FilterParam
from tests.filters.contract import item
from tests.filters.test_user2item_exposure import ITEMS, REDIS, ExposureContract, request

REFRESH = FilterParam("refresh", "user", "equal", "int", 1)
BROKEN = FilterParam("", "", "expression", "", "item.price >")


class TestUser2ItemExposureWithConditionFilter(ExposureContract):
    kind = "User2ItemExposureWithConditionFilter"
    config = {"dao_conf": REDIS, "conditions": (REFRESH,), "write_log": True}

    def test_without_the_condition_it_is_an_exposure_filter(self) -> None:
        assert [self.answer(self.make()) for _ in range(3)] == ["ab", "cd", ""]

    @pytest.mark.parametrize(("scene", "later"), [("home", ITEMS), ("", "cd"), ("detail", "cd")])
    def test_with_it_nothing_is_dropped_and_the_history_cleared_where_it_may_be(
        self, scene: str, later: str
    ) -> None:
        stage = self.make(clear_log_if_not_enough_scene=scene)
        self.answer(stage)
        asked = request()
        asked.user["refresh"] = 1
        assert self.kept(stage, asked) == ITEMS
        assert self.kept(stage) == later

    @pytest.mark.parametrize("conditions", [(), (BROKEN,)])
    def test_no_condition_and_one_that_cannot_be_told_filter(
        self, conditions: tuple[FilterParam, ...]
    ) -> None:
        stage = self.make(conditions=conditions)
        stage.after_answer([item("a")], request())
        assert self.kept(stage) == "bcd"
