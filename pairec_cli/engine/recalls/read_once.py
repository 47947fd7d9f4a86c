"""Lists that many requests share are read once.

What a text says is kept under the text itself: a list that is published anew is another text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

CHARACTERS = 4_000_000
"""So long the texts that one recall keeps are together; with what they say they take some 40 MB."""


class ReadOnce(Generic[T]):
    """`read`, a function of a text, whose results are kept; those that came first go first when the texts are
    longer than `characters` together. What is given is shared and must not be changed. Safe to share between
    threads."""

    def __init__(self, read: Callable[[str], T], characters: int = CHARACTERS) -> None:
        self.read, self.characters = read, characters
        self._kept: dict[str, T] = {}
        self._length = 0
        self._lock = threading.Lock()

    def __call__(self, text: str) -> T:
        try:
            return self._kept[text]
        except KeyError:
            return self._keep(text, self.read(text))

    def _keep(self, text: str, found: T) -> T:
        with self._lock:
            if text not in self._kept and len(text) <= self.characters:
                self._kept[text] = found
                self._length += len(text)
                while self._length > self.characters:
                    first = next(iter(self._kept))
                    del self._kept[first]
                    self._length -= len(first)
        return found
