"""SSDSort: the sliding choice beside a slow twin, and the page as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.sorting.ssd import SsdConf, SSDSort, Switch, sliding
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract
from tests.sorting.spaces import VIEW, Table, resources

VIP = FilterParam("vip", domain="user", operator="equal", type="int", value=1)


def slow_twin(
    scores: list[float], vectors: list[list[float]], count: int, gamma: float, window: int, star: bool
) -> list[int]:
    """The paper's algorithm, one number at a time."""
    rest = {index: list(vector) for index, vector in enumerate(vectors)}

    def length(vector: list[float]) -> float:
        return sum(number * number for number in vector) ** 0.5

    def add(vector: list[float], share: float, other: list[float]) -> list[float]:
        return [number + share * one for number, one in zip(vector, other, strict=True)]

    best = max(rest, key=lambda index: (scores[index], -index))
    chosen, volume, history = [best], gamma, []
    direction = rest.pop(best)
    volume *= 1 if star else length(direction)
    while len(chosen) < min(count, len(vectors)):
        if len(history) == window:
            oldest, shares = history.pop(0)
            rest = {index: add(vector, shares[index], oldest) for index, vector in rest.items()}
        square = sum(number * number for number in direction)
        shares = {
            index: sum(a * b for a, b in zip(vector, direction, strict=True)) / square if square else 1.0
            for index, vector in rest.items()
        }
        rest = {index: add(vector, -shares[index], direction) for index, vector in rest.items()}
        history.append((direction, shares))
        best = max(rest, key=lambda index: (scores[index] + volume * length(rest[index]), -index))
        chosen.append(best)
        direction = rest.pop(best)
        volume *= 1 if star else length(direction)
    return chosen


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 9), window=st.integers(2, 4), star=st.booleans())
def test_it_is_its_slow_twin(seed: int, count: int, window: int, star: bool) -> None:
    chance = np.random.default_rng(seed)
    scores, vectors = chance.normal(size=8), chance.normal(size=(8, 5))
    found = sliding(scores, vectors, count, gamma=0.3, window=window, star=star)
    assert found == slow_twin(scores.tolist(), vectors.tolist(), count, 0.3, window, star)


def test_without_directions_it_is_the_order_of_scores() -> None:
    scores = np.array([0.1, 0.9, 0.5])
    assert sliding(scores, np.zeros((3, 2)), 3, gamma=0.25, window=5) == [1, 2, 0]


class TestSSDSort(SortContract):
    kind = "SSDSort"
    may_drop = True
    config = {"ssd_conf": SsdConf(**VIEW)}
    ROWS = {"a": "1,0", "b": "1,0.01", "c": "0,1", "d": "0.01,1"}

    def make(self, table: Table | None = None, **conf: Any) -> Any:
        return SSDSort("named", SSDSort.Config(SsdConf(**{**VIEW, **conf})), resources(table or Table()))

    def page(self, given: list[Item], size: int, **conf: Any) -> str:
        return "".join(one.id for one in self.make(Table(self.ROWS), **conf).apply(given, context(size)))

    @pytest.mark.parametrize(("gamma", "expected"), [(0.0, "acb"), (0.01, "abc"), (5.0, "acb")])
    def test_gamma_weighs_unlikeness_against_scores(self, gamma: float, expected: str) -> None:
        given = [item("b", 0.8), item("a", 0.85), item("c", 0.7)]
        assert self.page(given, 3, gamma=gamma) == expected

    def test_the_page_alone_is_given(self) -> None:
        given = [item(id, 0.5) for id in "abcd"]
        assert self.page(given, 2) == "ac"
        assert sorted(self.page(given, 9, window_size=2)) == list("abcd")
        assert sorted(self.page(given, 9, window_size=1, ensure_positive_sim="false")) == list("abcd")

    def test_few_items_are_ordered_by_score(self) -> None:
        given = [item("a", 0.1), item("b", 0.9)]
        assert self.page(given, 1, abort_run_count=2) == "ba"

    def test_the_condition_switches_it_on(self) -> None:
        given = [item("a", 0.5), item("b", 0.5), item("c", 0.4)]
        sort = self.make(Table(self.ROWS), condition=Switch((VIP,)), gamma=5.0)
        assert "".join(one.id for one in sort.apply(given, context(2))) == "abc"
        assert "".join(one.id for one in sort.apply(given, context(2, vip=1))) == "ac"

    def test_items_apart_come_behind(self) -> None:
        given = [item("x", 0.9, "cold"), item("a", 0.5), item("c", 0.4)]
        assert self.page(given, 1, filter_retrieve_ids=("cold",)) == "ax"

    def test_without_embeddings_it_is_the_order_of_scores(self) -> None:
        asked = context(1)
        after = self.make(Table({})).apply([item("a", 0.1), item("b", 0.9)], asked)
        assert [one.id for one in after] == ["b", "a"]
        assert asked.notes == ["embeddings are missing for 2 of 2 items: the order stays"]
