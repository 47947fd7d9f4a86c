"""RankScore: the golden results of the open engine, its habits, and texts that mean harm."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.rank_score import DEEPEST, LONGEST, compile_rank_score, is_score, named_value

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "rankscore_cases.json").read_text("utf-8"))


def item() -> Item:
    """The item that the golden results were made with."""
    scores = {"probs_ctr": 0.2, "probs_cvr": 0.5, "zero": 0.0, "both": 3.0}
    scores |= {"algo_ctr": 0.1, "algo_cvr": 0.3, "a-b.c": 9.0}
    properties: dict[str, object] = {"price": 12, "price_text": "12.5", "word": "abc", "both": 4}
    return Item("i", 0.25, properties=properties, algo_scores=scores)


def result(text: str) -> Any:
    try:
        score = compile_rank_score(text)
    except InvalidInput:
        return "parse_error"
    if score is None:
        return "no_expression"
    try:
        return score(item())
    except InvalidInput:
        return "panic"


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["expr"])
def test_golden_results(case: dict[str, Any]) -> None:
    assert result(case["expr"]) == case["result"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2^3^2", 64),
        ("2+3*4^2", 50),
        ("0#2^3", 8),
        ("2^0#3", 8),
        ("-5", -5),
        ("-2^2", -4),
        ("1e-3", 0),
        ("2 + 1e-3", 2),
        ("1+", 1),
        ("3 4", 3),
        ("(1)(2)", 1),
        ("((1)", 1),
        ("()", 0),
        (")", 0),
        ("2*-", 0),
        ("7%3", 1),
        ("(0-7)%3", -1),
        ("7.9%3.9", 1),
        ("5%0", "panic"),
        ("5%0.5", "panic"),
        ("1/0", "panic"),
        ("0#(1/0)", "panic"),
        ("1#(1/0)", "panic"),
        ("1e400", 0),
        ("1.2.3", 0),
        ("1 $ 2", 1),
        ("${price_text}*2", 25),
        ("${word}", 0),
        ("${both}", 3),
        ("${current_score}", 0.25),
        ("${recall_score}", 0),
        ("${current_score}+${recall_score}", 0.5),
        ("${a-b.c}", 9),
        ("1 ${+} 2", 3),
        ("${price", 12),
        ("${}", 0),
        (" 1", 1),
        ("1 ", 1),
        ("1\n", "parse_error"),
        ("\t", "parse_error"),
        ("1 \t ", 1),
        (" ", "panic"),
        ("$", "panic"),
        ("(", "no_expression"),
        ("1+(", "no_expression"),
        ("1+(2 3)+4", "no_expression"),
        (".5", "parse_error"),
        ("log(2)", "parse_error"),
        ("1,2", "parse_error"),
        ("十", "parse_error"),
    ],
)
def test_habits_of_the_engine(text: str, expected: object) -> None:
    assert result(text) == expected


def test_names_of_an_item() -> None:
    one = item()
    assert named_value(one, "missing") is None
    assert named_value(one, "price") == 12
    assert "recall_score" not in one.algo_scores
    assert named_value(one, "current_score") == 0.25
    assert one.algo_scores["recall_score"] == 0.25


@pytest.mark.parametrize(("value", "good"), [(1e308, True), (math.inf, False), (math.nan, False)])
def test_scores_are_finite(value: float, good: bool) -> None:
    assert is_score(value) is good


def test_infinite_results_are_given_as_they_are() -> None:
    assert result("10^400") == math.inf
    assert result("1e308*10") == math.inf
    assert math.isnan(result("(0-8)^0.5"))


class TestHostileTexts:
    def test_many_operators(self) -> None:
        terms = LONGEST // 2
        assert result("+".join(["1"] * terms)) == terms

    def test_deep_nesting(self) -> None:
        assert result("(" * DEEPEST + "7" + ")" * DEEPEST) == 7
        with pytest.raises(InvalidInput, match="nests"):
            compile_rank_score("(" * (DEEPEST + 1) + "7" + ")" * (DEEPEST + 1))

    def test_long_texts(self) -> None:
        with pytest.raises(InvalidInput, match="longer"):
            compile_rank_score("1" * (LONGEST + 1))

    def test_python_is_not_spoken(self) -> None:
        assert result("__import__('os')") == "parse_error"

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="0123456789._e+-*/%^#() ${}abprice\n", max_size=60))
    def test_any_text_ends_in_one_of_four_ways(self, text: str) -> None:
        found = result(text)
        assert type(found) is float or found in ("parse_error", "no_expression", "panic")


def python_of(tree: Any) -> str:
    return f"({python_of(tree[0])}{tree[1]}{python_of(tree[2])})" if isinstance(tree, tuple) else str(tree)


trees = st.recursive(
    st.integers(1, 9),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_arithmetic_is_pythons(tree: Any) -> None:
    text = python_of(tree)
    assert result(text) == eval(text, {"__builtins__": {}})  # noqa: S307  # digits, operators, parentheses


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["+", "-", "*"]), st.integers(1, 9)), max_size=12))
def test_precedence_is_pythons(steps: list[tuple[str, int]]) -> None:
    text = "1" + "".join(f"{operator}{number}" for operator, number in steps)
    assert result(text) == eval(text, {"__builtins__": {}})  # noqa: S307  # digits and operators
