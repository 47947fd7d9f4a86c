"""Raw values, one at a time."""

from __future__ import annotations

import math

import pytest

from pairec_cli.online.feature_values import (
    bin_of,
    cleaned,
    combined,
    entries_of,
    looked_up,
    number_of,
    pairs_of,
    text_of,
    texts_of,
    transformed,
    whole_of,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("", ""), ("a", "a"), (3, "3"), (3.0, "3.0"), (True, "true"), (math.nan, "")],
)
def test_texts(value: object, text: str) -> None:
    assert text_of(value) == text


def test_lists() -> None:
    assert texts_of("|a||b|", "|") == ["a", "b"]
    assert texts_of("a|b", "") == ["a|b"]
    assert texts_of(None, "|") == texts_of("", "") == []
    assert entries_of("a;;b;") == ["a", "", "b", ""]
    assert entries_of("") == entries_of(None) == []


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        ("", None),
        ("x", None),
        ([], None),
        (10**400, None),
        (math.nan, None),
        (-math.inf, None),
        ("1e301", None),
        (1e300, 1e300),
        ("-2.5", -2.5),
        (7, 7.0),
        (True, 1.0),
    ],
)
def test_numbers(value: object, number: float | None) -> None:
    assert number_of(value) == number


def test_transforms() -> None:
    assert transformed(None, "none") == transformed(None, "log") == transformed(math.inf, "none") == 0
    assert transformed(-3.0, "none") == -3
    assert transformed(-3.0, "log") == -math.log(4)
    assert transformed(0.0, "log") == 0
    assert [transformed(x, "none") for x in (1e300, -1e300)] == [3.4028234e38, -3.4028234e38]


def test_bins() -> None:
    assert [bin_of(x, (0.0, 1.0)) for x in (None, -1.0, 0.0, 0.5, 1.0, 2.0)] == [0, 1, 2, 2, 3, 3]


def test_wholes() -> None:
    assert [whole_of(x, 24) for x in (None, -1.0, 0.0, 5.0, 5.5, 23.0, 24.0)] == [0, 0, 0, 5, 0, 23, 0]


def test_pairs() -> None:
    assert pairs_of("a:1,b:2.5,a:9,c,:3,d:x") == {"a": 1.0, "b": 2.5}
    assert pairs_of(None) == {}
    assert looked_up({"a": 1.0, "b": 2.5}, ["a", "b", "a", "z"]) == 4.5


def test_combinations() -> None:
    assert combined("m", 13) == "m_13"
    assert combined("m", None) == combined("", 13) == ""


def test_a_request_is_cleaned_as_tables_are() -> None:
    assert cleaned("a:b,c;d#e|f") == "a_b_c_d_e|f"
    assert cleaned(5) == 5
