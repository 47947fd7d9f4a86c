"""The rules of DiversityRuleSort, one at a time."""

from __future__ import annotations

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.diversity_rules import (
    DiversityRule,
    DiversityRuleConf,
    ExclusionRule,
    ExclusionRuleConf,
)
from tests.filters.contract import item


def fits(conf: DiversityRuleConf, cats: str, *, delimiters: dict[str, str] | None = None) -> bool:
    """Whether the last of the items with these categories may follow the others."""
    *placed, last = [item(str(place), cat=cat) for place, cat in enumerate(cats.split())]
    return DiversityRule(conf, delimiters or {}).fits(last, placed)


def conf(interval: int = 0, window: int = 0, frequency: int = 0) -> DiversityRuleConf:
    return DiversityRuleConf(("cat",), interval, window, frequency)


@pytest.mark.parametrize(
    ("rule", "cats", "expected"),
    [
        (conf(1), "x x", False),
        (conf(1), "x y", True),
        (conf(1), "x y x", True),
        (conf(2), "x x", True),
        (conf(2), "x x x", False),
        (conf(2), "y x x", True),
        (conf(0, 3, 1), "x y x", False),
        (conf(0, 3, 1), "x y z x", True),
        (conf(0, 4, 2), "x x y x", False),
        (conf(0, 4, 2), "x y z x", True),
        (conf(0, 2, 2), "x x x", True),
        (conf(0, 3, 0), "x x x", True),
        (conf(1, 3, 1), "x y x", False),
    ],
)
def test_intervals_and_windows(rule: DiversityRuleConf, cats: str, expected: bool) -> None:
    assert fits(rule, cats) is expected


def test_items_without_a_value_are_alike() -> None:
    rule = DiversityRule(conf(1), {})
    assert not rule.fits(item("a"), [item("b", cat=None)])
    assert not rule.fits(item("a", cat=True), [item("b", cat=[1])])
    assert not rule.fits(item("a", cat=2.7), [item("b", cat="2")])


def test_several_dimensions_are_one_text() -> None:
    rule = DiversityRule(DiversityRuleConf(("p", "q"), 1), {})
    assert not rule.fits(item("a", p="x_y", q="z"), [item("b", p="x", q="y_z")])
    assert rule.fits(item("a", p="x", q="z"), [item("b", p="x", q="y")])


def test_several_values_overlap() -> None:
    assert not fits(conf(1), "p,q q,r", delimiters={"cat": ","})
    assert fits(conf(1), "p,q r,s", delimiters={"cat": ","})
    assert not fits(conf(1), "pq qr", delimiters={"cat": ""})
    assert not fits(conf(1), "p,q p,q", delimiters={"other": ","})
    assert fits(conf(1), "p,q q,r", delimiters={"other": ","})


def test_every_dimension_must_be_alike() -> None:
    rule = DiversityRule(DiversityRuleConf(("tags", "brand"), 1), {"tags": ","})
    assert rule.fits(item("a", tags="p", brand="m"), [item("b", tags="p", brand="n")])
    assert not rule.fits(item("a", tags="p", brand="m"), [item("b", tags="p,q", brand="m")])


class TestExclusionRule:
    ad = (FilterParam("ad", operator="equal", type="int", value=1),)

    def forbids(self, conf: ExclusionRuleConf, place: int, one: Item) -> bool:
        return ExclusionRule(conf, {}).forbids(place, one)

    def test_places_and_conditions(self) -> None:
        rule = ExclusionRuleConf((1, 3), self.ad)
        assert self.forbids(rule, 1, item("a", ad=1))
        assert not self.forbids(rule, 2, item("a", ad=1))
        assert not self.forbids(rule, 3, item("a", ad=0))

    def test_without_conditions_nothing_is_excluded(self) -> None:
        assert not self.forbids(ExclusionRuleConf((1,)), 1, item("a"))

    def test_conditions_see_the_recall(self) -> None:
        cold = (FilterParam("recall_name", operator="equal", type="string", value="cold"),)
        assert self.forbids(ExclusionRuleConf((1,), cold), 1, item("a", retrieve_id="cold"))
