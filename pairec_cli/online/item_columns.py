"""Columns of the items that meet values of the user or of the request.

ItemColumn    the value of an item is a key: codes per item, one or several
ItemPairs     the items hold `k:v,k:v`: per key the items that have it, and their numbers
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pairec_cli.online.lookup_groups import LookupGroup
from pairec_cli.online.ragged import Ragged
from pairec_cli.online.text_index import TextIndex, file_name, mapped


class ItemColumn:
    """The codes of the items' values, from 0; -1 where an item has none."""

    def __init__(self, folder: Path, name: str) -> None:
        """What `write` wrote. Raises OSError and ValueError for files that are none of its."""
        stored = file_name("column", name)
        self.index = TextIndex.open(folder, stored)
        self._folder, self._stored = folder, stored
        self._codes = open_ragged(folder, stored)
        self._texts: list[str] | None = None

    @classmethod
    def write(cls, folder: Path, name: str, rows: Sequence[Sequence[str]]) -> None:
        """`rows` are the values of each item; behind them comes the item that nobody knows."""
        stored = file_name("column", name)
        texts = list(dict.fromkeys(text for row in rows for text in row))
        codes = {text: code for code, text in enumerate(texts)}
        TextIndex.write(folder, stored, texts, np.arange(len(texts), dtype=np.int32))
        (folder / f"{stored}.json").write_text(json.dumps(texts), "utf-8")
        write_ragged(folder, stored, Ragged.of([*([codes[t] for t in row] for row in rows), []], np.int32))

    @property
    def texts(self) -> list[str]:
        """The distinct values, by code."""
        if self._texts is None:
            self._texts = json.loads((self._folder / f"{self._stored}.json").read_text("utf-8"))
        return self._texts

    def codes(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The codes of each row's values, (N, most), -1 behind the last."""
        codes: NDArray[np.int32] = self._codes.take(rows).padded(-1)
        return codes


class ItemPairs:
    """Numbers of the items by key, of F texts that every item has."""

    def __init__(self, folder: Path, name: str) -> None:
        """What `write` wrote. Raises OSError and ValueError for files that are none of its."""
        stored = file_name("pairs", name)
        self._index = TextIndex.open(folder, stored)
        self._items = open_ragged(folder, stored)
        self._numbers = mapped(folder / f"{stored}.matrix.npy")

    @classmethod
    def write(
        cls, folder: Path, group: LookupGroup, count: int, columns: Iterable[Iterable[Mapping[str, float]]]
    ) -> None:
        """`columns` are the F texts of the group, each with the pairs of the `count` items. Where a key is
        one value the numbers are kept as they enter the model."""
        codes: dict[str, int] = {}
        entries = [_entries(pairs, count, codes) for pairs in columns]
        places = np.sort(np.concatenate([keys for keys, _ in entries]))
        places = places[np.diff(places, prepend=-1) > 0]
        matrix = np.zeros((len(places), len(entries)))
        for column, (keys, numbers) in enumerate(entries):
            matrix[np.searchsorted(places, keys), column] = numbers
        offsets = np.searchsorted(places, np.arange(len(codes) + 1) * max(1, count))
        if not group.separator:
            matrix = group.transformed(matrix)
        stored = file_name("pairs", group.name)
        TextIndex.write(folder, stored, list(codes), np.arange(len(codes), dtype=np.int32))
        write_ragged(folder, stored, Ragged((places % max(1, count)).astype(np.int32), offsets))
        np.save(
            folder / f"{stored}.matrix.npy", matrix.astype(np.float32 if not group.separator else np.float64)
        )

    def sums(self, rows: NDArray[np.int64], keys: Iterable[str]) -> NDArray[np.float64]:
        """Per row and text the sum of the keys' numbers, (N, F)."""
        found = np.zeros((len(rows), self._numbers.shape[1]))
        wanted = rows.astype(np.int32)  # of the items' own type: bisection would convert all of them
        for code in self._index.find(keys):
            if code >= 0:
                first, last = self._items.offsets[code : code + 2]
                items = self._items.values[first:last]
                places = np.minimum(np.searchsorted(items, wanted), len(items) - 1)
                hit = np.flatnonzero(items[places] == wanted)
                found[hit] += self._numbers[first + places[hit]]
        return found


def _entries(
    pairs: Iterable[Mapping[str, float]], count: int, codes: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Per pair of one text the place code * count + item, ascending, and its number. New keys get a code."""
    rows = list(pairs)
    keys = list(chain.from_iterable(rows))
    for key in dict.fromkeys(keys):
        codes.setdefault(key, len(codes))
    coded = np.fromiter(map(codes.__getitem__, keys), np.int64, len(keys))
    numbers = np.fromiter(chain.from_iterable(one.values() for one in rows), np.float64, len(keys))
    places = coded * count + np.repeat(np.arange(count), np.fromiter(map(len, rows), np.int64, count))
    order = np.argsort(places)
    return places[order], numbers[order]


def open_ragged(folder: Path, stored: str) -> Ragged:
    return Ragged(mapped(folder / f"{stored}.values.npy"), mapped(folder / f"{stored}.offsets.npy"))


def write_ragged(folder: Path, stored: str, rows: Ragged) -> None:
    np.save(folder / f"{stored}.values.npy", rows.values)
    np.save(folder / f"{stored}.offsets.npy", rows.offsets)
