"""The planted truth: who likes what.

Categories, niches inside categories, items and users are unit vectors in one latent space of DIM dimensions.
An author publishes inside one niche, and a tag names a niche, so category, author and tag all tell of an
item's place; a user belongs to a group (which shapes gender, age and city) that likes a few categories.

    taste(u, i) = sqrt(DIM) · <u, i>                         about N(0, 1) over random pairs
    drive(u, i) = TASTE · taste(u, i) + FOCUS · [i lies in u's focus] + QUALITY · quality(i)
                  + FRESH · 2^(-age / HALF_LIFE) - POSITION · position
    logit(u, i) = BASE + signal · drive(u, i) + signal² · LIFT

LIFT holds the click rate near 12 % at every signal, since at higher signal more of what is liked is shown.

With signal 0 the logit is the constant BASE.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pairec_cli.datagen.config import WorldConfig, stream
from pairec_cli.datagen.names import CATEGORIES, TAGS_PER_CATEGORY

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

DIM = 8
GROUPS = 8
FAVOURITES = 6
"""Niches that a user is shown beyond chance: those nearest to the user."""

BASE, LIFT = -2.0, -1.7
TASTE, FOCUS, QUALITY, FRESH, POSITION = 1.2, 0.6, 0.3, 0.7, 0.1
HALF_LIFE = 10.0
"""Days after which half of an item's freshness is gone."""
TASTE_SHARE, POPULAR_SHARE = 0.35, 0.35
"""Of the places on a page, filled by taste and by popularity; the rest is filled at random."""
FOCUS_DAYS = 5
"""For so many days a user keeps to one favourite niche more than to the others."""

_MAX_NICHES = 256
_BLOCK = 1 << 14


@dataclass(frozen=True)
class Taste:
    """Latent vectors and labels of every user and item that will ever be; index = id - 1.

    user (users, DIM) and item (items, DIM): unit vectors. group (users): latent group. niche (items): niche
    number. category (niches) and tag (niches): the labels that a niche shows. quality (items): mean 0, sd 1.
    popularity (items): Zipf weights with mean 1. activity (users): log-normal weights with mean 1.
    """

    config: WorldConfig
    user: Floats
    item: Floats
    group: Ints
    niche: Ints
    centre: Floats
    category: Ints
    tag: Ints
    quality: Floats
    popularity: NDArray[np.float64]
    activity: NDArray[np.float64]

    @cached_property
    def favourites(self) -> Ints:
        """The niches nearest to each user, nearest first: (users, at most FAVOURITES)."""
        blocks = [self._nearest(self.user[at : at + _BLOCK]) for at in range(0, len(self.user), _BLOCK)]
        return np.concatenate(blocks).astype(np.int32)

    def _nearest(self, users: Floats) -> NDArray[np.int64]:
        near, rows, found = users @ self.centre.T, np.arange(len(users)), []
        for _ in range(min(FAVOURITES, len(self.centre))):  # six maxima cost a fifth of argpartition
            found.append(near.argmax(axis=1))
            near[rows, found[-1]] = -np.inf
        return np.column_stack(found)

    def focus(self, users: Ints, day: int) -> Ints:
        """The niche that each user keeps to on that day, one of the favourites."""
        period = day // FOCUS_DAYS
        mixed = (users.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= np.uint64((period * 0xC2B2AE3D27D4EB4F + self.config.seed) % (1 << 64))
        mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xD6E8FEB86659FD93)
        choice = (mixed >> np.uint64(40)) % np.uint64(self.favourites.shape[1])
        return self.favourites[users, choice.astype(np.int64)]

    def score(self, users: Ints, items: Ints) -> Floats:
        """taste(u, i) for users (n,) and items (n, w) → (n, w)."""
        found = np.einsum("nk,nwk->nw", self.user[users], self.item[items])
        return np.asarray(found * np.float32(np.sqrt(DIM)), np.float32)

    def logit(
        self, taste: Floats, focused: NDArray[np.bool_], items: Ints, age: Ints, position: Ints
    ) -> Floats:
        """The logit of a click; all arguments broadcast. `age` is in days since publication."""
        fresh = np.exp2(np.maximum(age, 0) * np.float32(-1 / HALF_LIFE), dtype=np.float32)
        drive = np.float32(TASTE) * taste + np.float32(FOCUS) * focused
        drive += np.float32(QUALITY) * self.quality[items] + np.float32(FRESH) * fresh
        drive -= np.float32(POSITION) * position
        signal = self.config.signal
        return np.asarray(np.float32(BASE + signal**2 * LIFT) + np.float32(signal) * drive, np.float32)


def plant(config: WorldConfig, niche: Ints, niches: int) -> Taste:
    """Draw the latent vectors. `niche` gives each item's niche, a number below `niches`."""
    rng = stream(config, "taste")
    categories = _unit(rng.normal(size=(len(CATEGORIES), DIM)))
    category, tag = labels(niches)
    centre = _unit(categories[category] + 0.22 * rng.normal(size=(niches, DIM)))
    item = _unit(centre[niche] + 0.12 * rng.normal(size=(config.items, DIM)))
    liked = np.argsort(rng.random((GROUPS, len(CATEGORIES))), axis=1)[:, :3]
    group_centre = _unit(categories[liked].sum(1))
    group = rng.integers(0, GROUPS, config.users)
    own = categories[rng.integers(0, len(CATEGORIES), config.users)]
    user = _unit(group_centre[group] + 0.7 * own + 0.2 * rng.normal(size=(config.users, DIM)))
    popularity = (rng.permutation(config.items) + 6.0) ** -0.9
    quality = 0.7 * _standard(np.log(popularity)) + 0.7 * rng.normal(size=config.items)
    activity = rng.lognormal(0.0, 1.0, config.users)
    return Taste(
        config=config,
        user=user.astype(np.float32),
        item=item.astype(np.float32),
        group=group.astype(np.int32),
        niche=niche,
        centre=centre.astype(np.float32),
        category=category,
        tag=tag,
        quality=quality.astype(np.float32),
        popularity=popularity / popularity.mean(),
        activity=activity / activity.mean(),
    )


def niche_count(authors: int) -> int:
    """How many niches so many authors fill."""
    return max(1, min(_MAX_NICHES, authors // 4))


def labels(niches: int) -> tuple[Ints, Ints]:
    """The category and the tag of each niche. Beyond 64 niches, several share a tag."""
    number = np.arange(niches, dtype=np.int32)
    category = number % len(CATEGORIES)
    tag = category * TAGS_PER_CATEGORY + number // len(CATEGORIES) % TAGS_PER_CATEGORY
    return category.astype(np.int32), tag.astype(np.int32)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-12))
