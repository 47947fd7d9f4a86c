"""Days as whole numbers since the epoch, and their Unix times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.ds import from_date, shift, to_date, unix_start

SECONDS = 86_400


def day_number(ds: str, epoch: str) -> int:
    """Days from the epoch to `ds`; negative before it."""
    return (to_date(ds) - to_date(epoch)).days


def day_starts(days: NDArray[np.int64], epoch: str, timezone: str) -> NDArray[np.int64]:
    """Unix seconds at which each day (a number since the epoch) begins in the time zone."""
    distinct, where = np.unique(days, return_inverse=True)
    first = from_date(to_date(epoch))
    starts = [unix_start(shift(first, int(day)), timezone) for day in distinct]
    return np.asarray(starts, np.int64)[where]


def arrivals(total: int, initial: int, ages: NDArray[np.int64], growth_days: float) -> NDArray[np.int64]:
    """The day on which each of `total` comes into the world, ascending.

    The first `initial` came `ages` days before the epoch (descending, at least 1). The others follow
    N(t) = total - late · exp(-t / growth_days): many at first, never quite ending, never more than total.
    """
    late = total - initial
    share = (np.arange(late) + 0.5) / max(late, 1)
    after = np.floor(-growth_days * np.log1p(-share)).astype(np.int64)
    return np.concatenate([-ages, after])
