"""Training until it gets no better: the loop over epochs that item and vector models share."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from pairec_cli.components.training_report import Epoch
from pairec_cli.components.training_run import PATIENCE
from pairec_cli.components.training_settings import TrainingSettings


class EpochRun(Protocol):
    """A training that runs one epoch after the other; `epochs` and `steps` are those done."""

    @property
    def model(self) -> nn.Module: ...
    @property
    def settings(self) -> TrainingSettings: ...
    @property
    def steps(self) -> int: ...
    @property
    def epochs(self) -> list[Epoch]: ...
    def epoch(self, number: int) -> Epoch:
        """Train epoch `number`, from 0, and measure it."""
        ...


def to_the_end(run: EpochRun, patience: int = PATIENCE) -> bool:
    """All epochs, or until `patience` in a row were no better: whether it ended early. The model has the best
    epoch's weights then."""
    best: dict[str, Tensor] = {}
    number = 0
    while run.settings.epochs is None or number < run.settings.epochs:
        run.epochs.append(run.epoch(number))
        number += 1
        if best_epoch(run.epochs) == number:
            best = copy.deepcopy(run.model.state_dict())
        if number - best_epoch(run.epochs) >= patience or (
            run.settings.steps and run.steps >= run.settings.steps
        ):
            break
    run.model.load_state_dict(best)
    return run.settings.epochs is not None and number < run.settings.epochs


def best_epoch(epochs: Sequence[Epoch]) -> int:
    """The epoch with the best score, the earlier of two; the last where none is measured."""
    if not epochs or epochs[0].score is None:
        return len(epochs)
    return max(epochs, key=lambda epoch: (epoch.score or 0.0, -epoch.number)).number
