"""RankScore expressions tried on one item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.rank_score_case import rank_scores

RECORDED = json.loads((Path(__file__).parents[1] / "conformance" / "rankscore_cases.json").read_text("utf-8"))


def test_the_recorded_rows() -> None:
    assert rank_scores(RECORDED) == [case["result"] for case in RECORDED["cases"]]


def test_texts_and_objects() -> None:
    document = ["1 + 1", {"expr": "${price}"}, "(1", "x", "1/0", "10^999"]
    assert rank_scores(document) == [2, 12, "no_expression", "parse_error", "panic", "inf"]


def test_an_item_of_its_own() -> None:
    item = {"score": 2, "algo_scores": {"ctr": 0.5}, "features": {"price": "3"}}
    cases = ["${current_score} * ${ctr} * ${price}", "${recall_score}", "${probs_ctr}"]
    assert rank_scores({"item": item, "cases": cases}) == [3, 0, 0]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"cases": "1"}, "cases"),
        ({"cases": ["1", 2]}, "cases[1]"),
        ([{"text": "1"}], "cases[0]"),
        ({"item": {"algo_scores": {"ctr": "1"}}}, "item.algo_scores.ctr"),
    ],
)
def test_other_forms_are_refused_with_their_path(document: Any, path: str) -> None:
    with pytest.raises(InvalidConfig) as error:
        rank_scores(document)
    assert [problem.path for problem in error.value.problems] == [path]
