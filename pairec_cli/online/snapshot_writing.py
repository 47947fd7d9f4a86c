"""Writes an item snapshot: offline, one column at a time, by the same rules that a request is encoded by."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import FIRST_KNOWN, MISSING, Form, ModelFeature
from pairec_cli.online.feature_values import (
    bin_of,
    combined,
    looked_up,
    number_of,
    pairs_of,
    text_of,
    texts_of,
    transformed,
    whole_of,
)
from pairec_cli.online.item_columns import ItemColumn, ItemPairs, write_ragged
from pairec_cli.online.item_snapshot import (
    DENSE,
    FORMAT,
    IDS,
    ITEMS,
    META,
    Vocabulary,
    item_columns,
    pair_groups,
)
from pairec_cli.online.lookup_groups import LookupGroup
from pairec_cli.online.model_description import TAG, ModelDescription
from pairec_cli.online.ragged import Ragged
from pairec_cli.online.text_index import TextIndex, file_name

Column = Callable[[str], Sequence[object]]
"""An item column by its name in the item feature table: a value per item, in the order of the ids."""


def write_snapshot(description: ModelDescription, ids: Sequence[str], column: Column, folder: Path) -> Path:
    """Write the snapshot of the items `ids` to `folder`, which appears whole or not at all and replaces one
    that is there. `column` gives the items' columns, one call each. Raises DataError for an id that is empty
    or comes twice, and for a column of another length."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        _Writer(description, ids, column, beside).write()
        if folder.exists():
            folder.rename(old := folder.with_name(f".{folder.name}.{os.getpid()}.old"))
            beside.rename(folder)
            shutil.rmtree(old)
        else:
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


class _Writer:
    """One snapshot in the making."""

    def __init__(
        self, description: ModelDescription, ids: Sequence[str], column: Column, folder: Path
    ) -> None:
        self.description, self.ids, self.column, self.folder = description, ids, column, folder
        self.vocabularies = {name: self._vocabulary(name) for name in description.vocabularies}

    def write(self) -> None:
        rows = len(self.ids)
        TextIndex.write(self.folder, ITEMS, self.ids, np.arange(rows, dtype=np.int32))
        self._matrix(IDS, "item_ids", self._ids, np.int32)
        self._matrix(DENSE, "item_dense", self._numbers, np.float32)
        for name in self.description.named(TAG):
            if (feature := self.description.features[name]).side == "item":
                write_ragged(
                    self.folder,
                    file_name("tag", name),
                    Ragged.of([*self._tags(feature), [MISSING]], np.int32),
                )
        for name, separator in item_columns(self.description).items():
            ItemColumn.write(self.folder, name, [texts_of(v, separator) for v in self._values(name)])
        for group in pair_groups(self.description):
            columns = (self._pairs(group, place) for place in range(len(group.features)))
            ItemPairs.write(self.folder, group, rows, columns)
        meta = {"format": FORMAT, "model": self.description.fingerprint, "rows": rows}
        (self.folder / META).write_text(json.dumps(meta) + "\n", "utf-8")

    def _vocabulary(self, name: str) -> Vocabulary:
        values = self.description.vocabulary(name)
        stored = file_name("vocabulary", name)
        TextIndex.write(self.folder, stored, values, np.arange(len(values), dtype=np.int32) + FIRST_KNOWN)
        return Vocabulary(TextIndex.open(self.folder, stored))

    def _matrix(
        self, file: str, group: str, encode: Callable[[ModelFeature], Sequence[float]], dtype: type
    ) -> None:
        features = self.description.inputs_of((group,))
        if features:
            matrix: NDArray[Any] = np.zeros((len(self.ids) + 1, len(features)), dtype)
            for place, feature in enumerate(features):
                matrix[:-1, place] = encode(feature)
            np.save(self.folder / file, matrix)

    def _values(self, name: str) -> Sequence[object]:
        values = self.column(name)
        if len(values) != len(self.ids):
            raise DataError(f"item column {name} has {len(values)} values for {len(self.ids)} items")
        return values

    def _ids(self, feature: ModelFeature) -> list[int]:
        columns = [self._values(name) for name in feature.sources]
        match feature.form:
            case Form.ID:
                return self._known(feature, [text_of(value) for value in columns[0]])
            case Form.COMBO:
                return self._known(feature, list(map(combined, *columns)))
            case Form.BINNED:
                return [bin_of(number_of(value), feature.boundaries) for value in columns[0]]
            case _:
                return [whole_of(number_of(value), feature.num_buckets) for value in columns[0]]

    def _numbers(self, feature: ModelFeature) -> list[float]:
        columns = [self._values(name) for name in feature.sources]
        if feature.form is Form.LOOKUP:
            values: list[float | None] = [
                looked_up(pairs_of(text), texts_of(key, feature.separator))
                for text, key in zip(*columns, strict=True)
            ]
        else:
            values = [number_of(value) for value in columns[0]]
        return [transformed(value, feature.transform) for value in values]

    def _tags(self, feature: ModelFeature) -> list[list[int]]:
        rows = [texts_of(value, feature.separator) for value in self._values(feature.sources[0])]
        distinct = list(dict.fromkeys(text for row in rows for text in row))
        known = dict(zip(distinct, self._known(feature, distinct), strict=True))
        return [[known[text] for text in row] or [MISSING] for row in rows]

    def _known(self, feature: ModelFeature, texts: list[str]) -> list[int]:
        distinct = list(dict.fromkeys(texts))
        known = dict(zip(distinct, self.vocabularies[feature.vocabulary].ids(distinct), strict=True))
        return [known[text] for text in texts]

    def _pairs(self, group: LookupGroup, place: int) -> list[dict[str, float]]:
        """What one text of the group holds for each item; equal texts are read once."""
        known: dict[object, dict[str, float]] = {}
        values = self._values(group.features[place].sources[0])
        for value in values:
            if value not in known:
                known[value] = pairs_of(value)
        return [known[value] for value in values]
