"""Logs of a world as plain arrays, for the tests of what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from numpy.typing import NDArray

from pairec_cli.datagen.world import World
from pairec_cli.domain.ds import DsRange

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """One row per exposure: user and item ids, place in its request, clicked or not, the day."""

    user: Ints
    item: Ints
    place: Ints
    clicked: NDArray[np.bool_]
    ds: NDArray[np.str_]


def exposures(world: World, days: DsRange) -> Log:
    """The exposures of the days, read from the behavior table alone."""
    parts = [_one_day(world.behavior(ds), ds) for ds in days]
    return Log(*(np.concatenate([getattr(part, name) for part in parts]) for name in Log.__annotations__))


def _one_day(table: pa.Table, ds: str) -> Log:
    def numbers(name: str) -> Ints:
        return np.asarray(pc.cast(table[name], pa.int64()).to_numpy())

    event = table["event"].to_numpy(zero_copy_only=False)
    request, user, item = numbers("request_id"), numbers("user_id"), numbers("item_id")
    shown = event == "expr"
    starts = np.flatnonzero(np.r_[True, request[shown][1:] != request[shown][:-1]])
    lengths = np.diff(np.r_[starts, shown.sum()])
    clicks = set(zip(request[event == "click"].tolist(), item[event == "click"].tolist(), strict=True))
    pairs = zip(request[shown].tolist(), item[shown].tolist(), strict=True)
    return Log(
        user=user[shown],
        item=item[shown],
        place=np.arange(shown.sum()) - np.repeat(starts, lengths),
        clicked=np.array([pair in clicks for pair in pairs]),
        ds=np.full(shown.sum(), ds),
    )


@pytest.fixture(scope="session")
def log_of() -> Callable[[World, DsRange], Log]:
    return exposures
