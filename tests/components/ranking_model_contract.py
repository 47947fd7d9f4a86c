"""What every ranking model keeps. A test inherits `RankingModelContract` and restates its equations."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from pairec_cli.components.onnx_export import export
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.components.ranking_models import RANKING_MODELS, ranking_model
from pairec_cli.components.request_inputs import RequestForm
from tests.components.ranking_rows import BUCKETS, EVERYTHING, FEATURES, VOCABULARIES, config, row_of, rows
from tests.components.ranking_twin import Twin, sigmoid

torch.set_num_threads(1)


class RankingModelContract:
    """`text` is the model's message in model_config, `groups` its feature groups."""

    text: ClassVar[str]
    groups: ClassVar[str] = EVERYTHING

    def twin(self, twin: Twin) -> dict[str, NDArray[Any]]:
        """Task → logits (B,), by the model's equations."""
        raise NotImplementedError

    def make(self, seed: int = 0) -> RankingModel:
        torch.manual_seed(seed)
        return ranking_model(config(self.text, self.groups))

    def test_its_name_in_the_config_is_that_of_the_registry(self) -> None:
        kind = config(self.text, self.groups).model.which("model")
        assert type(self.make()) is RANKING_MODELS[kind]

    @pytest.mark.parametrize("seed", [0, 1])
    def test_it_computes_its_equations(self, seed: int) -> None:
        model, batch = self.make(seed), rows(9, seed)
        model(rows(50, 7))
        model.eval()
        expected = self.twin(Twin(model, batch))
        with torch.no_grad():
            found, predicted = model(batch), model.predict(batch)
        assert found.keys() == expected.keys()
        for task in model.tasks:
            logit = expected[task.name]
            np.testing.assert_allclose(found[task.name], logit, atol=1e-5, rtol=1e-5)
            value = sigmoid(logit) if task.is_probability else logit
            np.testing.assert_allclose(predicted[task.output], value, atol=1e-5, rtol=1e-5)

    def test_every_weight_learns(self) -> None:
        model = self.make(3)
        sum(logit.square().sum() for logit in model(rows(64, 3)).values()).backward()
        # Softmax cancels what is added to all scores: the gradient of this bias is zero but for rounding.
        grads = {n: p.grad for n, p in model.named_parameters() if not n.endswith("attention.score.bias")}
        assert [name for name, grad in grads.items() if grad is None or not grad.to_dense().any()] == []

    def test_only_the_rows_of_the_batch_get_gradients(self) -> None:
        model, batch = self.make(), rows(3, 5)
        sum(logit.sum() for logit in model(batch).values()).backward()
        reachable: dict[str, set[int]] = {}
        for name, ids in used_ids(batch).items():
            for suffix in ("", "_wide"):
                if table := model.groups.inputs[name].table:
                    place = model.embeddings.places.get(table.name + suffix)
                    if place is not None:
                        known = {id if 0 <= id < place.rows else 1 for id in ids}
                        reachable.setdefault(str(place.width), set()).update(place.first + id for id in known)
        for width, matrix in model.embeddings.matrices.items():
            assert matrix.grad.is_sparse
            assert set(matrix.grad.coalesce().indices()[0].tolist()) <= reachable[width]

    def test_it_learns_what_no_feature_tells_alone(self) -> None:
        """The label is whether the parities of user and item differ."""
        model = self.make(1)
        tables = list(model.embeddings.parameters())
        others = [p for n, p in model.named_parameters() if not n.startswith("groups.tables.")]
        optimizers = [torch.optim.SparseAdam(tables, lr=0.1), torch.optim.Adam(others, lr=0.02)]
        for step in range(60):
            batch = rows(256, 100 + step)
            logits = model(batch)
            loss = sum(F.binary_cross_entropy_with_logits(logit, parity(batch)) for logit in logits.values())
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
        batch = rows(1000, 99)
        for logit in model.eval()(batch).values():
            right = float(((logit > 0) == (parity(batch) > 0)).float().mean())
            assert right > 0.7, right

    def test_the_exported_graph_is_the_model(self, tmp_path: Path) -> None:
        model = self.make(2).eval()
        used = [f for f in FEATURES if f.name in read_by(self.groups)]
        export(
            model,
            config(self.text, self.groups),
            FEATURES,
            VOCABULARIES,
            tmp_path,
            model_name="sln_model",
            ds="20240101",
            sample=rows(20, 4),
        )
        graph = tmp_path / "model.onnx"
        session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
        form = RequestForm.of(used)
        assert {one.name for one in session.get_inputs()} == set(form.inputs)
        for count, seed in ((1, 1), (7, 2), (500, 3), (1, 4), (2, 5)):
            batch = rows(count, seed, users=1)
            with torch.no_grad():
                expected = model.predict(batch)
            arrays = {n: a.numpy() for n, a in form.arrays(batch, 0, slice(0, count)).items()}
            for name, found in zip(expected, session.run(list(expected), arrays), strict=True):
                assert found.shape == (count,)
                assert found.dtype == np.float32
                np.testing.assert_allclose(found, expected[name], atol=1e-6)

    def test_rows_do_not_see_each_other(self) -> None:
        model, batch = self.make().eval(), rows(8, 6)
        with torch.no_grad():
            together = model(batch)
            for row in range(8):
                alone = model(row_of(batch, row))
                for name, logit in together.items():
                    assert float(alone[name]) == pytest.approx(float(logit[row]), abs=1e-5)


def read_by(groups: str) -> list[str]:
    return [f.name for f in FEATURES if f'"{f.name}"' in groups]


def used_ids(batch: Any) -> dict[str, set[int]]:
    """Feature → the ids that the batch holds, padding left out."""
    found = {name: set(batch.id(name).tolist()) for name in batch.id_names}
    found |= {name: set(lists.values.tolist()) for name, lists in batch.lists.items()}
    present = torch.arange(5) < batch.lengths["click_5_seq"].unsqueeze(1)
    for name in ("click_5_seq__item_id", "click_5_seq__ts"):
        found[name] = set(batch.sequences[name][present].tolist())
    return found


def parity(batch: Any) -> torch.Tensor:
    ids = [batch.id(name) for name in ("user_id", "item_id")]
    known = [torch.where(i < BUCKETS[n], i, 1) for i, n in zip(ids, ("user_id", "item_id"), strict=True)]
    return ((known[0] + known[1]) % 2).float()
