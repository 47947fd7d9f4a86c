"""The grammar of published lists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.engine.recalls.entries import best, parse_entries, parse_weights, to_score

PIECES = st.sampled_from(
    [
        *("a", "b", "", "a:r", "a:", ":r", "a:r:0.5", "b::0.5", "c::-1e3", "a::x", "a::", "::1", "a:::1"),
        *("a::1::2", "a:b::0.5", "a:r:1:2", "b::nan", "b::inf", "c:: 2 ", "é::1", "5"),
    ]
)
SCORED = st.sampled_from(["a::1", "b::0.5", "c::2", "d:r:3"])


def slow_parse(text: str, recall: str) -> list[tuple[str, str, float, bool]]:
    """The grammar, written for the eye."""
    found = []
    for piece in text.split(","):
        parts = piece.split(":")
        if parts[0] == "":
            continue
        own = parts[1] if len(parts) >= 2 and parts[1] else recall
        if len(parts) >= 3:
            try:
                score = float(parts[2])
            except ValueError:
                score = 0.0
            found.append((parts[0], own, 0.0 if score != score else score, True))
        else:
            found.append((parts[0], own, 0.0, False))
    return found


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", []),
        ("a", [("a", "own", 0.0, False)]),
        ("a:hot", [("a", "hot", 0.0, False)]),
        ("a:hot:0.5", [("a", "hot", 0.5, True)]),
        ("a::0.5", [("a", "own", 0.5, True)]),
        ("a:0.7", [("a", "0.7", 0.0, False)]),
        ("a::0.5,b::0.25", [("a", "own", 0.5, True), ("b", "own", 0.25, True)]),
        ("a,,b:r", [("a", "own", 0.0, False), ("b", "r", 0.0, False)]),
        ("a::bad,b::1", [("a", "own", 0.0, True), ("b", "own", 1.0, True)]),
        ("a::nan", [("a", "own", 0.0, True)]),
        ("a::1::2,5", [("a", "own", 1.0, True), ("5", "own", 0.0, False)]),
    ],
)
def test_forms(text: str, entries: list[tuple[str, str, float, bool]]) -> None:
    assert parse_entries(text, "own") == entries


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=6) | st.lists(SCORED, max_size=6))
def test_the_quick_way_agrees_with_the_grammar(pieces: list[str]) -> None:
    text = ",".join(pieces)
    assert parse_entries(text, "own") == slow_parse(text, "own")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab:,.1 n", max_size=24))
def test_any_text_reads_as_the_grammar_says(text: str) -> None:
    assert parse_entries(text, "own") == slow_parse(text, "own")


def test_best_leaves_short_lists_as_they_are() -> None:
    entries = parse_entries("a::1,b::3,c::2", "own")
    assert best(entries, 3) == entries


def test_best_takes_the_highest_and_breaks_ties_by_place() -> None:
    entries = parse_entries("a::1,b::3,c::2,d::3,e", "own")
    assert [entry[0] for entry in best(entries, 3)] == ["b", "d", "c"]
    unscored = parse_entries("a,b,c", "own")
    assert [entry[0] for entry in best(unscored, 2)] == ["a", "b"]
    assert best(entries, 0) == []


def test_weights() -> None:
    assert parse_weights("a:0.5,b,c:x,,:3,d:2") == [("a", 0.5), ("b", 1.0), ("c", 0.0), ("d", 2.0)]
    assert parse_weights("") == []


def test_scores_that_are_no_numbers_count_as_zero() -> None:
    assert [to_score(text) for text in ("1.5", "-2", "", "x", "nan", "1e2")] == [
        1.5,
        -2.0,
        0.0,
        0.0,
        0.0,
        100.0,
    ]
