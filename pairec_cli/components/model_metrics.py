"""How well a model predicts rows that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pairec_cli.components.batch import Batch
from pairec_cli.components.ranking_model import RankingModel, Task
from pairec_cli.evaluation.ranking import (
    auc,
    grouped_auc,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
)

Values = npt.NDArray[np.floating[Any]]
OF_PROBABILITIES = ("auc", "grouped_auc", "weighted_grouped_auc", "log_loss")
OF_NUMBERS = ("mean_squared_error", "mean_absolute_error")


@dataclass(frozen=True)
class Metric:
    """One figure of one target."""

    target: str
    metric: str
    value: float


@dataclass(frozen=True)
class Quality:
    """All figures of some rows."""

    metrics: tuple[Metric, ...]
    score: float | None
    """The mean over the targets of AUC, or of R² for numbers; None where no target has one."""
    undefined: tuple[str, ...]
    """Sentences about metrics that these rows do not define."""

    def value(self, target: str, metric: str) -> float | None:
        found = (one.value for one in self.metrics if (one.target, one.metric) == (target, metric))
        return next(found, None)


def metric_names(task: Task, grouped: bool) -> tuple[str, ...]:
    """What is measured of a task; `grouped`: whether the rows tell their users."""
    if not task.is_probability:
        return OF_NUMBERS
    return OF_PROBABILITIES if grouped else tuple(name for name in OF_PROBABILITIES if "grouped" not in name)


def predictions(
    model: RankingModel, batches: Iterable[Batch], device: torch.device
) -> tuple[dict[str, Values], dict[str, Values], npt.NDArray[np.int64] | None]:
    """Logits (n,) by task, labels (n,) by column, and users (n,) where the batches hold them."""
    logits: dict[str, list[Values]] = {task.name: [] for task in model.tasks}
    labels: dict[str, list[Values]] = {task.label: [] for task in model.tasks}
    users = []
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for batch in batches:
            for name, values in model(batch.to(device)).items():
                logits[name].append(values.cpu().numpy())
            for label, known in labels.items():
                known.append(batch.labels[label].numpy())
            users += [] if batch.user is None else [batch.user.numpy()]
    model.train(was_training)
    return _whole(logits), _whole(labels), np.concatenate(users) if users else None


def measure(
    tasks: Sequence[Task],
    logits: dict[str, Values],
    labels: dict[str, Values],
    users: npt.NDArray[np.int64] | None,
) -> Quality:
    """The metrics of `predictions`."""
    metrics, scores, undefined = [], [], []
    for task in tasks:
        label, logit = labels[task.label], logits[task.name]
        for name in metric_names(task, users is not None):
            value = _value(name, label, logit, users)
            if value is None:
                undefined.append(f"{name} of {task.name} is not defined: the rows hold one class only")
            else:
                metrics.append(Metric(task.name, name, value))
        score = auc(label, logit) if task.is_probability else determination(label, logit)
        scores += [] if score is None else [score]
    return Quality(tuple(metrics), float(np.mean(scores)) if scores else None, tuple(undefined))


def determination(labels: Values, values: Values) -> float | None:
    """R² = 1 - mean squared error / variance of the labels; None where these do not vary."""
    error, variance = mean_squared_error(labels, values), float(labels.var(dtype=np.float64))
    return None if error is None or variance == 0 else 1 - error / variance


def _value(name: str, labels: Values, logits: Values, users: npt.NDArray[np.int64] | None) -> float | None:
    if "grouped" in name and users is not None:
        return grouped_auc(labels, logits, users, weighted=name.startswith("weighted"))
    plain = {
        "auc": auc,
        "log_loss": log_loss,
        "mean_squared_error": mean_squared_error,
        "mean_absolute_error": mean_absolute_error,
    }
    return plain[name](labels, logits)


def _whole(parts: dict[str, list[Values]]) -> dict[str, Values]:
    return {name: np.concatenate(values) for name, values in parts.items()}
