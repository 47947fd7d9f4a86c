"""Snapshots as they are written: whole or not at all, one column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.item_snapshot import ItemSnapshot
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.snapshot_writing import write_snapshot
from tests.online.model_folders import feature, write_model

FEATURES = [
    feature("cnt", "raw", "item"),
    feature("kv", "lookup", "user item", "kv", "category"),
    feature("kv7", "lookup", "user item", "kv7", "category"),
    feature("a/b", "tag", "item", separator="|"),
]


def description(folder: Path) -> ModelDescription:
    return ModelDescription.read(write_model(folder / "20260101", FEATURES))


def test_columns_that_several_features_read_are_read_once(tmp_path: Path) -> None:
    model = description(tmp_path)
    asked = []

    def column(name: str) -> Sequence[object]:
        asked.append(name)
        return [None, None]

    items = ItemSnapshot(write_snapshot(model, ["a", "b"], column, tmp_path / "items"), model)
    assert sorted(asked) == ["a/b", "category", "cnt"]
    assert items.count == 2


def columns(**changed: Any) -> Any:
    return {"cnt": [1], "category": ["x"], "a/b": ["p"], **changed}.__getitem__


@pytest.mark.parametrize(
    ("ids", "changed", "word"),
    [
        (["a", "a"], {}, "'a' comes more than once"),
        ([""], {}, "empty"),
        (["a"], {"category": ["x", "y"]}, "category has 2 values for 1 items"),
    ],
)
def test_what_cannot_be_written_leaves_the_one_before(
    ids: list[str], changed: dict[str, Any], word: str, tmp_path: Path
) -> None:
    model, folder = description(tmp_path), tmp_path / "items"
    write_snapshot(model, ["old"], columns(), folder)
    with pytest.raises(DataError, match=word):
        write_snapshot(model, ids, columns(**changed), folder)
    assert ItemSnapshot(folder, model).places(["old"]).tolist() == [0]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_new_one_takes_the_place_of_the_old(tmp_path: Path) -> None:
    model, folder = description(tmp_path), tmp_path / "items"
    for name in ("old", "new"):
        write_snapshot(model, [name], columns(), folder)
    assert ItemSnapshot(folder, model).places(["new", "old"]).tolist() == [0, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20260101", "items"]


def test_there_may_be_no_items(tmp_path: Path) -> None:
    model = description(tmp_path)
    folder = write_snapshot(model, [], lambda name: [], tmp_path / "items")
    assert ItemSnapshot(folder, model).places(["a"]).tolist() == [0]
