"""Training from files to a model."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pairec_cli.components.checkpoints import load
from pairec_cli.components.trainer import chosen_device, train, user_of
from pairec_cli.components.training_report import Progress, TrainingResult
from pairec_cli.domain.errors import DataError, InvalidConfig, InvalidInput
from pairec_cli.domain.pipeline_config import PipelineConfig
from tests.components.encoded_tables import DBMTL, FEATURES, columns, pipeline, write


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Folder:
    """A folder with training rows and held-out rows."""

    def __init__(self, path: Path, signal: float = 3.0, rows: int = 2000) -> None:
        self.path = path
        self.train = write(path / "train" / "part.parquet", columns(rows, 1, signal), 500)
        self.eval = write(path / "eval" / "part.parquet", columns(rows // 2, 2, signal), 500)

    def fit(self, config: PipelineConfig | None = None, name: str = "model", **given: Any) -> TrainingResult:
        files = given.pop("train_files", [self.train]), given.pop("eval_files", [self.eval])
        return train(config or pipeline(), FEATURES, *files, self.path / name, **{"seed": 5} | given)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def same(first: TrainingResult, second: TrainingResult) -> bool:
    one, two = first.model.state_dict(), second.model.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("model", [None, pipeline(DBMTL)])
def test_a_planted_taste_is_learned(folder: Folder, model: PipelineConfig | None) -> None:
    result = folder.fit(model)
    metrics = {(one.target, one.metric): one.value for one in result.best.metrics}
    assert metrics["is_click", "auc"] > 0.85
    assert metrics["is_click", "grouped_auc"] > 0.8
    assert result.epochs[1].loss < result.epochs[0].loss
    if model:
        played = columns(1000, 2)["ln_playtime"]
        assert metrics["ln_playtime", "mean_squared_error"] < 0.6 * played.var()
    assert result.steps == 2 * 32 and result.notes == ()
    assert not result.model.training


def test_noise_stays_noise(tmp_path: Path) -> None:
    result = Folder(tmp_path, signal=0, rows=4000).fit()
    values = {one.metric: one.value for one in result.epochs[0].metrics}
    assert values["auc"] == pytest.approx(0.5, abs=0.05)
    assert values["grouped_auc"] == pytest.approx(0.5, abs=0.05)


def test_the_seed_decides(folder: Folder) -> None:
    first, again, other = (folder.fit(name=name, seed=seed) for name, seed in [("a", 1), ("b", 1), ("c", 2)])
    assert same(first, again) and not same(first, other)
    assert [one.metrics for one in first.epochs] == [one.metrics for one in again.epochs]


def test_the_caller_s_random_state_and_threads_stay(folder: Folder) -> None:
    before = torch.get_rng_state()
    folder.fit(pipeline(train="num_steps: 2"), threads=2)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == 1


def test_progress_is_told(folder: Folder) -> None:
    told: list[Progress] = []
    folder.fit(on_progress=told.append)
    ends = [one for one in told if one.rows == one.total_rows]
    assert [(one.epoch, one.epochs, one.total_rows) for one in ends] == [(1, 2, 2000), (2, 2, 2000)]
    assert all(one.samples_per_s > 0 and one.loss > 0 for one in ends)


def test_steps_instead_of_epochs(folder: Folder) -> None:
    result = folder.fit(pipeline(train="num_steps: 40"))
    assert result.steps == 40
    assert [one.rows for one in result.epochs] == [2000, pytest.approx(8 * 2000 / 32, abs=8)]


def test_training_ends_when_it_gets_no_better(folder: Folder) -> None:
    result = folder.fit(pipeline(train="num_epochs: 40", rate=0.03))
    scores = [one.score for one in result.epochs]
    assert result.stopped_early and len(scores) < 40
    assert result.best_epoch == len(scores) - 2 == int(np.argmax(scores)) + 1
    best = folder.fit(pipeline(train=f"num_epochs: {result.best_epoch}", rate=0.03), name="short")
    assert same(result, best), "the weights are those of the best epoch"


def test_the_latest_is_kept_when_the_config_says_so(folder: Folder) -> None:
    config = pipeline(train="num_epochs: 8", rate=0.1, rest='export_config { exporter_type: "latest" }')
    result = folder.fit(config)
    assert (len(result.epochs), result.best_epoch, result.stopped_early) == (8, 8, False)


@pytest.mark.parametrize(
    ("metric", "sign"),
    [("mean_squared_error_ln_playtime", -1), ("log_loss_is_click", -1), ("auc_is_click", 1)],
)
def test_the_best_by_a_metric_of_the_config(folder: Folder, metric: str, sign: int) -> None:
    larger = "true" if sign > 0 else "false"
    best = f'exporter_type: "best" best_exporter_metric: "{metric}" metric_larger_is_better: {larger}'
    result = folder.fit(pipeline(DBMTL, rest=f"export_config {{ {best} }}"))
    name = metric.removesuffix("_is_click").removesuffix("_ln_playtime")
    values = [
        next(m.value for m in e.metrics if m.metric == name and m.target in metric) for e in result.epochs
    ]
    assert [one.score for one in result.epochs] == [sign * value for value in values]
    with pytest.raises(InvalidConfig, match=r"best_exporter_metric: 'auc' is no metric of the targets"):
        folder.fit(pipeline(DBMTL, rest='export_config { best_exporter_metric: "auc" }'), name="other")


def test_sample_weights_count(tmp_path: Path) -> None:
    """Rows that contradict the others weigh nothing."""
    data, wrong = columns(2000, 1), columns(2000, 3)
    wrong["is_click"] = 1 - wrong["is_click"]
    both = {name: [*data[name], *wrong[name]] for name in data}
    folder = Folder(tmp_path)
    aucs = []
    for weight in (0.0, 1.0):
        rows = both | {"sample_weight": [1.0] * 2000 + [weight] * 2000}
        path = write(tmp_path / f"{weight}" / "part.parquet", rows)
        config = pipeline(data='sample_weight_fields: "sample_weight"')
        result = folder.fit(config, name=f"m{weight}", train_files=[path])
        aucs.append(next(one.value for one in result.best.metrics if one.metric == "auc"))
    assert aucs[0] > 0.85 > aucs[1] + 0.2


def test_a_day_of_one_class_defines_no_auc(folder: Folder) -> None:
    held_out = write(folder.path / "one" / "part.parquet", columns(200) | {"is_click": [0.0] * 200})
    result = folder.fit(eval_files=[held_out])
    assert "auc of is_click is not defined: the rows hold one class only" in result.notes
    assert [one.metric for one in result.best.metrics] == ["log_loss"]
    assert result.best_epoch == 2, "the latest, where nothing tells the best"


def test_without_users_auc_is_not_grouped(folder: Folder) -> None:
    plain = columns(200)
    del plain["__user_id__"], plain["__item_id__"]
    held_out = write(folder.path / "plain" / "part.parquet", plain)
    assert (user_of(folder.eval), user_of(held_out)) == ("__user_id__", None)
    result = folder.fit(pipeline(train="num_steps: 2"), eval_files=[held_out])
    assert result.notes == ("no column tells the users of the held-out rows: AUC is not grouped",)
    result = folder.fit(
        pipeline(train="num_steps: 3"), eval_files=[held_out], user_column="request_id", name="other"
    )
    assert "grouped_auc" in {one.metric for one in result.best.metrics}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"is_click": [0.0] * 50}, r"target is_click has no positives in 50 training row\(s\)"),
        ({"is_click": [1.0] * 50}, "target is_click has only positives in 50"),
        ({"is_click": [0.0, 2.0] * 25}, "target is_click has the value 2, outside 0 … 1"),
        ({"is_click": [0.0, None] * 25}, r"column is_click holds 25 value\(s\) that are NULL, NaN"),
        ({"ln_playtime": [0.5] * 50}, "target ln_playtime has a single value in 50"),
        (
            {"price": [0.0, float("inf")] * 25},
            r"column price holds 25 value\(s\) that are NULL, NaN or infinite",
        ),
        ({"item_id": [2, 64] * 25}, "feature item_id has the id 64, outside 0 … 63"),
        ({"ln_playtime": [1e30, -1e30] * 25}, "the loss is (nan|inf) in epoch 1 at step"),
        ({"sample_weight": [-1.0, 1.0] * 25}, "sample weight sample_weight has a negative value"),
        ({"sample_weight": [0.0] * 50}, "sample weight sample_weight has only zeros"),
    ],
)
def test_rows_that_nothing_can_be_learned_from(folder: Folder, change: dict[str, Any], told: str) -> None:
    bad = write(folder.path / "bad" / "part.parquet", columns(50) | change)
    weighed = DBMTL.replace("losses { l2", 'sample_weight_name: "sample_weight" losses { l2')
    config = pipeline(weighed, data='sample_weight_fields: "sample_weight"')
    with pytest.raises(DataError, match=told):
        folder.fit(config, train_files=[bad])
    assert not (folder.path / "model").exists()


def test_files_that_are_missing(folder: Folder) -> None:
    with pytest.raises(DataError, match="there are no training rows"):
        folder.fit(train_files=[])
    with pytest.raises(DataError, match="there are no held-out rows"):
        folder.fit(eval_files=[])
    with pytest.raises(DataError, match=r"gone.parquet does not exist"):
        folder.fit(eval_files=[folder.path / "gone.parquet"])
    short = columns(10)
    del short["ln_playtime"]
    with pytest.raises(DataError, match="has no column ln_playtime"):
        folder.fit(pipeline(DBMTL), train_files=[write(folder.path / "short.parquet", short)])


def test_devices() -> None:
    assert chosen_device("cpu").type == "cpu"
    assert chosen_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(InvalidInput, match="device 'tpu' is none of auto, cpu, cuda"):
        chosen_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_never_required(folder: Folder) -> None:
    with pytest.raises(InvalidInput, match="there is no CUDA device here"):
        folder.fit(device="cuda")


@pytest.mark.parametrize("moment", [0, 31, 32, 45])
def test_an_interrupted_training_goes_on(
    folder: Folder, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pairec_cli.components.training_run.PROGRESS_SECONDS", 0.0)
    config, steps = pipeline(DBMTL), 0

    def stop(progress: Progress) -> None:
        nonlocal steps
        if steps == moment:
            raise KeyboardInterrupt
        steps += 1

    whole = folder.fit(config, name="whole")
    with pytest.raises(KeyboardInterrupt):
        folder.fit(config, name="broken", on_progress=stop)
    resumed = folder.fit(config, name="broken")
    assert same(whole, resumed)
    assert [(one.loss, one.metrics) for one in whole.epochs] == [
        (one.loss, one.metrics) for one in resumed.epochs
    ]


KILLED = """
    import sys
    from pathlib import Path
    import torch
    from pairec_cli.components import training_run
    from tests.components.test_trainer import Folder
    from tests.components.encoded_tables import DBMTL, pipeline

    torch.set_num_threads(1)
    training_run.PROGRESS_SECONDS = 0.0
    folder = Folder(Path(sys.argv[1]))
    config = pipeline(DBMTL, train="num_epochs: 3 save_checkpoints_steps: 10")
    folder.fit(config, name="killed", on_progress=lambda p: print(p.epoch, p.rows, flush=True))
