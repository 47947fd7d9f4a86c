"""One day of behavior: page requests, what they show, and what is clicked and praised.

A request shows up to WIDTH different items. At signal 1 each place is filled from the user's favourite
niches (TASTE_SHARE), from what is popular and fresh (POPULAR_SHARE), or at random; at signal 0 always at
random. Users and items take part from the day after they come, so that every event of a day finds its user
and its item in the tables of the day before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pairec_cli.datagen.config import WorldConfig, stream
from pairec_cli.datagen.items import ROWS_PER_EXPOSURE, Items, attention
from pairec_cli.datagen.names import EVENTS, EXPERIMENTS, NETWORKS, PAGES
from pairec_cli.datagen.schema import BEHAVIOR
from pairec_cli.datagen.taste import BASE, POPULAR_SHARE, TASTE_SHARE, Floats, Ints, Taste
from pairec_cli.datagen.users import Users
from pairec_cli.domain.ds import shift, to_date, unix_start
from pairec_cli.domain.errors import InvalidInput

WIDTH = 10
CHUNK = 8_192
"""Requests drawn from one random stream. Part of what a world is: changing it changes every day."""
LAST_DELAY = 120
"""Requests end so many seconds before the day does, longer than any click and praise take."""
AHEAD = 2
"""Chunks that are made at the same time."""

_SLOTS = 8
_CODES = 4_096
_HOURS = np.array(
    [4, 3, 2, 1, 1, 2, 4, 7, 9, 9, 9, 10, 12, 11, 9, 9, 9, 10, 12, 14, 16, 17, 14, 8], np.float64
)
_WEEK = (0.95, 0.93, 0.94, 0.97, 1.02, 1.11, 1.08)
_NETWORK_SHARE, _DETAIL_SHARE = np.array([0.55, 0.25, 0.17, 0.03]), 0.35


@dataclass(frozen=True)
class Day:
    """What every chunk of a day draws from.

    Pools of items lie one behind the other in `slots`: one per niche, then popular, then uniform. An item
    fills as many slots as its weight asks for, so that a draw is one random number and one look-up.
    """

    ds: str
    number: int
    start: int
    seconds: int
    requests: int
    age: Ints
    visitors: Ints
    slots: Ints
    first: Ints
    size: Ints

    @property
    def chunks(self) -> int:
        return -(-self.requests // CHUNK)


@dataclass(frozen=True)
class Requests:
    """n requests. User index, second of the day, niche in focus: (n,). `item`, `kept`: (n, WIDTH)."""

    user: Ints
    second: NDArray[np.int64]
    focus: Ints
    item: Ints
    kept: NDArray[np.bool_]


class Behavior:
    """The behavior table of any day, as record batches of schema BEHAVIOR."""

    def __init__(self, config: WorldConfig, taste: Taste, users: Users, items: Items) -> None:
        self._config, self._taste, self._users, self._items = config, taste, users, items

    def batches(self, ds: str) -> Iterator[pa.RecordBatch]:
        """The day in order of request time, about 90 000 rows a batch.

        Chunks are independent, so the next ones are made in threads while the caller writes this one.
        """
        day = self._day(ds)
        yield self._chunk(day, 0)
        with ThreadPoolExecutor(AHEAD) as pool:
            coming: deque[Future[pa.RecordBatch]] = deque()
            for chunk in range(1, day.chunks):
                coming.append(pool.submit(self._chunk, day, chunk))
                if len(coming) > AHEAD:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()

    def _chunk(self, day: Day, chunk: int) -> pa.RecordBatch:
        rng = stream(self._config, "behavior", to_date(day.ds).toordinal(), chunk)
        return self._batch(rng, day, chunk, self._requests(rng, day, chunk))

    def _day(self, ds: str) -> Day:
        number = (to_date(ds) - to_date(self._config.epoch)).days
        users, items = self._users.count(number - 1), self._items.count(number - 1)
        if not users or not items:
            raise InvalidInput(
                f"nobody is in this world on {ds} yet",
                hint=f"generate days from {self._config.epoch} on",
            )
        rng = stream(self._config, "day", to_date(ds).toordinal())
        rhythm = _WEEK[to_date(ds).weekday()] * (0.97 + 0.06 * rng.random())
        start = unix_start(ds, self._config.timezone)
        age = self._items.age(number, items)
        slots, first, size = self._pools(rng, age)
        return Day(
            ds=ds,
            number=number,
            start=start,
            seconds=unix_start(shift(ds, 1), self._config.timezone) - start,
            requests=max(1, round(self._config.events_per_day * rhythm / (WIDTH * ROWS_PER_EXPOSURE))),
            age=age,
            visitors=_repeat(rng, self._taste.activity[:users] ** self._config.signal),
            slots=slots,
            first=first,
            size=size,
        )

    def _pools(self, rng: np.random.Generator, age: Ints) -> tuple[Ints, Ints, Ints]:
        """Slots, first slot and number of slots of each pool; an empty niche points at the popular pool."""
        count, niches = len(age), len(self._taste.centre)
        popular = _repeat(rng, attention(self._taste, age, slice(0, count)))
        fair = np.arange(count, dtype=np.int32)
        members = np.concatenate([popular, fair])
        niche = self._taste.niche[members]
        ordered = members[np.argsort(niche, kind="stable")]
        size = np.concatenate([np.bincount(niche, minlength=niches), [len(popular), count]])
        first = np.concatenate([[0], np.cumsum(size)[:-1]])
        empty = size == 0
        first[empty], size[empty] = first[niches], size[niches]
        return np.concatenate([ordered, popular, fair]), first.astype(np.int32), size.astype(np.int32)

    def _requests(self, rng: np.random.Generator, day: Day, chunk: int) -> Requests:
        n = min(CHUNK, day.requests - chunk * CHUNK)
        moment = np.sort((chunk * CHUNK + n * rng.random(n)) / day.requests)
        edges = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])
        hour = np.interp(moment, edges, np.arange(25) / 24)
        user = day.visitors[(rng.random(n) * len(day.visitors)).astype(np.int64)]
        focus = self._taste.focus(user, day.number)
        niches = len(self._taste.centre)
        shelf = np.column_stack(
            [self._taste.favourites[user], focus, np.full(n, niches), np.full(n, niches + 1)]
        )
        code = self._codes[rng.integers(0, _CODES, (n, WIDTH), dtype=np.uint16)]
        pool = np.take_along_axis(shelf, code, axis=1)
        draw = rng.random((n, WIDTH), dtype=np.float32) * day.size[pool]
        item = day.slots[day.first[pool] + np.minimum(draw.astype(np.int32), day.size[pool] - 1)]
        return Requests(
            user=user,
            second=(hour * (day.seconds - LAST_DELAY)).astype(np.int64),
            focus=focus,
            item=item,
            kept=_first_of_kind(item),
        )

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        """Column of a request's shelf by a number below _CODES: favourites, focus, popular, uniform."""
        width, signal = self._taste.favourites.shape[1], self._config.signal
        nearest = 0.75 ** np.arange(width)
        taste = TASTE_SHARE * signal
        shares = [*(taste * 0.6 * nearest / nearest.sum()), taste * 0.4, POPULAR_SHARE * signal]
        edges = np.cumsum(shares)
        return np.searchsorted(edges, (np.arange(_CODES) + 0.5) / _CODES)

    def _batch(self, rng: np.random.Generator, day: Day, chunk: int, requests: Requests) -> pa.RecordBatch:
        """Rows of the requests: each exposure, behind it its click, behind that its praise."""
        taste = self._taste.score(requests.user, requests.item)
        row, place = np.nonzero(requests.kept)
        item, liking = requests.item[row, place], taste[row, place]
        position = (np.cumsum(requests.kept, axis=1) - 1)[row, place].astype(np.int32)
        focused = self._taste.niche[item] == requests.focus[row]
        logit = self._taste.logit(liking, focused, item, day.age[item], position)
        clicked = rng.random(len(item), dtype=np.float32) < _logistic(logit)
        keen = self._config.signal * liking
        praise = BASE + 0.6 * (keen - self._config.signal)
        praised = clicked & (rng.random(len(item), dtype=np.float32) < _logistic(praise))
        rows = 1 + clicked.astype(np.int8) + praised
        source = np.repeat(np.arange(len(item), dtype=np.int32), rows)
        event = _within(rows)
        request = row[source].astype(np.int32)
        delay = self._delays(rng, clicked, position)
        second = requests.second[request] + delay[event, source]
        watched = np.zeros(len(source))
        click_rows = event == 1
        watched[click_rows] = self._playtime(rng, item[clicked], keen[clicked])
        user = requests.user
        columns = [
            _words(request, self._request_ids(day, chunk, len(user))),
            _words(user[request], self._user_ids),
            _words((user % len(EXPERIMENTS)).astype(np.int32)[request], pa.array(EXPERIMENTS)),
            _words((rng.random(len(user)) < _DETAIL_SHARE).astype(np.int32)[request], pa.array(PAGES)),
            _words(self._networks(rng, len(user))[request], pa.array(NETWORKS)),
            pa.array(day.start + second),
            _words(item[source], self._item_ids),
            _words(event, pa.array(EVENTS)),
            pa.array(watched),
        ]
        return pa.record_batch(columns, schema=BEHAVIOR)

    def _delays(self, rng: np.random.Generator, clicked: NDArray[np.bool_], position: Ints) -> Ints:
        """Seconds from request to each event, (3, exposures): later places are reached later."""
        click = 1 + 2 * position + rng.integers(0, 20, len(position), dtype=np.int32)
        praise = click + rng.integers(1, 60, len(position), dtype=np.int32)
        return np.stack([np.zeros_like(click), click, praise])

    def _playtime(self, rng: np.random.Generator, item: Ints, keen: Floats) -> NDArray[np.float64]:
        """Seconds watched: a share of the duration, larger for what the user likes; at least 0.1."""
        share = rng.random(len(item)) ** np.exp(-0.5 * keen)
        return np.asarray(np.maximum(np.round(self._items.duration[item] * share, 1), 0.1))

    def _networks(self, rng: np.random.Generator, n: int) -> Ints:
        return np.searchsorted(np.cumsum(_NETWORK_SHARE)[:-1], rng.random(n)).astype(np.int32)

    def _request_ids(self, day: Day, chunk: int, n: int) -> pa.Array:
        """The ds followed by the request's number, digits only, unique over all days."""
        first = int(day.ds) * 10**10 + chunk * CHUNK
        return pc.cast(pa.array(np.arange(first, first + n)), pa.string())

    @cached_property
    def _user_ids(self) -> pa.Array:
        return pc.cast(pa.array(np.arange(1, self._config.users + 1)), pa.string())

    @cached_property
    def _item_ids(self) -> pa.Array:
        return pc.cast(pa.array(np.arange(1, self._config.items + 1)), pa.string())


def _repeat(rng: np.random.Generator, weights: NDArray[np.float64]) -> Ints:
    """Indices, each about _SLOTS · weight / mean times; what is below one slot is there by chance."""
    wanted = weights * (_SLOTS / weights.mean())
    return np.repeat(
        np.arange(len(weights), dtype=np.int32), np.floor(wanted + rng.random(len(weights))).astype(int)
    )


def _first_of_kind(items: Ints) -> NDArray[np.bool_]:
    """True where an item has not been shown earlier in its row."""
    kept = np.ones(items.shape, np.bool_)
    for place in range(1, items.shape[1]):
        kept[:, place] = (items[:, :place] != items[:, place : place + 1]).all(axis=1)
    return kept


def _within(rows: NDArray[np.int8]) -> Ints:
    """0, 1, … inside each run of `rows` rows."""
    ends = np.cumsum(rows, dtype=np.int32)
    return np.arange(ends[-1], dtype=np.int32) - np.repeat(ends - rows, rows)


def _logistic(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)


def _words(number: Ints, words: pa.Array) -> pa.Array:
    return words.take(pa.array(number))
