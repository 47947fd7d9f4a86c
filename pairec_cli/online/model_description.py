"""`model.json`: what a trained model takes and gives, read and checked against its files.

The folder of a model holds model.onnx, model.json and vocabulary/*.json; nothing of it needs torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from pairec_cli.domain.errors import DataError, PairecError
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.records import Record

FORMAT = 1
MODEL_FILE, GRAPH_FILE = "model.json", "model.onnx"
SINGLE = ("user_ids", "item_ids", "cross_ids", "user_dense", "item_dense", "cross_dense")
"""Inputs that are matrices, a column per feature; the others are named after one feature or sequence."""
TAG, SEQUENCE, LENGTH = "tag:", "sequence:", "length:"

HINT = "pairec rank train makes a new one; the engine goes on with the model before"


class ModelDescription(Record):
    """A model without its weights. `fingerprint` is the SHA-256 of model.json."""

    folder: Path
    name: str
    ds: str
    features: Mapping[str, ModelFeature]
    inputs: Mapping[str, tuple[str, ...]]
    """Input of the graph → names of its features, in the order of its columns."""
    outputs: tuple[str, ...]
    vocabularies: Mapping[str, Path]
    fingerprint: str

    @classmethod
    def read(cls, folder: Path) -> ModelDescription:
        """The description in `folder`, with every file that it names compared with its SHA-256. Raises
        DataError for a folder that is no model, of another format, or damaged."""
        path = folder / MODEL_FILE
        try:
            raw = path.read_bytes()
            body = json.loads(raw)
            if body["format"] != FORMAT:
                fact = f"{path} has format {body['format']}, this version reads {FORMAT}"
                raise DataError(fact, hint=HINT)
            found = _described(folder, body, sha256(raw).hexdigest())
            for name, expected in body["sha256"].items():
                _check(folder / name, expected)
        except PairecError:
            raise
        except OSError as error:
            raise DataError(
                f"{error.filename or path} cannot be read: {error.strerror}", hint=HINT
            ) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{path} does not describe a model: {error!r}", hint=HINT) from error
        return found

    def vocabulary(self, name: str) -> list[str]:
        """The values of a vocabulary; the id of a value is its place + 2."""
        values: list[str] = json.loads(self.vocabularies[name].read_text("utf-8"))
        return values

    def inputs_of(self, names: tuple[str, ...]) -> list[ModelFeature]:
        """The features of some matrix inputs."""
        return [self.features[name] for group in names for name in self.inputs.get(group, ())]

    def named(self, prefix: str) -> list[str]:
        """What the inputs with this prefix are named after."""
        return [name.removeprefix(prefix) for name in self.inputs if name.startswith(prefix)]


def _described(folder: Path, body: Mapping[str, Any], fingerprint: str) -> ModelDescription:
    features = {entry["name"]: ModelFeature.from_dict(entry) for entry in body["features"]}
    inputs = {name: tuple(columns) for name, columns in body["inputs"].items()}
    for name, columns in inputs.items():
        if name not in SINGLE and not name.startswith((TAG, SEQUENCE, LENGTH)):
            raise DataError(f"{folder / MODEL_FILE} has an input {name!r} that nobody fills", hint=HINT)
        if not name.startswith(LENGTH):
            _known(columns, features)
    vocabularies = {name: folder / path for name, path in body["vocabularies"].items()}
    for feature in features.values():
        if feature.form in (Form.ID, Form.TAG, Form.COMBO) and feature.vocabulary not in vocabularies:
            raise DataError(f"{folder / MODEL_FILE} has no vocabulary {feature.vocabulary!r}", hint=HINT)
    covered = {GRAPH_FILE, *body["vocabularies"].values()}
    if missing := sorted(covered - body["sha256"].keys()):
        raise DataError(f"{folder / MODEL_FILE} has no sha256 of {missing[0]}", hint=HINT)
    outputs = tuple(body["outputs"])
    return ModelDescription(
        folder, body["model"], body["ds"], features, inputs, outputs, vocabularies, fingerprint
    )


def _known(columns: tuple[str, ...], features: Mapping[str, ModelFeature]) -> None:
    for name in columns:
        if name not in features:
            raise KeyError(name)


def _check(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != expected:
            raise DataError(f"{path} is damaged: its SHA-256 is not that of model.json", hint=HINT)
