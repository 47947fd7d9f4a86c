"""The walk over AdjustCountConfs."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.filters.adjust_counts import (
    AdjustCountConf,
    CountConf,
    Counter,
    by_recall,
    by_score,
    refuse,
)
from tests.filters.contract import item


def test_accumulators_count_together_and_fixed_entries_alone() -> None:
    counter = Counter()
    first, fixed, second = (
        AdjustCountConf("r1", 5, "accumulator"),
        AdjustCountConf("r2", 3, "fix"),
        AdjustCountConf("r3", 7, "accumulator"),
    )
    assert counter.room(first) == 5
    counter.took(first, 2)
    assert counter.room(fixed) == 3
    counter.took(fixed, 3)
    assert counter.room(second) == 5
    counter.took(second, 5)
    assert counter.room(AdjustCountConf("r4", 6, "accumulator")) == 0


@pytest.mark.parametrize("type", ["", "Fix", "accumulate"])
def test_other_types_take_nothing_and_are_doubted(type: str) -> None:
    conf = CountConf("r1", 5, type)
    assert Counter().room(conf) == 0
    ((key, message, _),) = conf.doubts()
    assert key == "Type"
    assert "accumulator or fix" in message


def test_known_types_are_not_doubted() -> None:
    assert list(CountConf("r1", 5, "fix").doubts()) == []


def test_equal_scores_keep_their_order_and_the_input_stays() -> None:
    items = [item("a", 0.1), item("b", 0.5), item("c", 0.1), item("d", 0.5)]
    assert [one.id for one in by_score(items)] == ["b", "d", "a", "c"]
    assert [one.id for one in items] == ["a", "b", "c", "d"]


def test_recalls_in_order_of_first_appearance() -> None:
    grouped = by_recall([item("a", retrieve_id="r2"), item("b"), item("c", retrieve_id="r2")])
    assert {recall: [one.id for one in items] for recall, items in grouped.items()} == {
        "r2": ["a", "c"],
        "r1": ["b"],
    }
    assert list(grouped) == ["r2", "r1"]


def test_problems_refuse_and_none_do_not() -> None:
    refuse([])
    with pytest.raises(InvalidConfig, match="must not be negative"):
        refuse([Problem("RetainNum", "must not be negative", -1)])
