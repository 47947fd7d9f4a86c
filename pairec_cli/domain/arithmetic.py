"""Float arithmetic as the processor does it: no exceptions, infinities and NaN instead.

PAI-Rec's expressions are evaluated so (Go's math package); Python raises where these give a value.
"""

from __future__ import annotations

import math


def power(base: float, exponent: float) -> float:
    """base^exponent. A negative base with a fraction as exponent is NaN, too large a result infinite."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        negative = base < 0 and exponent % 2 == 1
        return -math.inf if negative else math.inf
    except ValueError:  # 0 to a negative power, or a root of a negative number
        if base:
            return math.nan
        odd = exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf


def quotient(dividend: float, divisor: float) -> float:
    """dividend / divisor; by zero it is infinite, and 0 / 0 is NaN."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def remainder(dividend: float, divisor: float) -> float:
    """The remainder of truncated division: it has the sign of the dividend; by zero it is NaN."""
    try:
        return math.fmod(dividend, divisor)
    except ValueError:
        return math.nan


def logarithm(value: float) -> float:
    """The natural logarithm; -infinity at 0, NaN below."""
    if value > 0:
        return math.log(value)
    return -math.inf if value == 0 else math.nan


def exponential(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def rounded(value: float) -> float:
    """To the nearest whole number, halves away from zero."""
    if not math.isfinite(value):
        return value
    whole = math.trunc(value)
    step = math.copysign(1, value) if abs(value - whole) >= 0.5 else 0
    return math.copysign(float(whole + step), value)
