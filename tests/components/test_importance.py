"""Permutation importance: an input that decides everything, and one that decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.importance import permutation_importance, shuffled
from pairec_cli.domain.model_features import Form, ModelFeature


@dataclass(frozen=True)
class Task:
    name: str
    label: str
    is_probability: bool


class Reads(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Scores are the number `x` itself."""

    tasks = (Task("click", "click", True), Task("time", "time", False))

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        x = batch.dense_block(["x"])[:, 0]
        return {"click": x, "time": x}


def feature(name: str, **more: Any) -> ModelFeature:
    return ModelFeature(name, Form.RAW, "user", (name,), **more)


def test_only_what_the_model_reads_matters() -> None:
    x = torch.arange(8.0)
    batch = Batch.of(
        dense={"x": x, "y": x},
        labels={"click": (x > 3).float(), "time": x},
        user=torch.zeros(8, dtype=torch.int64),
    )
    model: Any = Reads()
    found = list(permutation_importance(model, batch, [feature("x"), feature("y"), feature("unknown")]))
    by_input = {(one.feature, one.target): one for one in found}
    assert by_input.keys() == {(name, task) for name in "xy" for task in ("click", "time")}
    assert by_input["y", "click"].worse == by_input["y", "time"].worse == 0
    assert by_input["x", "click"].value == 1
    assert by_input["x", "time"].value == 0
    assert by_input["x", "click"].worse > 0
    order = np.random.default_rng(0).permutation(8)
    assert by_input["x", "time"].worse == pytest.approx(float(np.mean((np.arange(8.0) - order) ** 2)))


def test_shuffling_moves_one_input_and_leaves_the_others() -> None:
    batch = Batch.of(
        ids={"a": torch.tensor([1, 2, 3]), "b": torch.tensor([4, 5, 6])},
        dense={"x": torch.tensor([0.1, 0.2, 0.3])},
        lists={"tags": Ragged(torch.tensor([7, 8, 9]), torch.tensor([0, 2, 2, 3]))},
        sequences={"s": torch.tensor([[1, 0], [2, 3], [0, 0]])},
        lengths={"seq": torch.tensor([1, 2, 0])},
    )
    order = torch.tensor([2, 0, 1])
    moved = shuffled(batch, ["a", "x", "tags", "s", "seq"], order)
    assert moved.id("a").tolist() == [3, 1, 2]
    assert moved.id("b").tolist() == [4, 5, 6]
    assert moved.dense[:, 0].tolist() == pytest.approx([0.3, 0.1, 0.2])
    assert (moved.lists["tags"].values.tolist(), moved.lists["tags"].offsets.tolist()) == (
        [9, 7, 8],
        [0, 1, 3, 3],
    )
    assert moved.sequences["s"].tolist() == [[0, 0], [1, 0], [2, 3]]
    assert moved.lengths["seq"].tolist() == [0, 1, 2]
    assert batch.id("a").tolist() == [1, 2, 3], "the batch itself stays"
