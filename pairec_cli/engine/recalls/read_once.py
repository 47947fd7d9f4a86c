"""Lists that many requests share are read once.

What a list of the embedded store says is kept under its key until its view is published anew; what one of
another source says is kept under its own text, because nobody tells when it changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pairec_cli.engine.recalls.lists import Lists

T = TypeVar("T")

CHARACTERS = 4_000_000
"""So long the texts are whose sense one recall keeps; what they say takes some 40 MB."""
ENTRY = 50
"""What a key and its place count as, in characters: callers may ask for any number of keys without a list."""
_UNREAD: Any = object()


class ReadOnce(Generic[T]):
    """`lists` through `read`, a function of a text that gives no None. When the texts are longer than
    `characters` together, what came first goes first. What is given is shared and must not be changed. Safe
    to share between threads."""

    def __init__(self, lists: Lists, read: Callable[[str], T], characters: int = CHARACTERS) -> None:
        self.lists, self.read, self.characters = lists, read, characters
        self._kept = _Kept[T](None, characters)

    def many(self, keys: Sequence[str]) -> dict[str, T]:
        """What the lists under those keys say that have one, in the order of `keys`."""
        edition, kept = self.lists.edition(), self._kept
        if kept.edition != edition:  # each thread goes on with what is of the edition that it sees
            kept = self._kept = _Kept[T](edition, self.characters)
        if edition is None:
            return {key: self._of_text(kept, text) for key, text in self.lists.many(keys).items()}
        known = {key: kept.entries.get(key, _UNREAD) for key in keys}
        unread = [key for key, found in known.items() if found is _UNREAD]
        if unread:
            texts = self.lists.many(unread)
            known |= {key: self._of_key(kept, key, texts.get(key)) for key in unread}
        return {key: found for key, found in known.items() if found is not None}

    def _of_key(self, kept: _Kept[T], key: str, text: str | None) -> T | None:
        found = None if text is None else self.read(text)
        kept.keep(key, found, ENTRY + len(text or ""))
        return found

    def _of_text(self, kept: _Kept[T], text: str) -> T:
        found: T | None = kept.entries.get(text)
        if found is None:
            found = self.read(text)
            kept.keep(text, found, ENTRY + len(text))
        return found


class _Kept(Generic[T]):
    """What is kept of one edition: None where a key has no list."""

    def __init__(self, edition: str | None, characters: int) -> None:
        self.edition, self.characters = edition, characters
        self.entries: dict[str, T | None] = {}
        self.lengths: dict[str, int] = {}
        self.length = 0
        self._lock = threading.Lock()

    def keep(self, key: str, found: T | None, length: int) -> None:
        with self._lock:
            if key in self.entries or length > self.characters:
                return
            self.entries[key], self.lengths[key] = found, length
            self.length += length
            while self.length > self.characters:
                first = next(iter(self.entries))
                del self.entries[first]
                self.length -= self.lengths.pop(first)
