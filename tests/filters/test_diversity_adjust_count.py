"""DiversityAdjustCountFilter."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.filters.adjust_counts import CountConf
from tests.filters.contract import FilterContract, context, item

ACC, FIX = "accumulator", "fix"


def bucket(expression: str, count: int, type: str = FIX) -> CountConf:
    return CountConf("", count, type, expression)


class TestDiversityAdjustCountFilter(FilterContract):
    kind = "DiversityAdjustCountFilter"
    config = {"adjust_count_confs": (bucket("recall_score > 0.2", 3), bucket("recall_name == 'r1'", 2, ACC))}

    def test_an_item_of_an_earlier_bucket_keeps_its_place_in_a_later_one(self) -> None:
        items = [item("a", 0.9, cat="x"), item("b", 0.8, cat="y"), item("c", 0.7, "r2", cat="x")]
        confs = (bucket("cat == 'x'", 1), bucket("recall_name == 'r1'", 2))
        assert [one.id for one in self.make(adjust_count_confs=confs).apply(items, context())] == ["a", "b"]
        one_place = (bucket("cat == 'x'", 1), bucket("recall_name == 'r1'", 1))
        assert [one.id for one in self.make(adjust_count_confs=one_place).apply(items, context())] == ["a"]

    def test_accumulators_count_what_was_added(self) -> None:
        items = [item(f"x{n}", 1 - n / 10, cat="x") for n in range(3)]
        items += [item(f"y{n}", 0.5, cat="y") for n in range(5)]
        confs = (bucket("cat == 'x'", 4, ACC), bucket("cat == 'y'", 5, ACC))
        chosen = self.make(adjust_count_confs=confs).apply(items, context())
        assert [one.id for one in chosen] == ["x0", "x1", "x2", "y0", "y1"]

    def test_where_an_expression_fails_or_is_no_boolean_the_item_is_not_in_the_bucket(self) -> None:
        items = [item("a", cat="x"), item("b", price=3)]
        confs = (bucket("price > 2", 5), bucket("price + 1", 5))
        assert [one.id for one in self.make(adjust_count_confs=confs).apply(items, context())] == ["b"]

    @pytest.mark.parametrize(
        ("confs", "path"),
        [
            ((), "AdjustCountConfs: is missing"),
            ((bucket("cat == (", 1),), r"AdjustCountConfs\[0\]\.Expression"),
            ((bucket("a", 3, ACC), bucket("b", 2, ACC)), r"AdjustCountConfs\[1\]\.Count: is below 3"),
        ],
    )
    def test_what_the_other_engine_does_not_start_with_is_refused(
        self, confs: tuple[CountConf, ...], path: str
    ) -> None:
        with pytest.raises(InvalidConfig, match=path):
            self.make(adjust_count_confs=confs)

    def test_an_accumulator_below_one_that_is_not_its_neighbour_is_not(self) -> None:
        self.make(adjust_count_confs=(bucket("a", 3, ACC), bucket("b", 1), bucket("c", 2, ACC)))
