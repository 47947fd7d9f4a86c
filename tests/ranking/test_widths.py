"""Sizes of embedding tables: the worked examples, and what holds for any count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.ranking.widths import LEAST_BUCKETS, MOST_VALUES, buckets, width


@pytest.mark.parametrize(
    ("policy", "distinct", "expected"),
    [
        ("EMB_SQRT4_STEP4", 10_000, 12),  # fourth root 10
        ("EMB_SQRT4_STEP8", 10_000, 16),
        ("EMB_LN_STEP4", 10_000, 12),  # logarithm 9.21
        ("EMB_LN_STEP8", 10_000, 16),
        ("EMB_SQRT4_STEP4", 1, 4),
        ("EMB_SQRT4_STEP8", 2, 8),
        ("EMB_LN_STEP4", 0, 4),
        ("EMB_SQRT4_STEP4", 256, 8),  # fourth root 4: exactly one step more
    ],
)
def test_width_is_a_whole_number_of_steps(policy: str, distinct: int, expected: int) -> None:
    assert width(policy, distinct) == expected


@pytest.mark.parametrize(("distinct", "rows"), [(0, 16), (9, 16), (10, 32), (1000, 2048), (50_000, 131_072)])
def test_buckets_are_a_power_of_two(distinct: int, rows: int) -> None:
    assert buckets(distinct) == rows


@given(st.integers(0, 10**8))
def test_every_value_has_a_row_until_there_are_too_many(distinct: int) -> None:
    rows = buckets(distinct)
    assert rows >= max(LEAST_BUCKETS, 1.5 * min(distinct, MOST_VALUES) + 2)
    assert rows & (rows - 1) == 0
    assert rows <= buckets(MOST_VALUES)
