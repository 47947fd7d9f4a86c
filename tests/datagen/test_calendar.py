"""Days since the epoch and who arrives on them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pairec_cli.datagen.calendar import arrivals, day_number, day_starts


def test_days_count_from_the_epoch() -> None:
    assert [day_number(ds, "20260301") for ds in ("20260227", "20260301", "20260401")] == [-2, 0, 31]


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_a_day_starts_at_local_midnight_even_when_clocks_change(timezone: str) -> None:
    days = np.array([8, -1, 0, 8], np.int64)  # 8 March 2026 has 23 hours in New York
    starts = day_starts(days, "20260301", timezone)
    local = [datetime.fromtimestamp(int(at), ZoneInfo(timezone)).strftime("%Y%m%d %H%M%S") for at in starts]
    assert local == ["20260309 000000", "20260228 000000", "20260301 000000", "20260309 000000"]


def test_arrivals_begin_with_the_initial_population_and_slow_down() -> None:
    days = arrivals(1_000, 400, np.arange(400, 0, -1), growth_days=100.0)
    assert days[:400].tolist() == list(range(-400, 0))
    late = days[400:]
    assert len(late) == 600 and late.min() == 0 and (np.diff(late) >= 0).all()
    # 600 · (1 - exp(-t / 100)) have come before day t
    assert [int((late < t).sum()) for t in (50, 100, 300)] == pytest.approx([236, 379, 570], abs=1)


def test_nobody_late_is_no_error() -> None:
    assert arrivals(3, 3, np.array([9, 5, 1]), 10.0).tolist() == [-9, -5, -1]
