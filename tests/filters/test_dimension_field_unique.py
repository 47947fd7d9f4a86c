"""DimensionFieldUniqueFilter."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.coercion import label
from tests.filters.contract import FilterContract, context, item

VALUES = st.sampled_from(["x", "7", 7, 7.9, 8.0, "", None, True, ["x"]])


class TestDimensionFieldUniqueFilter(FilterContract):
    kind = "DimensionFieldUniqueFilter"
    config = {"dimension": "spu"}

    def test_numbers_equal_the_same_text(self) -> None:
        items = [item("a", spu=7), item("b", spu="7"), item("c", spu=7.9), item("d", spu=8.0)]
        assert [one.id for one in self.make().apply(items, context())] == ["a", "d"]

    def test_items_without_a_value_are_all_kept(self) -> None:
        items = [item("a"), item("b", spu=""), item("c", spu=None), item("d", spu=True), item("e")]
        assert self.make().apply(items, context()) == items

    @settings(max_examples=60, deadline=None)
    @given(values=st.lists(VALUES, max_size=12))
    def test_each_value_stays_once_at_its_first_place(self, values: list[Any]) -> None:
        items = [item(str(index), spu=value) for index, value in enumerate(values)]
        kept = self.make().apply(items, context())
        labels = [label(value) for value in values]
        assert [one.id for one in kept] == [
            str(index) for index, name in enumerate(labels) if not name or labels.index(name) == index
        ]
