"""DistinctIdSort: group numbers."""

from __future__ import annotations

from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.distinct_id import DistinctIdCondition
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract


def group(number: int, cat: str) -> DistinctIdCondition:
    return DistinctIdCondition(number, "", (FilterParam("cat", operator="equal", type="string", value=cat),))


class TestDistinctIdSort(SortContract):
    kind = "DistinctIdSort"
    config = {"distinct_id_conditions": (group(100, "x"), group(200, "y"), group(300, "x"))}

    def test_the_first_condition_or_the_place(self) -> None:
        items = [item("a", cat="z"), item("b", cat="y"), item("c", cat="x"), item("d")]
        after = self.make().apply(items, context())
        assert after == items
        assert [one.properties["__distinct_id__"] for one in after] == [1, 200, 100, 4]
