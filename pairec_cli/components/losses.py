"""What training minimises: per task the losses of its tower, weighed by row and by task.

With ℓ_r the loss of row r, s_r its sample weight, and i_r = in_task_space_weight where the indicator label is
positive, else out_task_space_weight:

    w_r = s_r · i_r,    L = Σ_task weight · mean_r( ℓ_r · w_r / mean(w) )

so a batch of equal weights is the plain mean. After TorchEasyRec, models/rank_model.py and
multi_task_rank.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pairec_cli.components.batch import Batch
from pairec_cli.components.ranking_model import Task, model_config
from pairec_cli.domain.pipeline_config.losses import BinaryCrossEntropy, BinaryFocalLoss, LossConfig
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig


@dataclass(frozen=True)
class Objective:
    """A task's losses and weights; the names are of columns, empty where there is none."""

    task: Task
    losses: tuple[LossConfig, ...]
    weight: float = 1.0
    sample_weight: str = ""
    indicator: str = ""
    inside: float = 1.0
    outside: float = 1.0

    def of(self, logit: Tensor, batch: Batch) -> Tensor:
        """The task's share of the loss, a scalar; `logit` (B,)."""
        label = batch.labels[self.task.label]
        rows = torch.stack([row_loss(loss, logit, label) for loss in self.losses]).sum(0)
        weights = self._weights(batch)
        return self.weight * (rows if weights is None else rows * weights).mean()

    def _weights(self, batch: Batch) -> Tensor | None:
        """(B,) with mean 1; zeros where no row of the batch counts."""
        weights = batch.weights[self.sample_weight] if self.sample_weight else None
        if self.indicator:
            inside = torch.where(batch.labels[self.indicator] > 0, self.inside, self.outside)
            weights = inside if weights is None else weights * inside
        if weights is None:
            return None
        mean = weights.mean()
        return weights / torch.where(mean > 0, mean, 1.0)


def objectives(config: PipelineConfig, tasks: Sequence[Task]) -> list[Objective]:
    """One per task, in the model's order. A model without towers weighs by the first sample weight field."""
    model = model_config(config)
    towers = getattr(getattr(model, model.which("model") or ""), "task_towers", None)
    if towers is None:
        fields = config.data_config.sample_weight_fields if config.data_config else ()
        return [Objective(tasks[0], model.losses, sample_weight=fields[0] if fields else "")]
    return [
        Objective(
            task,
            tower.losses,
            tower.weight,
            tower.sample_weight_name or "",
            tower.task_space_indicator_label or "",
            tower.in_task_space_weight,
            tower.out_task_space_weight,
        )
        for task, tower in zip(tasks, towers, strict=True)
    ]


def total_loss(parts: Sequence[Objective], logits: Mapping[str, Tensor], batch: Batch) -> Tensor:
    """The sum over the tasks; `logits` by task name."""
    return torch.stack([part.of(logits[part.task.name], batch) for part in parts]).sum()


def row_loss(config: LossConfig, logit: Tensor, label: Tensor) -> Tensor:
    """(B,): log loss of sigmoid(logit), weighed by hardness when focal, or the squared error of the logit."""
    if focal := config.binary_focal_loss:
        return hardness(focal, logit, label) * F.binary_cross_entropy_with_logits(
            logit, label, reduction="none"
        )
    if config.l2_loss:
        return (logit - label) ** 2
    smoothing = (config.binary_cross_entropy or BinaryCrossEntropy()).label_smoothing
    label = label * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logit, label, reduction="none")


def hardness(config: BinaryFocalLoss, logit: Tensor, label: Tensor) -> Tensor:
    """(B,) of α(1-p)^γ for positives and (1-α)p^γ for negatives, a constant for the gradient."""
    p = logit.detach().sigmoid()
    positive = config.alpha * label * (1 - p) ** config.gamma
    return positive + (1 - config.alpha) * (1 - label) * p**config.gamma
