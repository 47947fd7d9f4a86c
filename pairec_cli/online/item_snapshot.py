"""The item features of one day as a model takes them: mapped arrays beside a sorted index of ids.

Items stand in the order in which they were written, and behind them one row of an item that nobody knows:
its ids are 0 (missing), its numbers 0. `snapshot_writing` makes the folder:

    meta.json                   format, model.json's SHA-256, rows
    items.keys.npy …            id → row
    ids.npy, dense.npy          (rows + 1, columns) of the inputs item_ids, item_dense
    tag-<feature>.*.npy         ids of a tag input, ragged
    text-<column>.npy           codes of the values of a column that meets the user's or the request's
    tags-<column>.*.npy         the same for a column of several values, ragged
    pairs-<column>.*.npy        codes and numbers of `k:v,k:v`, ragged
    values-<kind>-<column>.*    the values of such a column, and their codes
    vocabulary-<name>.*.npy     value → id
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import MISSING, OUT_OF_VOCABULARY, Form, ModelFeature
from pairec_cli.online.model_description import TAG, ModelDescription
from pairec_cli.online.ragged import Ragged
from pairec_cli.online.text_index import ABSENT, TextIndex, file_name, mapped

FORMAT = 1
META, ITEMS, IDS, DENSE = "meta.json", "items", "ids.npy", "dense.npy"
TEXT, TAGS, PAIRS = "text", "tags", "pairs"
HINT = "pairec rank train makes a new one; the engine goes on with the model before"


class Vocabulary:
    """Values to the ids of a model."""

    def __init__(self, index: TextIndex) -> None:
        self._index = index

    def ids(self, texts: Sequence[str]) -> list[int]:
        """0 for an empty text, 1 for one that the vocabulary lacks."""
        found = self._index.find(texts)
        if ABSENT not in found:
            return found
        return [
            number if number >= 0 else OUT_OF_VOCABULARY if text else MISSING
            for text, number in zip(texts, found, strict=True)
        ]


class ItemColumn:
    """A column of the items that meets values of the user or the request. Items hold codes of its distinct
    values: one, several, or several with a number each."""

    def __init__(self, folder: Path, kind: str, name: str) -> None:
        self.kind = kind
        self.index = TextIndex.open(folder, file_name(f"values-{kind}", name))
        self._values = folder / f"{file_name(f'values-{kind}', name)}.json"
        self._texts: list[str] | None = None
        stored = file_name(kind, name)
        self._single = mapped(folder / f"{stored}.npy") if kind == TEXT else None
        self._several = None if kind == TEXT else open_ragged(folder, stored)
        self._numbers = mapped(folder / f"{stored}.numbers.npy") if kind == PAIRS else None

    @property
    def texts(self) -> list[str]:
        """The distinct values, by code."""
        if self._texts is None:
            self._texts = json.loads(self._values.read_text("utf-8"))
        return self._texts

    def single(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The code of each row's value, (N,); -1 where it is missing."""
        assert self._single is not None, self.kind
        codes: NDArray[np.int32] = self._single[rows]
        return codes

    def weighed(self, rows: NDArray[np.int64], weights: Mapping[str, float]) -> NDArray[np.float64]:
        """Per row the sum of the weights of its values, each times its number where it has one, (N,)."""
        table = np.zeros(len(self.index) + 1)  # its last place is of values without a weight, and of -1
        table[np.array(self.index.find(weights), np.int64)] = list(weights.values())
        table[-1] = 0.0
        if self._several is None:
            return table[self.single(rows)]
        places = self._several.places(rows)
        found = table[self._several.values[places.values]]
        if self._numbers is not None:
            found *= self._numbers[places.values]
        return Ragged(found, places.offsets).sums()


class ItemSnapshot:
    """A snapshot, opened. Safe to share between threads."""

    def __init__(self, folder: Path, description: ModelDescription) -> None:
        """Raises DataError for a folder that is no snapshot, or that of another model."""
        try:
            meta = json.loads((folder / META).read_text("utf-8"))
            _check(folder, meta, description)
            self.count: int = meta["rows"]
            self._items = TextIndex.open(folder, ITEMS)
            self.ids = _matrix(folder / IDS, self.count, description, "item_ids")
            self.dense = _matrix(folder / DENSE, self.count, description, "item_dense")
            self.tags = {
                name: open_ragged(folder, file_name("tag", name))
                for name in description.named(TAG)
                if description.features[name].side == "item"
            }
            self.columns = {key: ItemColumn(folder, *key) for key in item_columns(description)}
            self.vocabularies = {
                name: Vocabulary(TextIndex.open(folder, file_name("vocabulary", name)))
                for name in description.vocabularies
            }
        except OSError as error:
            fact = f"{error.filename or folder} cannot be read: {error.strerror}"
            raise DataError(fact, hint=HINT) from error
        except (KeyError, TypeError, ValueError, EOFError) as error:
            raise DataError(f"{folder} holds no item snapshot: {error!r}", hint=HINT) from error

    def places(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """The row of each item, (N,); that of an unknown item is the last one."""
        places = np.array(self._items.find(ids), np.int64)
        return np.where(places < 0, self.count, places)


def item_columns(description: ModelDescription) -> list[tuple[str, str]]:
    """(kind, column) of every item column that features of several sides read."""
    found: dict[tuple[str, str], None] = {}
    for feature in description.inputs_of(("cross_ids", "cross_dense")):
        for place, (source, side) in enumerate(zip(feature.sources, feature.sides, strict=True)):
            if side == "item":
                found[kind_of(feature, place), source] = None
    return list(found)


def kind_of(feature: ModelFeature, place: int) -> str:
    """How a feature reads its column at `place`."""
    if feature.form is not Form.LOOKUP:
        return TEXT
    return PAIRS if place == 0 else TAGS if feature.separator else TEXT


def open_ragged(folder: Path, name: str) -> Ragged:
    return Ragged(mapped(folder / f"{name}.values.npy"), mapped(folder / f"{name}.offsets.npy"))


def _check(folder: Path, meta: Mapping[str, Any], description: ModelDescription) -> None:
    if meta["format"] != FORMAT:
        raise DataError(f"{folder} has format {meta['format']}, this version reads {FORMAT}", hint=HINT)
    if meta["model"] != description.fingerprint:
        raise DataError(f"{folder} was written for another training of {description.name}", hint=HINT)


def _matrix(path: Path, rows: int, description: ModelDescription, name: str) -> NDArray[Any] | None:
    columns = description.inputs.get(name)
    if not columns:
        return None
    matrix = mapped(path)
    if matrix.shape != (rows + 1, len(columns)):
        raise ValueError(f"{path.name} is {matrix.shape}, not {(rows + 1, len(columns))}")
    return matrix
