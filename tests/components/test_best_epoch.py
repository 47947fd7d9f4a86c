"""The loop over epochs."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from pairec_cli.components.best_epoch import best_epoch, to_the_end
from pairec_cli.components.training_report import Epoch


@dataclass
class Run:
    """Each epoch adds 1 to the one weight, and scores what it is told to."""

    scores: list[float | None]
    limit: int | None = None
    most_steps: int | None = None
    model: nn.Module = field(default_factory=lambda: nn.Linear(1, 1, bias=False))
    epochs: list[Epoch] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        with torch.no_grad():
            self.model.weight.zero_()

    @property
    def settings(self) -> Any:
        return SimpleNamespace(epochs=self.limit, steps=self.most_steps)

    def epoch(self, number: int) -> Epoch:
        with torch.no_grad():
            self.model.weight += 1
        self.steps += 10
        return Epoch(number + 1, 0.0, 1, 1.0, (), self.scores[number])

    @property
    def weight(self) -> float:
        return float(self.model.weight.detach())


def test_it_ends_when_nothing_got_better_and_the_best_epochs_weights_stay() -> None:
    run = Run([0.1, 0.3, 0.2, 0.3, 0.9], limit=5)
    assert to_the_end(run, patience=2)
    assert (len(run.epochs), best_epoch(run.epochs), run.weight) == (4, 2, 2.0)


def test_more_patience_finds_the_later_best() -> None:
    run = Run([0.1, 0.3, 0.2, 0.3, 0.9], limit=5)
    assert not to_the_end(run, patience=3)
    assert (len(run.epochs), best_epoch(run.epochs), run.weight) == (5, 5, 5.0)


def test_without_a_score_all_epochs_are_taken_and_the_last_counts() -> None:
    run = Run([None] * 4, limit=4)
    assert not to_the_end(run, patience=1)
    assert (len(run.epochs), best_epoch(run.epochs), run.weight) == (4, 4, 4.0)


@pytest.mark.parametrize(("steps", "epochs"), [(10, 1), (25, 3)])
def test_steps_end_it_too(steps: int, epochs: int) -> None:
    run = Run([0.1, 0.2, 0.3, 0.4], most_steps=steps)
    to_the_end(run)
    assert len(run.epochs) == epochs
