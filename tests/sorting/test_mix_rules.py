"""The rules of MultiRecallMixSort: whom they claim and where they put them."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.mix_rules import FIXED, RANDOM, MixRule, MixRuleConf, Places
from tests.filters.contract import item

NEW = (FilterParam("is_new", operator="equal", type="int", value=1),)


def placed(conf: MixRuleConf, size: int, items: Iterable[str], **places: int) -> str:
    """The page as text, `.` for a place without an item."""
    rule = MixRule(conf, size)
    rule.items = [item(id, pos=places.get(id)) for id in items]
    page: Places = [None] * size
    rule.place(page, random.Random(7))
    return "".join(one.id if one else "." for one in page)


@pytest.mark.parametrize(
    ("conf", "number"),
    [
        (MixRuleConf(FIXED, (2, 4)), 2),
        (MixRuleConf(FIXED, (2, 4), number=9), 2),
        (MixRuleConf(FIXED, number=3), 3),
        (MixRuleConf(RANDOM, number=3), 3),
        (MixRuleConf(RANDOM, number=3, number_rate=0.25), 2),
        (MixRuleConf(RANDOM, number=-1), 0),
    ],
)
def test_how_many_a_rule_claims(conf: MixRuleConf, number: int) -> None:
    rule = MixRule(conf, 10)
    assert rule.number == number
    rule.items = [item("a")] * number
    assert rule.is_full


def test_whom_a_rule_claims() -> None:
    rule = MixRule(MixRuleConf(FIXED, (1,), recall_names=("cold",), conditions=NEW), 5)
    assert rule.claims(item("a", retrieve_id="cold"), {}, {})
    assert rule.claims(item("a"), {}, {"is_new": 1})
    assert not rule.claims(item("a"), {}, {})
    assert not MixRule(MixRuleConf(FIXED, (1,)), 5).claims(item("a"), {}, {})


@pytest.mark.parametrize(
    ("positions", "items", "expected"),
    [
        ((2, 4), "ab", ".a.b."),
        ((4, 2), "ab", ".b.a."),
        ((2, 4), "a", ".a..."),
        ((9, 2), "ab", ".a..."),
        ((0, -1, 2), "abc", ".a..."),
    ],
)
def test_fixed_places(positions: tuple[int, ...], items: str, expected: str) -> None:
    assert placed(MixRuleConf(FIXED, positions), 5, items) == expected


def test_places_that_items_name() -> None:
    conf = MixRuleConf(FIXED, position_field="pos", number=2)
    assert placed(conf, 4, "ab", a=3, b=1) == "b.a."
    assert placed(conf, 4, "ab", b=3) == "..a."
    assert placed(MixRuleConf(FIXED, number=2), 4, "ab", a=1) == "...."


def test_random_places_lie_in_stretches() -> None:
    found = {placed(MixRuleConf(RANDOM, number=2), 6, "ab")}
    for seed in range(40):
        rule = MixRule(MixRuleConf(RANDOM, number=2), 6)
        rule.items = [item("a"), item("b")]
        page: Places = [None] * 6
        rule.place(page, random.Random(seed))
        found.add("".join(one.id if one else "." for one in page))
    assert all("a" in page[:3] and "b" in page[3:] for page in found)
    assert len(found) > 4


def test_a_random_place_that_is_taken_gives_way_to_the_next() -> None:
    assert sorted(placed(MixRuleConf(RANDOM, number=9), 3, "abc")) == ["a", "b", "c"]
    assert sorted(placed(MixRuleConf(RANDOM, number=9), 2, "abc")) == ["a", "b"]


@pytest.mark.parametrize(
    ("conf", "keys"),
    [
        (MixRuleConf(FIXED, (1,)), []),
        (MixRuleConf("fixed"), ["MixStrategy"]),
        (MixRuleConf(FIXED, (0, 1)), ["Positions"]),
    ],
)
def test_doubts(conf: MixRuleConf, keys: list[str]) -> None:
    assert [key for key, _, _ in conf.doubts()] == keys
