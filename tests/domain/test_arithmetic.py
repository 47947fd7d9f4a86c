"""Float arithmetic without exceptions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.arithmetic import (
    exponential,
    logarithm,
    power,
    quotient,
    remainder,
    rounded,
)

INF, NAN = math.inf, math.nan
floats = st.floats(allow_nan=True, allow_infinity=True)


def same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))


@pytest.mark.parametrize(
    ("base", "exponent", "result"),
    [
        (2, 3, 8),
        (-8, 1 / 3, NAN),
        (10, 400, INF),
        (-10, 401, -INF),
        (-10, 400, INF),
        (0.0, -1, INF),
        (-0.0, -1, -INF),
        (-0.0, -2, INF),
        (0, 0, 1),
        (NAN, 0, 1),
        (INF, -1, 0),
    ],
)
def test_powers(base: float, exponent: float, result: float) -> None:
    assert same(power(base, exponent), result)


@pytest.mark.parametrize(
    ("dividend", "divisor", "result"),
    [
        (1, 4, 0.25),
        (1, 0.0, INF),
        (1, -0.0, -INF),
        (-1, 0.0, -INF),
        (0, 0, NAN),
        (NAN, 0, NAN),
        (INF, 0, INF),
    ],
)
def test_quotients(dividend: float, divisor: float, result: float) -> None:
    assert same(quotient(dividend, divisor), result)


@pytest.mark.parametrize(
    ("dividend", "divisor", "result"), [(7, 3, 1), (-7, 3, -1), (5.5, 2, 1.5), (1, 0, NAN), (INF, 2, NAN)]
)
def test_remainders(dividend: float, divisor: float, result: float) -> None:
    assert same(remainder(dividend, divisor), result)


@pytest.mark.parametrize(
    ("value", "result"),
    [(2.5, 3), (-2.5, -3), (2.4, 2), (0.49999999999999994, 0), (1e300, 1e300), (INF, INF), (NAN, NAN)],
)
def test_rounding_goes_away_from_zero(value: float, result: float) -> None:
    assert same(rounded(value), result)


def test_logarithms_and_exponentials_at_the_edges() -> None:
    assert logarithm(0) == -INF
    assert math.isnan(logarithm(-1)) and math.isnan(logarithm(NAN))
    assert logarithm(math.e) == 1
    assert exponential(1000) == INF
    assert exponential(-1000) == 0


@settings(max_examples=200, deadline=None)
@given(floats, floats)
def test_nothing_raises(left: float, right: float) -> None:
    for apply in (power, quotient, remainder):
        assert type(apply(left, right)) is float
    for function in (logarithm, exponential, rounded):
        assert type(function(left)) is float
