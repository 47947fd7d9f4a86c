"""model.json, read and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.online.model_description import ModelDescription
from tests.online.model_folders import feature, write_model

FEATURES = [
    feature("user_id", "id", "user"),
    feature("cnt", "raw", "item"),
    feature("tags", "tag", "item", separator="|"),
    feature("seq__item", "id", "user", sequence="seq", vocabulary="item_id"),
]


def folder(tmp_path: Path, **keys: Any) -> Path:
    return write_model(tmp_path / "20260101", FEATURES, {"user_id": ["u1", "u2"]}, **keys)


def test_it_reads_what_was_written(tmp_path: Path) -> None:
    found = ModelDescription.read(folder(tmp_path, outputs=["p", "y"]))
    assert (found.name, found.ds, found.outputs) == ("home_rank", "20260101", ("p", "y"))
    assert list(found.features.values()) == FEATURES
    assert found.vocabulary("user_id") == ["u1", "u2"]
    assert found.inputs_of(("user_ids", "item_dense", "cross_ids")) == FEATURES[:2]
    assert found.named("tag:") == ["tags"]
    assert found.named("length:") == ["seq"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"format": 2}, "has format 2, this version reads 1"),
        ({"inputs": {"user_ids": ["nobody"]}}, "'nobody'"),
        ({"inputs": {"users": ["user_id"]}}, "'users' that nobody fills"),
        ({"vocabularies": {}}, "no vocabulary 'user_id'"),
        ({"sha256": {}}, "no sha256 of model.onnx"),
        ({"features": [{"name": "a"}]}, "does not describe a model"),
        (
            {"features": [{"name": "a", "form": "no", "side": "user", "columns": []}]},
            "is not a valid Form",
        ),
        ({"outputs": None}, "does not describe a model"),
    ],
)
def test_another_document_is_refused(changes: dict[str, Any], word: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=word):
        ModelDescription.read(folder(tmp_path, changes=changes))


@pytest.mark.parametrize("file", ["model.onnx", "vocabulary/user_id.json"])
def test_a_damaged_file_is_named(file: str, tmp_path: Path) -> None:
    path = folder(tmp_path) / file
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DataError, match=f"{file} is damaged"):
        ModelDescription.read(path.parents[file.count("/")])
    path.unlink()
    with pytest.raises(DataError, match=f"{file} cannot be read"):
        ModelDescription.read(path.parents[file.count("/")])


@pytest.mark.parametrize("text", ["", "[]", "{", "\udce9"])
def test_no_document_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(text, "utf-8", "surrogateescape")
    with pytest.raises(DataError, match="does not describe a model"):
        ModelDescription.read(tmp_path)


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        ModelDescription.read(tmp_path / "20260101")


def test_the_fingerprint_is_of_the_document(tmp_path: Path) -> None:
    path = folder(tmp_path)
    before = ModelDescription.read(path).fingerprint
    body = json.loads((path / "model.json").read_text())
    (path / "model.json").write_text(json.dumps({**body, "ds": "20260102"}))
    assert ModelDescription.read(path).fingerprint != before
