"""Losses of tasks, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from pairec_cli.components.batch import Batch
from pairec_cli.components.losses import Objective, objectives, row_loss, total_loss
from pairec_cli.components.ranking_model import Task
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.pipeline_config.losses import (
    BinaryCrossEntropy,
    BinaryFocalLoss,
    L2Loss,
    LossConfig,
)

BCE, L2 = LossConfig(binary_cross_entropy=BinaryCrossEntropy()), LossConfig(l2_loss=L2Loss())
CLICK, PLAYTIME = Task("is_click", "is_click", True), Task("ln_playtime", "ln_playtime", False)


def batch() -> Batch:
    return Batch.of(
        dense={"x": torch.zeros(2)},
        labels={"is_click": torch.tensor([1.0, 0.0]), "ln_playtime": torch.tensor([2.0, 4.0])},
        weights={"w": torch.tensor([3.0, 1.0]), "none": torch.zeros(2)},
    )


def test_log_loss_and_squared_error() -> None:
    logit = torch.tensor([0.0, math.log(3)])
    label = torch.tensor([1.0, 0.0])
    assert row_loss(BCE, logit, label).tolist() == pytest.approx([math.log(2), math.log(4)])
    assert row_loss(L2, logit, label).tolist() == pytest.approx([1, math.log(3) ** 2])
    smooth = LossConfig(binary_cross_entropy=BinaryCrossEntropy(label_smoothing=0.2))
    wanted = [math.log(2), 0.9 * math.log(4) + 0.1 * math.log(4 / 3)]
    assert row_loss(smooth, logit, label).tolist() == pytest.approx(wanted, rel=1e-5)


def test_focal_loss_weighs_easy_rows_down_without_a_gradient_of_its_own() -> None:
    focal = LossConfig(binary_focal_loss=BinaryFocalLoss(gamma=2, alpha=0.25))
    logit = torch.tensor([0.0, math.log(3)], requires_grad=True)
    rows = row_loss(focal, logit, torch.tensor([1.0, 0.0]))
    factors = [0.25 * 0.5**2, 0.75 * 0.75**2]
    assert rows.tolist() == pytest.approx([factors[0] * math.log(2), factors[1] * math.log(4)])
    rows.sum().backward()
    assert logit.grad is not None
    assert logit.grad.tolist() == pytest.approx([factors[0] * -0.5, factors[1] * 0.75])


@pytest.mark.parametrize(
    ("objective", "wanted"),
    [
        (Objective(PLAYTIME, (L2,)), (4 + 16) / 2),
        (Objective(PLAYTIME, (L2,), weight=0.5), (4 + 16) / 4),
        (Objective(PLAYTIME, (L2,), sample_weight="w"), (4 * 1.5 + 16 * 0.5) / 2),
        (Objective(PLAYTIME, (L2,), indicator="is_click", inside=1.0, outside=0.0), 4),
        (
            Objective(PLAYTIME, (L2,), sample_weight="w", indicator="is_click", outside=3.0),
            (4 * 3 + 16 * 3) / 6,
        ),
        (Objective(PLAYTIME, (L2,), sample_weight="none"), 0),
        (Objective(PLAYTIME, (L2, L2)), 20),
    ],
)
def test_rows_and_tasks_have_weights(objective: Objective, wanted: float) -> None:
    assert objective.of(torch.zeros(2), batch()).item() == pytest.approx(wanted)


def test_the_whole_is_the_sum_of_the_tasks() -> None:
    parts = [Objective(CLICK, (BCE,)), Objective(PLAYTIME, (L2,), weight=2.0)]
    logits = {"is_click": torch.zeros(2), "ln_playtime": torch.zeros(2)}
    assert total_loss(parts, logits, batch()).item() == pytest.approx(math.log(2) + 20)


def test_objectives_of_towers_and_of_one_task() -> None:
    head = 'train_input_path: "" eval_input_path: "" model_dir: "" '
    data = 'data_config { label_fields: "is_click" sample_weight_fields: "w" } '
    towers = """model_config { mmoe { expert_mlp { hidden_units: 4 } task_towers { tower_name: "ln_playtime"
      label_name: "ln_playtime" losses { l2_loss {} } weight: 2 sample_weight_name: "v"
      task_space_indicator_label: "is_click" out_task_space_weight: 0.5 } } }"""
    assert objectives(parse(head + data + towers), [PLAYTIME]) == [
        Objective(PLAYTIME, (L2,), 2.0, "v", "is_click", 1.0, 0.5)
    ]
    single = "model_config { losses { binary_cross_entropy {} } deepfm { deep { hidden_units: 4 } } }"
    assert objectives(parse(head + data + single), [CLICK]) == [Objective(CLICK, (BCE,), sample_weight="w")]
