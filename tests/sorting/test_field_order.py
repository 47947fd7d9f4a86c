"""Items in the order of a named value."""

from __future__ import annotations

import math

from pairec_cli.domain.candidates import Item
from pairec_cli.sorting.field_order import by_field
from tests.filters.contract import item


def ids(items: list[Item]) -> list[str]:
    return [one.id for one in items]


def test_algorithm_scores_go_before_properties() -> None:
    first, second = item("a", ctr=9), item("b", ctr=1)
    second.algo_scores["ctr"] = 10.0
    assert ids(by_field([first, second], "ctr")) == ["b", "a"]


def test_an_item_without_the_field_goes_by_its_score() -> None:
    items = [item("a", 0.5), item("b", ctr=0.9), item("c", ctr=0.1)]
    assert ids(by_field(items, "ctr")) == ["b", "a", "c"]


def test_what_is_no_number_counts_as_zero() -> None:
    items = [item("a", x=math.nan), item("b", x="word"), item("c", x=-1), item("d", x="1.5")]
    assert ids(by_field(items, "x")) == ["d", "a", "b", "c"]
    assert ids(by_field(items, "x", descending=False)) == ["c", "a", "b", "d"]


def test_the_current_score_is_kept_as_recall_score() -> None:
    one = item("a", 0.5)
    by_field([one], "current_score")
    assert one.algo_scores == {"recall_score": 0.5}
