"""A world of users, items and behavior with planted taste: any day of it, alone, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from pairec_cli.datagen.behavior import Behavior
from pairec_cli.datagen.calendar import day_number
from pairec_cli.datagen.config import WorldConfig
from pairec_cli.datagen.items import Items, publish
from pairec_cli.datagen.names import pools
from pairec_cli.datagen.schema import BEHAVIOR
from pairec_cli.datagen.taste import Taste, plant
from pairec_cli.datagen.users import Users, possible_authors, registration_days
from pairec_cli.domain.ds import parse_ds
from pairec_cli.domain.errors import InvalidInput

__all__ = ["World", "WorldConfig", "world_of"]


class World:
    """Three tables for any ds, and the truth behind them.

    A day depends on the config and its ds alone: not on which days were generated before, in which order or
    in which process. Days follow one another as in one world: users register and items are published, tastes
    and attributes stay, counts only rise.
    """

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        days = registration_days(config)
        publishing = publish(config, possible_authors(days))
        self.taste: Taste = plant(config, publishing.niche, publishing.niches)
        names = pools(config.seed)
        self._items = Items(config, self.taste, publishing, names)
        self._users = Users(config, self.taste, publishing, days, names)
        self._behavior = Behavior(config, self.taste, self._users, self._items)

    def users(self, ds: str) -> pa.Table:
        """The user table at the end of day `ds`: USER_COLUMNS, one row per registered user, ascending id."""
        return self._users.table(self._day(ds))

    def items(self, ds: str) -> pa.Table:
        """The item table at the end of day `ds`: ITEM_COLUMNS, one row per published item, ascending id."""
        return self._items.table(self._day(ds))

    def behavior(self, ds: str) -> pa.Table:
        """The events of day `ds`: BEHAVIOR_COLUMNS, in order of request time.

        Raises InvalidInput when `ds` lies so far before the epoch that nobody is there yet.
        """
        return pa.Table.from_batches(self.behavior_batches(ds), BEHAVIOR)

    def behavior_batches(self, ds: str) -> Iterator[pa.RecordBatch]:
        """The same rows in batches of about 90 000: for days of any size."""
        return self._behavior.batches(parse_ds(ds))

    def affinity(
        self, user_ids: ArrayLike, item_ids: ArrayLike, ds: str, *, position: ArrayLike = 0
    ) -> NDArray[np.float64]:
        """The true probability that the user clicks the item when it is shown on day `ds`, noise free.

        `user_ids`, `item_ids` and `position` (place in the page, 0 the first) broadcast: shapes (n, 1) and
        (m,) give (n, m). Raises InvalidInput for ids outside 1 … users and 1 … items.
        """
        users = _indices(user_ids, self.config.users, "user")
        items = _indices(item_ids, self.config.items, "item")
        users, items, places = np.broadcast_arrays(users, items, np.asarray(position, np.int32))
        day = self._day(ds)
        flat = users.ravel(), items.ravel()
        score = self.taste.score(flat[0], flat[1][:, None])[:, 0]
        focused = self.taste.niche[flat[1]] == self.taste.focus(flat[0], day)
        age = self._items.age(day, self.config.items)[flat[1]]
        logit = self.taste.logit(score, focused, flat[1], age, places.ravel()).astype(np.float64)
        return np.asarray(1 / (1 + np.exp(-logit))).reshape(users.shape)

    def _day(self, ds: str) -> int:
        return day_number(parse_ds(ds), self.config.epoch)


@lru_cache(maxsize=1)
def world_of(config: WorldConfig) -> World:
    """The world of a config, kept until another is asked for: days that follow one another share it."""
    return World(config)


def _indices(ids: ArrayLike, last: int, kind: str) -> NDArray[np.int32]:
    numbers = np.asarray(ids, np.int64)
    if numbers.size and (numbers.min() < 1 or numbers.max() > last):
        raise InvalidInput(f"{kind} ids of this world are 1 to {last}")
    return (numbers - 1).astype(np.int32)
