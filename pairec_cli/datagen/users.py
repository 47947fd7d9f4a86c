"""The users of a world: when they register, who they are, and what their counters show on a day."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pairec_cli.datagen.calendar import arrivals, day_starts
from pairec_cli.datagen.config import WorldConfig, stream
from pairec_cli.datagen.items import LATEST_SECOND, OLDEST, Publishing
from pairec_cli.datagen.names import GENDERS, Names, tags
from pairec_cli.datagen.schema import USERS
from pairec_cli.datagen.taste import GROUPS, Taste

FIRST_USERS = 200
"""At least so many of the users are there at the epoch, whatever the growth."""
_OLDEST_ACCOUNT = 900


def registration_days(config: WorldConfig) -> NDArray[np.int64]:
    """The day on which each user registers, ascending."""
    initial = max(round(config.users * (1 - config.user_growth)), min(config.users, FIRST_USERS))
    ages = np.linspace(_OLDEST_ACCOUNT, 1, initial).astype(np.int64)
    return arrivals(config.users, initial, ages, config.growth_days)


def possible_authors(days: NDArray[np.int64]) -> int:
    """How many users (the first ids) registered before the oldest item was published."""
    return int(np.searchsorted(days, -OLDEST))


class Users:
    """The user table of any day."""

    def __init__(
        self,
        config: WorldConfig,
        taste: Taste,
        publishing: Publishing,
        days: NDArray[np.int64],
        names: Names,
    ) -> None:
        self._config, self._taste, self._publishing, self._days, self._names = (
            config,
            taste,
            publishing,
            days,
            names,
        )
        rng = stream(config, "users")
        size, group = config.users, taste.group
        women = np.linspace(0.15, 0.85, GROUPS)[rng.permutation(GROUPS)][group]
        draw = rng.random(size)
        self._gender = np.where(rng.random(size) < 0.05, 2, (draw >= women).astype(np.int64))
        middle = np.linspace(20, 48, GROUPS)[rng.permutation(GROUPS)][group]
        self._age = np.clip(rng.normal(middle, 6.0), 14, 80)
        per_group = max(1, len(names.cities) // GROUPS)
        local = group * per_group + (per_group * rng.random(size)).astype(np.int64)
        anywhere = rng.integers(0, len(names.cities), size)
        self._city = np.where(rng.random(size) < 0.6, local, anywhere)
        self._second = rng.integers(0, LATEST_SECOND, size)
        self._shown_tags = rng.integers(1, 4, size)
        self._follow, self._followers = rng.lognormal(3.0, 1.0, size), rng.lognormal(2.0, 1.3, size)

    def count(self, day: int) -> int:
        """How many users are registered by the end of `day`."""
        return int(np.searchsorted(self._days, day, side="right"))

    def table(self, day: int) -> pa.Table:
        """The users registered by the end of `day`, schema USERS."""
        count = self.count(day)
        months = (day - self._days[:count] + 1) / 30.0
        created = self._created(day)[:count]
        follow = np.floor(self._follow[:count] * np.sqrt(months))
        followers = np.floor(self._followers[:count] * months * 0.2 + 3.0 * created)
        columns = [
            pa.array(np.arange(1, count + 1)),
            pa.array(GENDERS).take(pa.array(self._gender[:count])),
            pa.array(np.floor(self._age[:count] + day / 365.25).astype(np.int64)),
            self._names.cities.take(pa.array(self._city[:count])),
            pa.array(created),
            pa.array(follow.astype(np.int64)),
            pa.array(followers.astype(np.int64)),
            pa.array(self._registered[:count]),
            self._tags.slice(0, count),
        ]
        return pa.table(columns, schema=USERS)

    def _created(self, day: int) -> NDArray[np.int64]:
        """Items that each user has published by the end of `day`."""
        published = np.searchsorted(self._publishing.day, day, side="right")
        counts = np.bincount(self._publishing.author[:published] - 1, minlength=self._config.users)
        return counts.astype(np.int64)

    @cached_property
    def _registered(self) -> NDArray[np.int64]:
        return day_starts(self._days, self._config.epoch, self._config.timezone) + self._second

    @cached_property
    def _tags(self) -> pa.Array:
        """One to three different tags of the user's nearest niches, joined by `|`."""
        number = self._taste.tag[self._taste.favourites[:, :3]]
        words = pa.array(tags())
        columns = []
        for at in range(number.shape[1]):
            hidden = (number[:, :at] == number[:, at : at + 1]).any(1) | (at >= self._shown_tags)
            columns.append(words.take(pa.array(number[:, at], mask=hidden)))
        return pc.binary_join_element_wise(*columns, "|", null_handling="skip")
