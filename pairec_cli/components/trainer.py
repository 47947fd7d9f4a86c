"""Training of a ranking model: epochs of batches, measured on held-out rows, resumed after a kill.

After each epoch the model is measured on the held-out rows; the best epoch is kept, and training ends early
when two epochs in a row were no better. A training that was killed and resumed ends with the weights, bit for
bit, of one that was not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.interrupts import deferred_interrupt
from pairec_cli.components.losses import Objective, objectives
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import TrainingResult
from pairec_cli.components.training_run import BEST, OnProgress, TrainingRun, named_metrics
from pairec_cli.components.training_settings import TrainingSettings, training_settings
from pairec_cli.components.warm_start import Beginning, begin_with
from pairec_cli.domain.errors import DataError, InvalidConfig, InvalidInput, Problem
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, write

DEVICES = ("auto", "cpu", "cuda")


def train(
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    train_files: Sequence[Path],
    eval_files: Sequence[Path],
    folder: Path,
    *,
    device: str = "auto",
    seed: int = 0,
    threads: int | None = None,
    on_progress: OnProgress | None = None,
    resume: bool = True,
    beginning: Beginning | None = None,
    user_column: str | None = None,
) -> TrainingResult:
    """Trains the config's model on Parquet files of encoded rows, and keeps checkpoints under `folder`.

    Resumes from the folder's last checkpoint unless told otherwise. `user_column` holds the users by whom
    AUC is grouped; by default the first column named `__…__`. `beginning` is the model to go on from.

    Raises InvalidConfig for fields that are not honoured, InvalidInput for a device, DataError for rows that
    nothing can be learned from, a loss that is no number, and a checkpoint that is damaged or another's.
    After KeyboardInterrupt a checkpoint stands.
    """
    where = chosen_device(device)
    with torch_state(seed, threads, where):
        model = ranking_model(config)
        parts = objectives(config, model.tasks)
        settings = training_settings(config, tuple(parts))
        data, held_out = _open(features, parts, settings, train_files, eval_files, user_column)
        _check_best_by(settings, parts, held_out)
        _check_targets(parts, data)
        run = TrainingRun(
            model.to(where),
            parts,
            settings,
            data,
            held_out,
            folder=folder,
            seed=seed,
            device=where,
            fingerprint=_fingerprint(config, features, data, held_out, seed, where, beginning),
        )
        if not (resume and run.resume()):
            run.place.notes += settings.notes
            if held_out.users is None:
                run.place.notes.append("no column tells the users of the held-out rows: AUC is not grouped")
            if beginning:
                run.place.notes += begin_with(beginning, model, run.rows, features)
        with deferred_interrupt() as noted:
            run.run(noted, on_progress)
        run.keep_best()
    return _result(run)


def _result(run: TrainingRun) -> TrainingResult:
    place = run.place
    return TrainingResult(
        run.model.cpu().eval(),
        tuple(place.epochs),
        place.best_epoch,
        place.steps,
        place.stopped_early,
        tuple(place.notes),
        run.folder / BEST,
    )


def chosen_device(name: str) -> torch.device:
    """`auto` is CUDA where there is one. Raises InvalidInput for another name, and for CUDA without one."""
    if name not in DEVICES:
        raise InvalidInput(f"device {name!r} is none of {', '.join(DEVICES)}")
    present = torch.cuda.is_available()
    if name == "cuda" and not present:
        raise InvalidInput("there is no CUDA device here", hint="--device cpu, or auto")
    return torch.device("cuda" if present and name != "cpu" else "cpu")


@contextmanager
def torch_state(seed: int, threads: int | None, device: torch.device) -> Iterator[None]:
    """Torch's random state from `seed`, and its threads; both are as before afterwards."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        torch.set_num_threads(threads or before)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _open(
    features: Sequence[ModelFeature],
    parts: Sequence[Objective],
    settings: TrainingSettings,
    train_files: Sequence[Path],
    eval_files: Sequence[Path],
    user_column: str | None,
) -> tuple[TrainingData, TrainingData]:
    """The rows to train on and those held out."""
    labels = [part.task.label for part in parts]
    form = RowForm(
        tuple(features),
        tuple(dict.fromkeys([*labels, *(part.indicator for part in parts if part.indicator)])),
        tuple(dict.fromkeys(part.sample_weight for part in parts if part.sample_weight)),
        settings.separator,
    )
    data = TrainingData.open(train_files, form, what="training rows")
    plain = RowForm(form.features, tuple(dict.fromkeys(labels)), (), form.separator)
    user = user_column or (user_of(eval_files[0]) if eval_files else None)
    return data, TrainingData.open(eval_files, plain, user=user, what="held-out rows")


def user_of(path: Path) -> str | None:
    """The first column named `__…__`: the raw user id."""
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid):
        return None  # opening the file tells what is wrong with it
    return next((name for name in names if name.startswith("__") and name.endswith("__")), None)


def _check_best_by(settings: TrainingSettings, parts: Sequence[Objective], held_out: TrainingData) -> None:
    tasks = [part.task for part in parts]
    if settings.best_by and not named_metrics(tasks, settings.best_by, held_out.users is not None):
        message = f"{settings.best_by!r} is no metric of the targets"
        problem = Problem("export_config.best_exporter_metric", message, settings.best_by)
        raise InvalidConfig("pipeline.config", [problem], hint="auc, or auc_<target> where there are several")


def _check_targets(parts: Sequence[Objective], data: TrainingData) -> None:
    """Raises DataError for a target that nothing can be learned of, and for weights that weigh nothing."""
    for part in parts:
        name, values = part.task.label, data.column(part.task.label)
        if part.task.is_probability and (values.min() < 0 or values.max() > 1):
            wrong = float(values.min() if values.min() < 0 else values.max())
            raise DataError(f"target {name} has the value {wrong:g}, outside 0 … 1", hint="or use l2_loss")
        if values.min() == values.max():
            told = {0.0: "no positives", 1.0: "only positives"}.get(float(values[0]), "a single value")
            raise DataError(
                f"target {name} has {told} in {len(values)} training row(s)",
                hint="look at the target's SQL and at the days that are trained on",
            )
        if part.sample_weight:
            weights = data.column(part.sample_weight)
            if weights.min() < 0 or not weights.any():
                told = "a negative value" if weights.min() < 0 else "only zeros"
                raise DataError(f"sample weight {part.sample_weight} has {told}")


def _fingerprint(
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    data: TrainingData,
    held_out: TrainingData,
    seed: int,
    device: torch.device,
    beginning: Beginning | None,
) -> str:
    """Of everything that decides the weights."""
    files = [
        [group.path.parent.name, group.path.name, group.path.stat().st_size, group.number, group.rows]
        for group in (*data.groups, *held_out.groups)
    ]
    told = {
        "config": write(config),
        "features": [feature.as_dict() for feature in features],
        "files": files,
        "seed": seed,
        "device": device.type,
        "beginning": beginning.folder.name if beginning else None,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
