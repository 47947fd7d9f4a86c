"""Loose values as numbers and texts, by the engine's rules."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.domain.coercion import MIN_INT, label, to_float, to_int, to_ints, to_text, to_texts

FORMLESS = [None, True, False, [], [1], {}, (), object()]


@pytest.mark.parametrize("value", FORMLESS)
def test_what_has_no_form_takes_the_default(value: object) -> None:
    assert (to_int(value, "d"), to_float(value, "d"), to_text(value, "d"), label(value)) == (
        "d",
        "d",
        "d",
        "",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (5.9, 5),
        (-5.9, -5),
        (1e300, MIN_INT),
        (math.nan, MIN_INT),
        ("+7", 7),
        ("-7", -7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "d"),
        ("5.0", "d"),
        (" 5", "d"),
        ("5_0", "d"),
        ("٥", "d"),
        ("", "d"),
    ],
)
def test_integers(value: object, expected: object) -> None:
    assert to_int(value, "d") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5.0),
        ("5.5", 5.5),
        ("-.5e1", -5.0),
        ("5.", 5.0),
        ("0x1p-2", 0.25),
        ("1_000", 1000.0),
        ("Inf", math.inf),
        ("-infinity", -math.inf),
        ("1e400", "d"),
        ("0x1p9999", "d"),
        (" 5", "d"),
        ("5 ", "d"),
        (".", "d"),
        ("0x1", "d"),
        ("five", "d"),
        ("", "d"),
    ],
)
def test_floats(value: object, expected: object) -> None:
    assert to_float(value, "d") == expected


def test_not_a_number_is_a_number_to_read() -> None:
    found = to_float("NaN", 0.0)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"),
        (5.0, "5"),
        (5.25, "5.25"),
        (-0.0, "-0"),
        (1e21, "1000000000000000000000"),
        (1.5e22, "15000000000000000000000"),
        (-2.5e-7, "-0.00000025"),
        (math.inf, "+Inf"),
        (math.nan, "NaN"),
        ("x", "x"),
    ],
)
def test_texts(value: object, expected: str) -> None:
    assert to_text(value, "d") == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_spelled_in_full_and_reads_back(value: float) -> None:
    text = to_text(value, "")
    assert "e" not in text
    assert Decimal(text) == Decimal(repr(value))
    assert to_float(text, None) == value


def test_lists_keep_what_has_a_form() -> None:
    assert to_ints(["3", 4.9, "x", None]) == [3, 4, 0, 0]
    assert to_texts(["a", "", 5.0, None, True]) == ["a", "5"]
    assert (to_ints("1,2"), to_texts("a,b"), to_texts(5)) == ([], [], [])


def test_labels_truncate_numbers() -> None:
    assert [label(value) for value in ("7", 7, 7.9, -7.9, "")] == ["7", "7", "7", "-7", ""]
