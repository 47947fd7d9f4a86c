"""CustomFieldSort: by a field, in either order."""

from __future__ import annotations

import pytest

from tests.filters.contract import context, item
from tests.sorting.contract import SortContract


class TestCustomFieldSort(SortContract):
    kind = "CustomFieldSort"
    config = {"sort_by_field": "price"}

    @pytest.mark.parametrize(
        ("order", "expected"), [("", "bca"), ("desc", "bca"), ("ASC", "acb"), ("asc", "acb"), ("up", "bca")]
    )
    def test_order(self, order: str, expected: str) -> None:
        items = [item("a", price=1), item("b", price=3), item("c", price=2)]
        after = self.make(sort_order=order).apply(items, context())
        assert "".join(one.id for one in after) == expected

    def test_without_a_field_it_is_by_score(self) -> None:
        after = self.make(sort_by_field="").apply([item("a", 0.1), item("b", 0.9)], context())
        assert [one.id for one in after] == ["b", "a"]
