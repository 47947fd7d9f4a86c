"""DPPSort: the greedy choice beside determinants, and the page as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.sorting.dpp import DppConf, DPPSort, greedy, windows
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract
from tests.sorting.spaces import VIEW, Table, resources


def slow_twin(vectors: Any, count: int) -> list[int]:
    """Each next row makes the greatest determinant of the kernel of the rows chosen."""
    kernel = vectors @ vectors.T
    chosen: list[int] = []
    while len(chosen) < count:
        rest = [index for index in range(len(vectors)) if index not in chosen]
        volumes = [np.linalg.det(kernel[np.ix_([*chosen, one], [*chosen, one])]) for one in rest]
        chosen.append(rest[int(np.argmax(volumes))])
    return chosen


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 5))
def test_it_is_its_slow_twin(seed: int, count: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(8, 6))
    assert greedy(vectors, count, []) == slow_twin(vectors, count)


def test_rows_that_add_nothing_come_in_order() -> None:
    vectors = np.array([[1.0, 0], [2, 0], [3, 0], [0, 1]])
    assert greedy(vectors, 4, []) == [2, 3, 0, 1]
    assert greedy(np.zeros((3, 2)), 2, []) == [0, 1]
    assert greedy(vectors, 2, [2, 0]) == [1, 3]


def test_windows_do_not_repeat_rows() -> None:
    vectors = np.random.default_rng(1).normal(size=(9, 3))
    assert sorted(windows(vectors, 20, 4)) == list(range(9))
    first = windows(vectors, 7, 3)
    assert first[:3] == greedy(vectors, 3, [])
    assert first[3:6] == greedy(vectors, 3, first[:3])
    assert len(first) == 7


class TestDPPSort(SortContract):
    kind = "DPPSort"
    may_drop = True
    config = {"dpp_conf": DppConf(**VIEW)}

    def make(self, table: Table | None = None, **conf: Any) -> Any:
        config = DPPSort.Config(DppConf(**{**VIEW, **conf}))
        return DPPSort("named", config, resources(table or Table()))

    def page(self, given: list[Item], size: int, rows: dict[str, str], **conf: Any) -> str:
        return "".join(one.id for one in self.make(Table(rows), **conf).apply(given, context(size)))

    ROWS = {"a": "1,0", "b": "1,0.01", "c": "0,1", "d": "0.01,1"}

    @pytest.mark.parametrize(("alpha", "expected"), [(0.01, "ac"), (1.0, "ac"), (20.0, "ab")])
    def test_alpha_weighs_scores_against_unlikeness(self, alpha: float, expected: str) -> None:
        given = [item("a", 0.9), item("b", 0.8), item("c", 0.5), item("d", 0.4)]
        assert self.page(given, 2, self.ROWS, alpha=alpha) == expected

    def test_great_scores_do_no_harm(self) -> None:
        given = [item("a", 1e300), item("b", -1e300), item("c", 0.5)]
        assert sorted(self.page(given, 3, self.ROWS, alpha=5.0)) == ["a", "b", "c"]

    def test_the_page_alone_is_given(self) -> None:
        given = [item(id) for id in "abcd"]
        assert len(self.page(given, 3, self.ROWS)) == 3
        assert sorted(self.page(given, 9, self.ROWS, window_size=3)) == list("abcd")

    def test_few_items_stay(self) -> None:
        given = [item("b", 0.1), item("a", 0.9)]
        table = Table(self.ROWS)
        assert self.make(table, abort_run_count=2).apply(given, context(1)) == given
        assert table.asked == []

    def test_items_apart_come_behind(self) -> None:
        given = [item("x", retrieve_id="cold"), item("a", 0.9), item("b", 0.5), item("c")]
        assert self.page(given, 2, self.ROWS, alpha=0.5, filter_retrieve_ids=("cold",)) == "acx"

    def test_without_embeddings_the_order_stays(self) -> None:
        asked = context(2)
        given = [item("b"), item("a"), item("c")]
        assert self.make(Table({})).apply(given, asked) == given
        assert asked.notes == ["embeddings are missing for 3 of 3 items: the order stays"]

    def test_the_score_that_was_weighed_is_kept(self) -> None:
        one = item("a", 0.5)
        self.make(Table(self.ROWS)).apply([one], context())
        assert one.algo_scores == {"dpp_relevance_score": 0.5}
