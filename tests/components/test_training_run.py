"""The state of a training, and its steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.interrupts import Interruption
from pairec_cli.components.losses import objectives
from pairec_cli.components.model_metrics import Metric
from pairec_cli.components.ranking_model import Task
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import Epoch
from pairec_cli.components.training_run import Place, TrainingRun, named_metrics
from pairec_cli.components.training_settings import training_settings
from pairec_cli.domain.pipeline_config import PipelineConfig
from tests.components.encoded_tables import FEATURES, columns, pipeline, write

CLICK, PLAYTIME = Task("is_click", "is_click", True), Task("ln_playtime", "ln_playtime", False)


def made(tmp_path: Path, config: PipelineConfig, fingerprint: str = "one") -> TrainingRun:
    torch.manual_seed(0)
    path = write(tmp_path / "part.parquet", columns(300))
    model = ranking_model(config)
    parts = objectives(config, model.tasks)
    data = TrainingData.open([path], RowForm(FEATURES, ("is_click",)))
    return TrainingRun(
        model,
        parts,
        training_settings(config, tuple(parts)),
        data,
        data,
        folder=tmp_path,
        seed=0,
        device=torch.device("cpu"),
        fingerprint=fingerprint,
    )


def test_a_place_comes_back_from_json() -> None:
    place = Place(
        1, 2, 34, 5, 0.1, 0.7, 1, False, False, [Epoch(1, 0.3, 9, 0.1, (Metric("a", "auc", 1 / 3),), None)]
    )
    place.notes.append("told")
    assert Place.from_dict(json.loads(json.dumps(place.as_dict()))) == place


def test_embeddings_and_other_weights_have_their_own_optimizers(tmp_path: Path) -> None:
    run = made(tmp_path, pipeline())
    tables = {id(one) for one in run.model.embeddings.parameters()}
    assert {id(one) for one in run.rows.matrices.values()} == tables
    assert not tables & {id(one) for one in run.weights}
    assert len(run.weights) + len(tables) == len(list(run.model.parameters()))


def test_rates_of_the_schedule_are_used(tmp_path: Path) -> None:
    """A rate of zero at the first step leaves every weight as it is."""
    warm = "exponential_decay_learning_rate { decay_size: 9 warmup_size: 5 }"
    run = made(tmp_path, pipeline(sparse="adagrad_optimizer { lr: 0.1 } " + warm))
    before = {name: one.clone() for name, one in run.model.state_dict().items()}
    batches = run.data.batches(64)
    run._step(next(batches))
    after = run.model.state_dict()
    changed = {name for name, one in after.items() if not torch.equal(one, before[name])}
    assert changed and not any(name.startswith("groups.tables") for name in changed)
    run._step(next(batches))
    assert not torch.equal(
        run.model.state_dict()["groups.tables.matrices.8"], before["groups.tables.matrices.8"]
    )


@pytest.mark.parametrize("kind", ["norm", "value"])
def test_gradients_are_clipped(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clipping = f'grad_clipping {{ clipping_type: "{kind}" max_gradient: 0.001 }}'
    run = made(tmp_path, pipeline(train=f"num_epochs: 1 {clipping}"))
    seen = []

    def look() -> None:
        gradients = torch.cat([weight.grad.flatten() for weight in run.weights if weight.grad is not None])
        seen.append(float(gradients.norm() if kind == "norm" else gradients.abs().max()))

    monkeypatch.setattr(run.dense, "step", look)
    run._step(next(run.data.batches(64)))
    assert seen == [pytest.approx(0.001, rel=1e-3)]


def test_checkpoints_while_an_epoch_runs(tmp_path: Path) -> None:
    run = made(tmp_path, pipeline(train="num_epochs: 1 save_checkpoints_steps: 2"))
    steps = []
    save = run._save
    run._save = lambda name: (steps.append((name, run.place.steps)), save(name))[1]  # type: ignore[method-assign]  # watched
    run.run(Interruption(), None)
    assert steps == [("latest.npz", 2), ("latest.npz", 4), ("best.npz", 5), ("latest.npz", 5)]


def test_metrics_as_torcheasyrec_names_them() -> None:
    assert named_metrics([CLICK], "auc", True) == [("is_click", "auc")]
    assert named_metrics([CLICK, PLAYTIME], "auc", True) == []
    assert named_metrics([CLICK, PLAYTIME], "grouped_auc_is_click", True) == [("is_click", "grouped_auc")]
    assert named_metrics([CLICK, PLAYTIME], "grouped_auc_is_click", False) == []
