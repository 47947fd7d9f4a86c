"""The settings of a world and its seeded random streams."""

from __future__ import annotations

import zlib
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pairec_cli.domain.ds import parse_ds, zone


def _known_zone(name: str) -> str:
    zone(name)
    return name


class WorldConfig(BaseModel):
    """Everything that a world follows from. Equal configs give equal worlds (with equal numpy and faker).

    The defaults are a demo that a laptop generates in seconds; 100 000 users, 50 000 items and ten million
    events a day is the same code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: Annotated[str, AfterValidator(parse_ds)]
    """The day on which the initial population stands complete: take the first day to be generated."""
    users: int = Field(default=1_000, ge=1, le=50_000_000)
    """How many users there will ever be; their ids are 1 … users, in order of registration."""
    items: int = Field(default=2_000, ge=1, le=50_000_000)
    """How many items there will ever be; their ids are 1 … items, in order of publication."""
    events_per_day: int = Field(default=8_000, ge=1, le=1_000_000_000)
    """Behavior rows of an average day, within some 15 percent; weekends have more, Tuesdays fewer."""
    seed: int = Field(default=1, ge=0)
    signal: float = Field(default=1.0, ge=0.0, le=1.0)
    """1: taste, popularity, freshness and position drive what is shown and clicked. 0: nothing does."""
    user_growth: float = Field(default=0.2, ge=0.0, le=1.0)
    """Share of the users who register after the epoch."""
    item_growth: float = Field(default=0.4, ge=0.0, le=1.0)
    """Share of the items that are published after the epoch."""
    growth_days: float = Field(default=180.0, gt=0.0)
    """Growth slows down: of what was missing, 1/e is still missing after this many days."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """The instance's time zone, in which a ds is a day."""


def stream(config: WorldConfig, purpose: str, *keys: int) -> np.random.Generator:
    """The random stream of one purpose (and day, and chunk): independent of every other stream."""
    entropy = [config.seed, zlib.crc32(purpose.encode()), *keys]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))
