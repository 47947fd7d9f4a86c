"""The exported user tower gives what the model gives, for one user at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from pairec_cli.components.batch import Batch
from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.match_model import MatchModel
from pairec_cli.components.match_models import match_model
from pairec_cli.components.onnx_export import NotTheSameModel
from pairec_cli.components.request_inputs import RequestForm
from pairec_cli.components.tower_export import OUTPUT, export_user_tower
from pairec_cli.components.training_data import TrainingData
from pairec_cli.domain.errors import InvalidInput, NotFound
from tests.components.towers import FEATURES, LENGTH, config, rows, write

torch.set_num_threads(1)
VOCABULARIES = {"gender": ["f", "m"], "item_id": list("abc"), "topics": ["x"]}


def batch(folder: Path, count: int = 12, **columns: Any) -> Batch:
    path = write(folder / "rows.parquet", rows(count, 3, **columns))
    return next(TrainingData.open([path], RowForm(tuple(FEATURES))).batches(count))


def exported(folder: Path, kind: str, sample: Batch, **changes: Any) -> MatchModel:
    torch.manual_seed(2)
    made = match_model(config(kind)).eval()
    features = changes.pop("features", FEATURES)
    given = {"model_name": "sln_dssm", "ds": "20260101", "sample": sample}
    export_user_tower(
        made, config(kind), features, changes.pop("vocabularies", VOCABULARIES), folder, **given | changes
    )
    return made


def run(folder: Path, one: Batch, user: int) -> np.ndarray[Any, Any]:
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    form = RequestForm.of([feature for feature in FEATURES if feature.side == "user"])
    arrays = {name: array.numpy() for name, array in form.arrays(one, user, slice(0, 1)).items()}
    found: np.ndarray[Any, Any] = session.run([OUTPUT], arrays)[0]
    return found


@pytest.mark.parametrize("kind", ["dssm", "mind"])
def test_each_user_has_the_models_vectors(tmp_path: Path, kind: str) -> None:
    made = exported(tmp_path, kind, batch(tmp_path, 2))
    every = batch(tmp_path, 7, h__item_id=[";".join(["4"] * length) for length in range(LENGTH + 1)])
    with torch.no_grad():
        expected = made.users(every).numpy()
    assert expected.shape == (7, 3 if kind == "mind" else 1, 8)
    for user in range(7):
        np.testing.assert_allclose(run(tmp_path, every, user), expected[user : user + 1], atol=1e-6)


def test_the_description_names_the_users_inputs_alone(tmp_path: Path) -> None:
    exported(tmp_path, "mind", batch(tmp_path))
    body = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert body["inputs"] == {
        "user_ids": ["gender"],
        "sequence:h__item_id": ["h__item_id"],
        "length:h": ["h"],
    }
    assert body["outputs"] == [OUTPUT]
    assert set(body["vocabularies"]) == {"gender", "item_id"}


def test_a_vocabulary_that_nobody_gives(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gender"):
        exported(tmp_path, "dssm", batch(tmp_path), vocabularies={"item_id": ["a"]})


def test_a_tower_that_reads_items_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(2)
    made = match_model(config("dssm")).eval()
    made.users = made.items  # type: ignore[method-assign]
    with pytest.raises(InvalidInput, match="reads item_ids"):
        export_user_tower(
            made, config("dssm"), FEATURES, VOCABULARIES, tmp_path,
            model_name="m", ds="20260101", sample=batch(tmp_path),
        )  # fmt: skip


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    torch.manual_seed(2)
    made = match_model(config("dssm")).eval()
    with torch.no_grad():
        made.embeddings.table("item_id_emb").fill_(float("nan"))
    with pytest.raises(NotTheSameModel, match=OUTPUT):
        export_user_tower(
            made, config("dssm"), FEATURES, VOCABULARIES, tmp_path,
            model_name="m", ds="20260101", sample=batch(tmp_path),
        )  # fmt: skip
