"""ConditionSort: which sort a user gets."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.stages import Resources, Sort
from pairec_cli.sorting.condition import Branch, Branches
from pairec_cli.sorting.registry import SORTS
from tests.filters.contract import NoFeatures, context, item
from tests.sorting.contract import SortContract


def vip(value: int) -> FilterParam:
    return FilterParam("vip", domain="user", operator="equal", type="int", value=value)


def branches(default: str, **names: int) -> Branches:
    """A branch to each sort for users of that vip level."""
    return Branches(tuple(Branch((vip(level),), name) for name, level in names.items()), default)


def build(**confs: Branches | str) -> dict[str, Sort]:
    """Sorts by name: those that choose, and others of the kind named."""
    sorts: dict[str, Sort] = {}
    resources = Resources(NoFeatures(), sorts=sorts)
    for name, conf in confs.items():
        stage: Any = SORTS.load(conf if isinstance(conf, str) else "ConditionSort")
        config = stage.Config() if isinstance(conf, str) else stage.Config(conf)
        sorts[name] = stage(name, config, resources)
    return sorts


class TestConditionSort(SortContract):
    kind = "ConditionSort"

    @pytest.mark.parametrize(("level", "expected"), [(1, "ba"), (2, "ab"), (3, "ab")])
    def test_the_branch_of_the_user(self, level: int, expected: str) -> None:
        sorts = build(choice=branches("", score=1, none=2), score="ItemRankScore", none=branches(""))
        after = sorts["choice"].apply([item("a", 0.1), item("b", 0.9)], context(vip=level))
        assert "".join(one.id for one in after) == expected

    def test_the_default(self) -> None:
        sorts = build(choice=branches("score"), score="ItemRankScore")
        after = sorts["choice"].apply([item("a", 0.1), item("b", 0.9)], context())
        assert [one.id for one in after] == ["b", "a"]

    def test_a_branch_without_conditions_is_never_chosen(self) -> None:
        sorts = build(choice=Branches((Branch((), "score"),)), score="ItemRankScore")
        items = [item("a", 0.1), item("b", 0.9)]
        assert sorts["choice"].apply(items, context()) == items

    def test_a_choice_may_lead_to_another(self) -> None:
        sorts = build(choice=branches("other"), other=branches("score"), score="ItemRankScore")
        after = sorts["choice"].apply([item("a", 0.1), item("b", 0.9)], context())
        assert [one.id for one in after] == ["b", "a"]

    def test_a_circle_ends(self) -> None:
        sorts = build(choice=branches("other"), other=branches("choice"))
        with pytest.raises(InvalidInput, match="choice → other → choice"):
            sorts["choice"].apply([item("a")], context())

    def test_an_unknown_sort_is_named(self) -> None:
        sorts = build(choice=branches("scroe"), score="ItemRankScore")
        with pytest.raises(NotFound, match="did you mean 'score'"):
            sorts["choice"].apply([item("a")], context())
