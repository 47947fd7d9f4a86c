"""AlgoScoreSort: by an algorithm's score until the scores are high."""

from __future__ import annotations

import pytest

from pairec_cli.domain.candidates import Item
from tests.filters.contract import context, item
from tests.sorting.contract import SortContract


def scored(id: str, score: float, ctr: float) -> Item:
    one = item(id, score)
    one.algo_scores["ctr"] = ctr
    return one


class TestAlgoScoreSort(SortContract):
    kind = "AlgoScoreSort"
    config = {"sort_by_field": "ctr", "switch_threshold": 1.0}

    @pytest.mark.parametrize(("threshold", "expected"), [(1.0, "ba"), (0.9, "ba"), (0.8, "ab")])
    def test_the_best_score_decides(self, threshold: float, expected: str) -> None:
        items = [scored("a", 0.9, 0.1), scored("b", 0.1, 0.8)]
        after = self.make(switch_threshold=threshold).apply(items, context())
        assert "".join(one.id for one in after) == expected
