"""Items as entries of a history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.histories import FILE, HistoryEntries, write_entries
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, write_model

FIELDS = [
    feature("h__item_id", "id", "user", vocabulary="item_id", sequence="h", sequence_length=3),
    feature("h__topic", "id", "user", vocabulary="topic", sequence="h", sequence_length=3),
]


def none(name: str) -> Sequence[object]:
    raise KeyError(name)


def snapshot(folder: Path) -> ItemSnapshot:
    description = ModelDescription.read(write_model(folder / "m", FIELDS))
    return ItemSnapshot(write_snapshot(description, ["b", "a"], none, folder / "items"), description)


def test_known_items_and_others(tmp_path: Path) -> None:
    items = snapshot(tmp_path)
    write_entries(tmp_path, FIELDS, [np.array([2, 3]), np.array([7, 0])], "item_id")
    entries = HistoryEntries(tmp_path, items, FIELDS)
    assert entries.of(["a", "x", "b", "a"]).tolist() == [[3, 0], [1, 0], [2, 7], [3, 0]]
    assert entries.of([]).shape == (0, 2)


def test_a_file_of_another_catalog(tmp_path: Path) -> None:
    items = snapshot(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        HistoryEntries(tmp_path, items, FIELDS)
    write_entries(tmp_path, FIELDS, [np.array([2]), np.array([7])], "item_id")
    with pytest.raises(DataError, match=r"history.npy is \(2, 2\), not \(3, 2\)"):
        HistoryEntries(tmp_path, items, FIELDS)
    (tmp_path / FILE).write_bytes(b"x")
    with pytest.raises(DataError, match="cannot be read"):
        HistoryEntries(tmp_path, items, FIELDS)
