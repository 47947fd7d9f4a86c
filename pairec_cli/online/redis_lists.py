"""Exposures in Redis: a list per user, newest batch first (the open engine's exposure DAO for Redis)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from pairec_cli.domain.sources import DaoConf, DataSource, ExposureLimits, Exposures, KeyValues

DEFAULT_BATCHES = 100


class RedisClient(Protocol):
    """The commands used, as in redis-py. Errors and timeouts are raised as PairecError."""

    def lrange(self, name: str, start: int, end: int) -> list[Any]: ...

    def push(self, name: str, value: str, keep: int, seconds: int) -> None:
        """LPUSH, then LTRIM to `keep` elements, then EXPIRE after `seconds` unless 0; in one round trip."""

    def delete(self, name: str) -> None: ...

    def mget(self, names: Sequence[str]) -> list[Any]:
        """The strings (or bytes) under the keys; None where there is none."""


class RedisLists(DataSource):
    """Keys that begin with RedisPrefix. `clock` gives Unix seconds."""

    adapter: ClassVar[str] = "redis"

    def __init__(self, client: RedisClient, clock: Callable[[], float] = time.time) -> None:
        self.client, self.clock = client, clock

    def exposures(self, dao: DaoConf, limits: ExposureLimits) -> Exposures:
        return RedisExposures(self.client, dao.redis_prefix, limits, self.clock)

    def key_values(self, dao: DaoConf, key: str, value: str) -> KeyValues:
        return RedisStrings(self.client, dao.redis_prefix)


class RedisStrings:
    """Plain strings under the prefix and the key."""

    def __init__(self, client: RedisClient, prefix: str) -> None:
        self.client, self.prefix = client, prefix

    def get_many(self, keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        if not keys:
            return {}
        texts = self.client.mget([self.prefix + key for key in keys])
        found = zip(keys, texts, strict=True)
        return {key: [_text(text)] for key, text in found if text is not None}


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="replace")


class RedisExposures:
    """Elements are `{"item_ids": [...], "timestamp": Unix seconds}`; what is none is skipped. The newest 100
    batches count unless MaxItems says otherwise; the list expires TimeInterval after its last write."""

    plain_ids = True

    def __init__(
        self, client: RedisClient, prefix: str, limits: ExposureLimits, clock: Callable[[], float]
    ) -> None:
        self.client, self.prefix, self.clock = client, prefix, clock
        self.batches = limits.max_items if limits.max_items > 0 else DEFAULT_BATCHES
        self.seconds = max(limits.time_interval, 0)

    def shown(self, uid: str, candidates: Sequence[str]) -> Collection[str]:
        oldest = int(self.clock()) - self.seconds if self.seconds else None
        found: set[str] = set()
        for element in self.client.lrange(self.prefix + uid, 0, self.batches - 1):
            items, at = _batch(element)
            if oldest is None or at >= oldest:
                found.update(items)
        return found

    def append(self, uid: str, batch: Sequence[str]) -> None:
        if batch:
            element = json.dumps({"item_ids": list(batch), "timestamp": int(self.clock())})
            self.client.push(self.prefix + uid, element, self.batches, self.seconds)

    def clear(self, uid: str) -> None:
        self.client.delete(self.prefix + uid)


def _batch(element: str | bytes) -> tuple[list[str], int]:
    """The items and second of an element; nothing for an element of another form."""
    try:
        document = json.loads(element)
        items, at = document.get("item_ids") or [], document.get("timestamp") or 0
    except (ValueError, AttributeError):
        return [], 0
    sound = isinstance(items, list) and all(isinstance(item, str) for item in items)
    return (items, at) if sound and isinstance(at, int) else ([], 0)
