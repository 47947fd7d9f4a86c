"""Texts to numbers from two mapped files: a million ids are there at once, and only what is asked is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError

ABSENT = -1
_LONGEST, _HEAD = 48, 16
_MEMORY = 100_000
"""Texts whose numbers are remembered, so that a hot one costs a look into a dict."""


class TextIndex:
    """Texts, each with a number. Safe to share between threads.

    Keys stand sorted in one array of fixed width and are found by bisection.
    """

    def __init__(self, keys: NDArray[np.bytes_], numbers: NDArray[np.int32]) -> None:
        """`keys` (n,) sorted, as `write` makes them, `numbers` (n,)."""
        self._keys, self._numbers = keys, numbers
        self._known: dict[str, int] = {}

    @classmethod
    def write(cls, folder: Path, name: str, texts: Sequence[str], numbers: NDArray[np.int32]) -> None:
        """Writes `texts` and their numbers as files of `folder`. Raises DataError for a text that comes
        twice, and for an empty one."""
        keys = np.array([_key(text) for text in texts], dtype=np.bytes_)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        for place in np.flatnonzero(keys[1:] == keys[:-1]):
            raise DataError(f"{texts[order[place]]!r} comes more than once in {name}")
        if len(keys) and not keys[0]:
            raise DataError(f"{name} has an empty text")
        np.save(folder / f"{name}.keys.npy", keys)
        np.save(folder / f"{name}.numbers.npy", numbers[order].astype(np.int32))

    @classmethod
    def open(cls, folder: Path, name: str) -> TextIndex:
        """What `write` wrote. Raises OSError and ValueError for files that are none of its."""
        return cls(mapped(folder / f"{name}.keys.npy"), mapped(folder / f"{name}.numbers.npy"))

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, texts: Iterable[str]) -> list[int]:
        """The number of each text; -1 for those that are not there."""
        known, wanted = self._known, list(texts)
        found = list(map(known.get, wanted))
        if None in found:
            absent = [text for text, number in zip(wanted, found, strict=True) if number is None]
            if len(known) + len(absent) > _MEMORY:
                known = self._known = {}  # a new one: other threads may be reading the old one
            numbers = iter(self._bisect(absent))
            found = [next(numbers) if number is None else number for number in found]
            known.update(cast("zip[tuple[str, int]]", zip(wanted, found, strict=True)))
        return cast("list[int]", found)

    def _bisect(self, texts: list[str]) -> list[int]:
        keys = self._keys
        if not len(keys):
            return [ABSENT] * len(texts)
        width = keys.dtype.itemsize
        asked = np.array([key if len(key) <= width else b"" for key in map(_key, texts)], dtype=keys.dtype)
        places = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        found: list[int] = np.where(keys[places] == asked, self._numbers[places], ABSENT).tolist()
        return found


def file_name(kind: str, name: str) -> str:
    """A file's name for something that may be named in any way."""
    return f"{kind}-{quote(name, safe='')}"


def mapped(path: Path) -> NDArray[Any]:
    """The array in a .npy file, read-only and read when looked at. Raises OSError and ValueError."""
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)  # numpy's class for mapped files looks at itself at every access


def _key(text: str) -> bytes:
    """The text's bytes; of a long one its beginning and a digest, longer than any that stands for itself."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= _LONGEST and not raw.endswith(b"\0"):
        return raw
    return raw[:_HEAD] + blake2b(raw, digest_size=16).hexdigest().encode() + b"~"
