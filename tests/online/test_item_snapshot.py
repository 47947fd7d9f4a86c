"""Snapshots as they are opened."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, write_model

FEATURES = [feature("item_id", "id", "item"), feature("cnt", "raw", "item")]


def snapshot(tmp_path: Path) -> tuple[Path, ModelDescription]:
    description = ModelDescription.read(write_model(tmp_path / "20260101", FEATURES, {"item_id": ["a"]}))
    columns = {"item_id": ["b", "a"], "cnt": [1, None]}
    return write_snapshot(description, ["b", "a"], columns.__getitem__, tmp_path / "items"), description


def test_items_are_found_by_id(tmp_path: Path) -> None:
    items = ItemSnapshot(*snapshot(tmp_path))
    assert items.places(["a", "b", "c", ""]).tolist() == [1, 0, 2, 2]
    assert items.ids is not None
    assert items.ids.tolist() == [[1], [2], [0]]
    assert items.dense is not None
    assert items.dense.tolist() == [[1.0], [0.0], [0.0]]
    assert isinstance(items.ids.base, np.memmap)


def test_that_of_another_training_is_refused(tmp_path: Path) -> None:
    folder, description = snapshot(tmp_path)
    with pytest.raises(DataError, match="another training of home_rank"):
        ItemSnapshot(folder, description.replace(fingerprint="other"))


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        ("meta.json", "{", "holds no item snapshot"),
        ("meta.json", "[]", "holds no item snapshot"),
        ("meta.json", json.dumps({"format": 9}), "has format 9, this version reads 1"),
        ("ids.npy", "", "holds no item snapshot"),
        ("items.keys.npy", None, r"items\.keys\.npy cannot be read"),
        ("vocabulary-item_id.numbers.npy", "junk", "holds no item snapshot"),
    ],
)
def test_a_damaged_one_is_refused(file: str, content: str | None, word: str, tmp_path: Path) -> None:
    folder, description = snapshot(tmp_path)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    with pytest.raises(DataError, match=word):
        ItemSnapshot(folder, description)


def test_a_matrix_of_another_shape_is_refused(tmp_path: Path) -> None:
    folder, description = snapshot(tmp_path)
    np.save(folder / "dense.npy", np.zeros((3, 2), np.float32))
    with pytest.raises(DataError, match=r"dense\.npy is \(3, 2\), not \(3, 1\)"):
        ItemSnapshot(folder, description)
