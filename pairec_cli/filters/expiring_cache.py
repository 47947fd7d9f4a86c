"""Values that are kept for a while, at most so many of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")

DEFAULT_SECONDS = 3600


class ExpiringCache(Generic[V]):
    """Key → value. What was used longest ago goes first when it is full; a value ends `seconds` after it was
    put, or with `sliding` after it was last asked for. Safe to share between threads."""

    def __init__(self, size: int, seconds: int, *, sliding: bool = False) -> None:
        self.size, self.seconds, self.sliding = size, seconds if seconds > 0 else DEFAULT_SECONDS, sliding
        self.clock: Callable[[], float] = time.monotonic
        self._entries: OrderedDict[str, tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        return self.get_many((key,)).get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, V]:
        """The values of those keys that have one."""
        found: dict[str, V] = {}
        entries, now = self._entries, self.clock()
        with self._lock:
            for key in keys:
                entry = entries.get(key)
                if entry is None:
                    continue
                if now >= entry[0]:
                    del entries[key]
                    continue
                found[key] = entry[1]
                entries.move_to_end(key)
                if self.sliding:
                    entries[key] = (now + self.seconds, entry[1])
        return found

    def put(self, key: str, value: V) -> None:
        self.put_many({key: value})

    def put_many(self, values: Mapping[str, V]) -> None:
        entries, ends = self._entries, self.clock() + self.seconds
        with self._lock:
            for key, value in values.items():
                entries[key] = (ends, value)
                entries.move_to_end(key)
            while len(entries) > self.size:
                entries.popitem(last=False)
