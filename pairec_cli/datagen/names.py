"""Pools of words. Faker makes 26 000 rows a second, so it fills small pools, which numpy then indexes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
from faker import Faker

CATEGORIES: dict[str, tuple[str, str, str, str]] = {
    "music": ("jazz", "rock", "piano", "hiphop"),
    "sports": ("football", "running", "tennis", "climbing"),
    "games": ("chess", "strategy", "arcade", "puzzle"),
    "food": ("baking", "noodles", "coffee", "barbecue"),
    "travel": ("islands", "mountains", "trains", "camping"),
    "fashion": ("sneakers", "vintage", "makeup", "tailoring"),
    "film": ("thriller", "animation", "classics", "documentary"),
    "comedy": ("sketch", "standup", "pranks", "parody"),
    "science": ("space", "physics", "biology", "oceans"),
    "cars": ("racing", "electric", "repair", "offroad"),
    "pets": ("cats", "dogs", "birds", "aquarium"),
    "family": ("babies", "school", "crafts", "stories"),
    "art": ("painting", "pottery", "photography", "calligraphy"),
    "finance": ("stocks", "saving", "startups", "property"),
    "home": ("garden", "carpentry", "cleaning", "interiors"),
    "health": ("yoga", "sleep", "nutrition", "strength"),
}
TAGS_PER_CATEGORY = 4
GENDERS = ("female", "male", "unknown")
NETWORKS = ("wifi", "5g", "4g", "3g")
PAGES = ("home", "detail")
EVENTS = ("expr", "click", "praise")
EXPERIMENTS = ("ER1_L1_EG1_E1", "ER1_L1_EG1_E2", "ER1_L1_EG2_E3")

_CITIES, _PEOPLE, _PHRASES = 48, 256, 256


@dataclass(frozen=True)
class Names:
    """Pools of city names, people's names and phrases for titles, as Arrow string arrays."""

    cities: pa.Array
    people: pa.Array
    phrases: pa.Array


@lru_cache(maxsize=4)
def pools(seed: int) -> Names:
    """The pools of one seed. Faker needs most of the time that a small world takes to begin."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    return Names(
        cities=pa.array(_distinct(fake.city, _CITIES)),
        people=pa.array(_distinct(lambda: f"{fake.first_name()} {fake.last_name()}", _PEOPLE)),
        phrases=pa.array(_distinct(lambda: " ".join(fake.words(3)), _PHRASES)),
    )


def tags() -> list[str]:
    """All tags; the tag of number t belongs to category t // TAGS_PER_CATEGORY."""
    return [tag for group in CATEGORIES.values() for tag in group]


def _distinct(make: Callable[[], str], count: int) -> list[str]:
    """`count` different words, in the order in which they were made."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[make()] = None
    return list(found)
