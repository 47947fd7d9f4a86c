"""What training tells: progress while it runs, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pairec_cli.components.model_metrics import Metric
from pairec_cli.components.ranking_model import RankingModel


@dataclass(frozen=True)
class Progress:
    """Where training stands. `epoch` counts from 1; `epochs` is None where steps are counted instead."""

    epoch: int
    epochs: int | None
    rows: int
    """Of this epoch so far."""
    total_rows: int
    samples_per_s: float
    loss: float
    """Mean of this epoch so far."""


@dataclass(frozen=True)
class Epoch:
    """One finished epoch; `number` counts from 1."""

    number: int
    loss: float
    """Mean over the batches."""
    rows: int
    seconds: float
    """Training alone, reading included."""
    metrics: tuple[Metric, ...]
    """On the held-out rows."""
    score: float | None
    """What the best epoch is chosen by: larger is better."""

    @property
    def samples_per_s(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class TrainingResult:
    """A trained model, with the weights of its best epoch, on the CPU and in evaluation mode."""

    model: RankingModel
    epochs: tuple[Epoch, ...]
    best_epoch: int
    """Counted from 1."""
    steps: int
    stopped_early: bool
    notes: tuple[str, ...]
    checkpoint: Path
    """The best epoch's; `Beginning` reads it from there."""

    @property
    def best(self) -> Epoch:
        return self.epochs[self.best_epoch - 1]
