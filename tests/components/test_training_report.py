"""What training tells."""

from __future__ import annotations

from pathlib import Path

import torch

from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.training_report import Epoch, TrainingResult
from tests.components.encoded_tables import pipeline


def test_rates_and_the_best_epoch() -> None:
    first, second = Epoch(1, 0.5, 1000, 2.0, (), 0.6), Epoch(2, 0.4, 1000, 0.0, (), 0.5)
    assert (first.samples_per_s, second.samples_per_s) == (500, 0)
    torch.manual_seed(0)
    model = ranking_model(pipeline())
    result = TrainingResult(model, (first, second), 1, 20, False, (), Path("best.npz"))
    assert result.best is first
