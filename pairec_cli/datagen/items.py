"""The items of a world: who publishes what and when, and what their counters show on a day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pairec_cli.datagen.calendar import arrivals, day_starts
from pairec_cli.datagen.config import WorldConfig, stream
from pairec_cli.datagen.names import CATEGORIES, Names, tags
from pairec_cli.datagen.schema import ITEMS
from pairec_cli.datagen.taste import (
    BASE,
    HALF_LIFE,
    POPULAR_SHARE,
    QUALITY,
    TASTE_SHARE,
    Ints,
    Taste,
    niche_count,
)

OLDEST = 360
"""No item is older than this many days at the epoch; authors have been registered for longer."""
FRESH_FLOOR = 0.15
"""Share of its first day's attention that an old item keeps."""
ITEMS_PER_AUTHOR = 8
ROWS_PER_EXPOSURE = 1.13
"""An exposure and its share of clicks and praises."""
_TYPICAL = -0.4
"""LIFT and what taste, focus, freshness and position add to it, over what is shown at signal 1."""
LATEST_SECOND = 79_200
"""Registrations and publications fall in the first 22 hours of a day: a clock change moves none out."""


@dataclass(frozen=True)
class Publishing:
    """When items come and from whom; index = item id - 1, in order of publication."""

    day: NDArray[np.int64]
    second: NDArray[np.int64]
    author: NDArray[np.int64]
    niche: Ints
    niches: int


def publish(config: WorldConfig, eligible_authors: int) -> Publishing:
    """Draw authors (user ids 1 … eligible_authors), each in one niche, and publication times."""
    rng = stream(config, "items")
    initial = max(round(config.items * (1 - config.item_growth)), min(config.items, 10))
    ages = np.clip(rng.exponential(60.0, initial), 1, OLDEST).astype(np.int64)
    authors = max(1, min(config.items // ITEMS_PER_AUTHOR, eligible_authors))
    niches = niche_count(authors)
    ids = 1 + rng.choice(eligible_authors, authors, replace=False).astype(np.int64)
    who = np.minimum((authors * rng.random(config.items) ** 1.5).astype(np.int64), authors - 1)
    return Publishing(
        day=arrivals(config.items, initial, np.sort(ages)[::-1], config.growth_days),
        second=rng.integers(0, LATEST_SECOND, config.items),
        author=ids[who],
        niche=(who % niches).astype(np.int32),
        niches=niches,
    )


def attention(taste: Taste, age: Ints, items: slice) -> NDArray[np.float64]:
    """Weight with which an item is shown as popular: mean near 1 for signal 0, Zipf times freshness for 1."""
    fresh = FRESH_FLOOR + (1 - FRESH_FLOOR) * np.exp2(-np.maximum(age, 0) / HALF_LIFE)
    signal = taste.config.signal
    return np.asarray(1 - signal + signal * taste.popularity[items] * fresh, np.float64)


class Items:
    """The item table of any day.

    click_count and praise_count are what an item can expect to have collected since its publication: a closed
    form of its age, so that a day stands alone and counts never fall.
    """

    def __init__(self, config: WorldConfig, taste: Taste, publishing: Publishing, names: Names) -> None:
        self._config, self._taste, self._publishing, self._names = config, taste, publishing, names
        rng = stream(config, "item table")
        self.duration = np.round(np.clip(rng.lognormal(4.0, 0.8, config.items), 5, 1800), 1)
        self._praise_rate = 0.05 + 0.2 * rng.random(config.items)
        self._phrase = rng.integers(0, len(names.phrases), config.items)

    def count(self, day: int) -> int:
        """How many items are published by the end of `day`."""
        return int(np.searchsorted(self._publishing.day, day, side="right"))

    def age(self, day: int, count: int) -> Ints:
        """Days since publication of the first `count` items."""
        return (day - self._publishing.day[:count]).astype(np.int32)

    def table(self, day: int) -> pa.Table:
        """The items published by the end of `day`, schema ITEMS."""
        count = self.count(day)
        clicks = self._clicks(day, count)
        columns = [
            pa.array(np.arange(1, count + 1)),
            pa.array(self.duration[:count]),
            self._title.slice(0, count),
            self._category.slice(0, count),
            pa.array(self._publishing.author[:count]),
            pa.array(np.floor(clicks).astype(np.int64)),
            pa.array(np.floor(clicks * self._praise_rate[:count]).astype(np.int64)),
            pa.array(self._published[:count]),
        ]
        return pa.table(columns, schema=ITEMS)

    def _clicks(self, day: int, count: int) -> NDArray[np.float64]:
        """Clicks expected up to the end of `day`: exposures times click rate, summed over the item's days."""
        age = np.maximum(self.age(day, count), 0).astype(np.float64)
        faded = HALF_LIFE / np.log(2) * (1 - np.exp2(-age / HALF_LIFE))
        driven = self._taste.popularity[:count] * (FRESH_FLOOR * age + (1 - FRESH_FLOOR) * faded)
        items, weights = self._shown
        signal = self._config.signal
        share = signal * (TASTE_SHARE + POPULAR_SHARE)
        exposures = (1 - share) * age / items + share * ((1 - signal) * age + signal * driven) / weights
        logit = BASE + signal * QUALITY * self._taste.quality[:count] + signal**2 * _TYPICAL
        return np.asarray(exposures / (1 + np.exp(-logit)) * self._config.events_per_day / ROWS_PER_EXPOSURE)

    @cached_property
    def _shown(self) -> tuple[int, float]:
        """Items and sum of their attention a month after the epoch, taken for every day's."""
        count = max(1, self.count(30))
        return count, float(attention(self._taste, self.age(30, count), slice(0, count)).sum())

    @cached_property
    def _published(self) -> NDArray[np.int64]:
        starts = day_starts(self._publishing.day, self._config.epoch, self._config.timezone)
        return starts + self._publishing.second

    @cached_property
    def _category(self) -> pa.Array:
        return pa.array(list(CATEGORIES)).take(pa.array(self._taste.category[self._publishing.niche]))

    @cached_property
    def _title(self) -> pa.Array:
        tag = pa.array([word.capitalize() for word in tags()])
        people = self._names.people
        return pc.binary_join_element_wise(
            tag.take(pa.array(self._taste.tag[self._publishing.niche])),
            self._names.phrases.take(pa.array(self._phrase)),
            "with",
            people.take(pa.array(self._publishing.author % len(people))),
            " ",
        )
