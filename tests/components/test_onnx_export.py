"""The exported folder: what it says, what it refuses, and that it serves as the model does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from pairec_cli.components import onnx_export
from pairec_cli.components.batch import Batch
from pairec_cli.components.onnx_export import NotTheSameModel, export
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.request_inputs import RequestForm
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.model_features import ModelFeature
from tests.components.ranking_rows import (
    ATTENDED,
    BCE,
    CROSS,
    FEATURES,
    ITEM,
    L2,
    USER,
    VOCABULARIES,
    config,
    group,
    rows,
)

torch.set_num_threads(1)
TEXT = f"""dbmtl {{ bottom_mlp {{ hidden_units: 8 }}
  task_towers {{ tower_name: "is_click" label_name: "is_click" {BCE} }}
  task_towers {{ tower_name: "ln_playtime" label_name: "ln_playtime" {L2}
    relation_tower_names: "is_click" relation_mlp {{ hidden_units: 4 }} }} }}"""
GROUPS = group("all", USER + ITEM + CROSS, ATTENDED)


def model(groups: str = GROUPS) -> RankingModel:
    torch.manual_seed(0)
    return ranking_model(config(TEXT, groups))


def exported(folder: Path, made: RankingModel | None = None, **changes: Any) -> dict[str, Any]:
    groups = changes.pop("groups", GROUPS)
    features = changes.pop("features", FEATURES)
    vocabularies = changes.pop("vocabularies", VOCABULARIES)
    given = {"model_name": "sln_rank", "ds": "20240101", "sample": rows(12), **changes}
    export(made or model(groups), config(TEXT, groups), features, vocabularies, folder, **given)
    body: dict[str, Any] = json.loads((folder / "model.json").read_text("utf-8"))
    return body


def run(folder: Path, batch: Batch) -> list[np.ndarray[Any, Any]]:
    graph = folder / "model.onnx"
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    arrays = RequestForm.of(FEATURES).arrays(batch, 0, slice(0, len(batch)))
    found: list[np.ndarray[Any, Any]] = session.run(None, {n: a.numpy() for n, a in arrays.items()})
    return found


def test_the_folder_describes_itself(tmp_path: Path) -> None:
    body = exported(tmp_path)
    assert (body["format"], body["model"], body["ds"]) == (1, "sln_rank", "20240101")
    assert body["versions"] == {"torch": torch.__version__, "onnx_opset": 17}
    assert [ModelFeature.from_dict(one) for one in body["features"]] == list(FEATURES)
    assert body["outputs"] == ["probs_is_click", "y_ln_playtime"]
    assert body["inputs"] == {name: list(of) for name, of in RequestForm.of(FEATURES).inputs.items()}
    assert set(body["vocabularies"]) == set(VOCABULARIES)
    for name, path in body["vocabularies"].items():
        assert json.loads((tmp_path / path).read_text("utf-8")) == VOCABULARIES[name]
    for name, digest in body["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert set(body["sha256"]) == {"model.onnx", *body["vocabularies"].values()}


@pytest.mark.parametrize("count", [1, 5000])
def test_it_ranks_any_number_of_items(tmp_path: Path, count: int) -> None:
    made = model()
    exported(tmp_path, made)
    batch = rows(count, 7, users=1)
    with torch.no_grad():
        expected = made.eval().predict(batch)
    for found, name in zip(run(tmp_path, batch), expected, strict=True):
        np.testing.assert_allclose(found, expected[name], atol=1e-6)


def test_a_request_without_history_tags_and_likes(tmp_path: Path) -> None:
    made = model()
    exported(tmp_path, made)
    form = RequestForm.of(FEATURES)
    none = torch.zeros(3, dtype=torch.int64)
    batch = rows(3, 1, users=1)
    empty = {
        n: replace(one, values=one.values[:0], offsets=torch.zeros(4, dtype=torch.int64))
        for n, one in batch.lists.items()
    }
    batch = replace(batch, lists=empty, lengths={"click_5_seq": none})
    assert form.arrays(batch, 0, slice(0, 3))["tag:tags"].shape == (3, 0)
    with torch.no_grad():
        expected = made.eval().predict(batch)
    for found, name in zip(run(tmp_path, batch), expected, strict=True):
        np.testing.assert_allclose(found, expected[name], atol=1e-6)


def test_a_model_of_the_user_alone_needs_items_to_rank(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="reads nothing of the item"):
        exported(tmp_path, groups=group("all", USER))


def test_one_row_is_sample_enough(tmp_path: Path) -> None:
    exported(tmp_path, sample=rows(1))
    assert run(tmp_path, rows(4, users=1))[0].shape == (4,)


def test_features_that_no_group_reads_are_no_inputs(tmp_path: Path) -> None:
    body = exported(tmp_path, groups=group("all", ("age", "item_id")) + group("other", ("price", "tags")))
    assert body["inputs"] == {"user_ids": ["age"], "item_ids": ["item_id"]}
    assert [one["name"] for one in body["features"]] == ["age", "item_id"]
    assert set(body["vocabularies"]) == {"item_id"}


def test_the_model_stays_as_it_was(tmp_path: Path) -> None:
    made = model().train()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    exported(tmp_path, made)
    assert made.training
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())


def test_names_of_vocabularies_stay_within_the_folder(tmp_path: Path) -> None:
    odd = "../a b/ü"
    features = [replace(f, vocabulary=odd) if f.name == "item_id" else f for f in FEATURES]
    body = exported(tmp_path, features=features, vocabularies={**VOCABULARIES, odd: ["x"]})
    path = body["vocabularies"][odd]
    assert path == "vocabulary/..%2Fa%20b%2F%C3%BC.json"
    assert json.loads((tmp_path / path).read_text("utf-8")) == ["x"]


def test_a_graph_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = onnx_export.write_graph

    def another(graph: Any, *rest: Any) -> None:
        with torch.no_grad():
            graph.model.bottom.layers[0].linear.bias.add_(0.01)
        write(graph, *rest)
        with torch.no_grad():
            graph.model.bottom.layers[0].linear.bias.sub_(0.01)

    monkeypatch.setattr(onnx_export, "write_graph", another)
    with pytest.raises(NotTheSameModel, match="differs from the model by"):
        exported(tmp_path)
    assert not (tmp_path / "model.json").exists()


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    made = model()
    with torch.no_grad():
        made.bottom.layers[0].linear.bias[0] = float("nan")
    with pytest.raises(NotTheSameModel, match="nan"):
        exported(tmp_path, made)


def test_what_the_model_reads_must_be_described(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"feature of features.json 'price' does not exist"):
        exported(tmp_path, features=[f for f in FEATURES if f.name != "price"])
    with pytest.raises(NotFound, match="vocabulary 'item_id' does not exist"):
        exported(tmp_path, vocabularies={n: v for n, v in VOCABULARIES.items() if n != "item_id"})


def test_ids_must_fit_their_tables(tmp_path: Path) -> None:
    larger = [replace(f, num_buckets=99) if f.name == "item_id" else f for f in FEATURES]
    with pytest.raises(InvalidInput, match=r"99 buckets in features.json and 40 in pipeline.config"):
        exported(tmp_path, features=larger)
    with pytest.raises(InvalidInput, match="39 values, feature item_id has room for 38"):
        exported(tmp_path, vocabularies={**VOCABULARIES, "item_id": [str(n) for n in range(39)]})


def test_a_model_too_large_for_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "LARGEST", 1000)
    with pytest.raises(InvalidInput, match="GiB"):
        exported(tmp_path)
