"""The item features of one day as a model takes them: mapped arrays beside a sorted index of ids.

Items stand in the order in which they were written, and behind them one row of an item that nobody knows:
its ids are 0 (missing), its numbers 0. `snapshot_writing` makes the folder:

    meta.json                   format, model.json's SHA-256, rows
    items.keys.npy …            id → row
    ids.npy, dense.npy          (rows + 1, columns) of the inputs item_ids, item_dense
    tag-<feature>.*.npy         ids of a tag input, ragged
    column-<column>.*           ItemColumn: a column whose values are looked up, or combined with others
    pairs-<side>.<column>.*     ItemPairs: texts `k:v,k:v` that are looked up by a column of the other side
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
from pairec_cli.domain.model_features import MISSING, OUT_OF_VOCABULARY
from pairec_cli.online.item_columns import ItemColumn, ItemPairs, open_ragged
from pairec_cli.online.lookup_groups import LookupGroup, lookup_groups
from pairec_cli.online.model_description import TAG, ModelDescription
from pairec_cli.online.text_index import ABSENT, TextIndex, file_name, mapped

FORMAT = 1
META, ITEMS, IDS, DENSE = "meta.json", "items", "ids.npy", "dense.npy"
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
            self.columns = {name: ItemColumn(folder, name) for name in item_columns(description)}
            self.pairs = {group.name: ItemPairs(folder, group.name) for group in pair_groups(description)}
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


def item_columns(description: ModelDescription) -> dict[str, str]:
    """Item columns whose values are keys of features of several sides: name → separator of its values."""
    found = {
        feature.sources[place]: ""
        for feature in description.inputs_of(("cross_ids",))
        for place, side in enumerate(feature.sides)
        if side == "item"
    }
    return found | {
        group.key: group.separator for group in lookup_groups(description) if group.key_side == "item"
    }


def pair_groups(description: ModelDescription) -> list[LookupGroup]:
    """Look-ups in texts of the items."""
    return [group for group in lookup_groups(description) if group.text_side == "item"]


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
