"""Lists of ids and scores through a JSON parser, with and without orjson."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from math import inf, isfinite

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.engine.recalls import scored_lists
from pairec_cli.engine.recalls.scored_lists import read_scored

NUMBERS = ["0.5", "1", "-2", "1e3", "1E400", "0x1", "01", ".5", "+1", "1_0", "nan", "NaN", "inf", "Infinity"]
OTHERS = ["", " 2 ", "true", "null", "[1]", "{}", '"a"', "9" * 30, "9" * 400, "١"]
IDS = ["a", "b", "", "null", "a b", " a", "a\n", "é", '"', "a\\", "\\u0061", "[", "{", "a:b", ":", "\ud800"]


@pytest.fixture(params=["json", "orjson"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name == "json":
        monkeypatch.delitem(sys.modules, "orjson", raising=False)
    else:
        monkeypatch.setitem(sys.modules, "orjson", orjson)
    return name


def slow(text: str, mark: str) -> dict[str, float] | None:
    """What the list says when each entry is an id, the mark and a finite number, by Python's own reading."""
    found: dict[str, float] = {}
    for piece in text.split(","):
        id, marked, number = piece.partition(mark)
        try:
            score = float(number)
        except ValueError:
            return None
        if not marked or not id or id in found or not isfinite(score):
            return None
        found[id] = score
    return found


def test_scores_in_order() -> None:
    found = read_scored("b::0.25,a::1,c::-1e-3", "::")
    assert found == {"b": 0.25, "a": 1.0, "c": -0.001}
    assert list(found) == ["b", "a", "c"]
    assert {type(score) for score in found.values()} == {float}
    assert read_scored("b:0.25,a: 1", ":") == {"b": 0.25, "a": 1.0}


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:1", "a::", "::1", "a::1,", "a::1,,b::2", "a::1,a::2", "a::x", "a::1::2", "a:b::1", 'a"::1'],
)
def test_anything_else_is_left_to_the_grammar(text: str) -> None:
    assert read_scored(text, "::") is None


def test_a_sum_beyond_all_numbers_is_left_to_the_grammar() -> None:
    assert read_scored("a::1e308,b::1e308", "::") is None


def test_deep_brackets_are_no_number() -> None:
    assert read_scored("a::" + "[" * 100_000, "::") is None


@pytest.mark.parametrize("mark", [":", "::"])
@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(NUMBERS + OTHERS)), max_size=4))
def test_what_is_read_is_what_the_text_says(mark: str, pieces: list[tuple[str, str]]) -> None:
    text = ",".join(f"{id}{mark}{number}" for id, number in pieces)
    found = read_scored(text, mark)
    assert found is None or found == slow(text, mark)


@given(st.dictionaries(st.text("abcé_-1", min_size=1), st.floats(-1e300, 1e300), min_size=1))
def test_lists_of_our_own_nodes_are_read(scores: dict[str, float]) -> None:
    text = ",".join(f"{id}::{json.dumps(score)}" for id, score in scores.items())
    total = sum(scores.values())
    assert read_scored(text, "::") == (scores if -inf < total < inf else None)


def test_one_recommendation_alone_does_without_orjson(monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    kind: Callable[..., object] = json.loads if parser == "json" else orjson.loads
    assert scored_lists._loads() is kind
