"""How many rows an embedding table has, and how wide it is.

Widths are the four policies of the form. The public pages print them with unbalanced parentheses
(`(4 + Pow(count,0.25))/4)*4`); read as a whole division they give at least one step for any count.
"""

from __future__ import annotations

import math

LEAST_BUCKETS, MOST_VALUES = 16, 1_000_000
"""A vocabulary larger than MOST_VALUES is cut there: its rarest values are out of vocabulary."""


def buckets(distinct: int) -> int:
    """Rows for `distinct` values: the next power of two with room for half as many again, and for missing
    and out of vocabulary."""
    wanted = math.ceil(1.5 * min(distinct, MOST_VALUES)) + 2
    return max(LEAST_BUCKETS, 1 << (wanted - 1).bit_length())


def width(policy: str, distinct: int) -> int:
    """Width of an embedding under `EMB_<SQRT4|LN>_STEP<n>`: floor((step + f(distinct)) / step) * step."""
    _, function, steps = policy.split("_")
    step = int(steps.removeprefix("STEP"))
    value = math.log(distinct + 1) if function == "LN" else distinct**0.25
    return int((step + value) // step) * step
