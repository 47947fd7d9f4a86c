"""Values that are kept for a while, at most so many of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
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
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            ends, value = entry
            if self.clock() >= ends:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            if self.sliding:
                self._entries[key] = (self.clock() + self.seconds, value)
            return value

    def put(self, key: str, value: V) -> None:
        with self._lock:
            self._entries[key] = (self.clock() + self.seconds, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self.size:
                self._entries.popitem(last=False)
