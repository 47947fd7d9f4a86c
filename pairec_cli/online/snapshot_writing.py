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
from pairec_cli.online.item_snapshot import (
    DENSE,
    FORMAT,
    IDS,
    ITEMS,
    META,
    PAIRS,
    TAGS,
    TEXT,
    Vocabulary,
    item_columns,
)
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
                self._ragged(file_name("tag", name), Ragged.of([*self._tags(feature), [MISSING]], np.int32))
        for kind, name in item_columns(self.description):
            self._column(kind, name)
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

    def _column(self, kind: str, name: str) -> None:
        """The codes of a column whose values meet the user's."""
        values = self._values(name)
        numbers: list[list[float]] = []
        if kind == TEXT:
            texts = [[text] if (text := text_of(value)) else [] for value in values]
        elif kind == TAGS:
            texts = [texts_of(value, self._separator(name)) for value in values]
        else:
            pairs = [pairs_of(value) for value in values]
            texts, numbers = [list(row) for row in pairs], [list(row.values()) for row in pairs]
        distinct = list(dict.fromkeys(text for row in texts for text in row))
        codes = {text: code for code, text in enumerate(distinct)}
        stored = file_name(f"values-{kind}", name)
        TextIndex.write(self.folder, stored, distinct, np.arange(len(distinct), dtype=np.int32))
        (self.folder / f"{stored}.json").write_text(json.dumps(distinct), "utf-8")
        if kind == TEXT:
            single = [codes[row[0]] if row else -1 for row in texts]
            np.save(self.folder / f"{file_name(kind, name)}.npy", np.array([*single, -1], np.int32))
            return
        coded = [[codes[text] for text in row] for row in texts]
        self._ragged(file_name(kind, name), Ragged.of([*coded, []], np.int32))
        if kind == PAIRS:
            flat: NDArray[np.float64] = Ragged.of([*numbers, []], np.float64).values
            np.save(self.folder / f"{file_name(kind, name)}.numbers.npy", flat)

    def _separator(self, name: str) -> str:
        """Of the tag column `name`: it is the same for every feature that reads it."""
        readers = self.description.inputs_of(("cross_dense",))
        return next(f.separator for f in readers if f.sources[1] == name and f.separator)

    def _ragged(self, name: str, rows: Ragged) -> None:
        np.save(self.folder / f"{name}.values.npy", rows.values)
        np.save(self.folder / f"{name}.offsets.npy", rows.offsets)
