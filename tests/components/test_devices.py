"""Training on another device than the CPU, seen through one that refuses what a GPU refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pairec_cli.components import trainer
from pairec_cli.components.training_report import Progress, TrainingResult
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.pipeline_config import write as text_of
from tests.components.elsewhere import DEVICE, elsewhere
from tests.components.encoded_tables import DBMTL, FEATURES, MULTI_TOWER, columns, pipeline, write

pytestmark = pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter:UserWarning")


def by_adagrad(model: str, **given: Any) -> PipelineConfig:
    """PyTorch's fused Adam asks for a device that it knows."""
    return parse(text_of(pipeline(model, **given)).replace("adam_optimizer", "adagrad_optimizer"))


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    """The device of the name `cuda`."""
    usual = trainer.chosen_device
    monkeypatch.setattr(trainer, "chosen_device", lambda name: DEVICE if name == "cuda" else usual(name))
    with elsewhere() as device:
        yield device


def fit(path: Path, config: PipelineConfig, device: str, **given: Any) -> TrainingResult:
    teach, check = path / "teach.parquet", path / "check.parquet"
    if not teach.exists():
        write(teach, columns(500, 1), 200)
        write(check, columns(200, 2))
    folder = path / given.pop("name", device)
    return trainer.train(
        config, FEATURES, [teach], [check], folder, device=device, seed=5, threads=1, **given
    )


def weights(result: TrainingResult) -> dict[str, torch.Tensor]:
    return result.model.state_dict()


def test_the_device_refuses_what_a_gpu_refuses(there: torch.device) -> None:
    own = torch.ones(3).to(there)
    assert (own + 1).sum().item() == 6
    assert own.device == there and own.cpu().device.type == "cpu"
    with pytest.raises(RuntimeError, match="tensors on the CPU and elsewhere"):
        own + torch.ones(3)
    with pytest.raises((RuntimeError, TypeError)):
        own.numpy()


@pytest.mark.parametrize("model", [MULTI_TOWER, DBMTL.replace("dropout_ratio: 0.1", "")])
@pytest.mark.parametrize("sparse", ["adagrad_optimizer", "rowwise_adagrad_optimizer"])
def test_another_device_learns_the_same(tmp_path: Path, there: torch.device, model: str, sparse: str) -> None:
    """Small tables and row kernels are the CPU's; elsewhere PyTorch computes what they do."""
    config = by_adagrad(model, sparse=f"{sparse} {{ lr: 0.1 }}", data="batch_size: 128")
    here, other = fit(tmp_path, config, "cpu"), fit(tmp_path, config, "cuda")
    for one, two in zip(here.epochs, other.epochs, strict=True):
        assert one.loss == pytest.approx(two.loss, rel=1e-4)
        assert [m.value for m in one.metrics] == pytest.approx([m.value for m in two.metrics], rel=1e-3)
    for name, weight in weights(other).items():
        assert weight.device.type == "cpu" and type(weight) is torch.Tensor
        torch.testing.assert_close(weight, weights(here)[name], rtol=1e-3, atol=1e-4)


def test_another_device_goes_on_after_an_interrupt(
    tmp_path: Path, there: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pairec_cli.components.training_run.PROGRESS_SECONDS", 0.0)
    config = by_adagrad(DBMTL)

    def stop(progress: Progress) -> None:
        if progress.epoch == 2:
            raise KeyboardInterrupt

    whole = fit(tmp_path, config, "cuda", name="whole")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, config, "cuda", name="broken", on_progress=stop)
    resumed = fit(tmp_path, config, "cuda", name="broken")
    assert [one.metrics for one in whole.epochs] == [one.metrics for one in resumed.epochs]
    assert all(torch.equal(one, weights(resumed)[name]) for name, one in weights(whole).items())