"""


def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    """SIGKILL in the second epoch, some steps after a checkpoint."""
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            epoch, rows = map(int, line.split())
            if epoch == 2 and rows > 900:
                process.kill()
                break
        assert process.wait() == -signal.SIGKILL
    folder = Folder(tmp_path)
    facts = load(tmp_path / "killed" / "checkpoint" / "latest.npz").facts
    assert facts["place"]["steps"] % 10 == 0 and facts["place"]["steps"] > 32
    config = pipeline(DBMTL, train="num_epochs: 3 save_checkpoints_steps: 10")
    assert same(folder.fit(config, name="killed"), folder.fit(config, name="whole"))


def test_a_finished_training_is_not_repeated(folder: Folder) -> None:
    first = folder.fit()
    told: list[Progress] = []
    again = folder.fit(on_progress=told.append)
    assert same(first, again) and told == []
    assert first.epochs == again.epochs
    anew = folder.fit(on_progress=told.append, resume=False)
    assert same(first, anew) and told != []


def test_checkpoints_of_other_trainings_and_damaged_ones(folder: Folder) -> None:
    folder.fit(pipeline(train="num_steps: 2"))
    latest = folder.path / "model" / "checkpoint" / "latest.npz"
    before = latest.read_bytes()
    for other in ({"seed": 6}, {"config": pipeline(train="num_steps: 3")}, {"train_files": [folder.eval]}):
        with pytest.raises(DataError, match=r"latest.npz belongs to another training"):
            folder.fit(**{"config": pipeline(train="num_steps: 2")} | other)
    assert latest.read_bytes() == before
    latest.write_bytes(before[:-100])
    with pytest.raises(DataError, match=r"latest.npz is damaged"):
        folder.fit(pipeline(train="num_steps: 2"))
    assert folder.fit(pipeline(train="num_steps: 2"), resume=False).steps == 2
