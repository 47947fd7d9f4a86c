"""The state of a training, and its steps: everything that the next step depends on, and nothing else."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pairec_cli.components.batch import Batch
from pairec_cli.components.checkpoints import Checkpoint, load, save
from pairec_cli.components.interrupts import Interruption
from pairec_cli.components.learning_rates import learning_rate
from pairec_cli.components.losses import Objective, total_loss
from pairec_cli.components.model_metrics import Metric, Quality, measure, metric_names, predictions
from pairec_cli.components.optimizers import RowOptimizer, base_rate, dense_optimizer
from pairec_cli.components.ranking_model import RankingModel, Task
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import Epoch, Progress
from pairec_cli.components.training_settings import TrainingSettings
from pairec_cli.domain.errors import DataError

FOLDER, LATEST, BEST = "checkpoint", "latest.npz", "best.npz"
PATIENCE = 2
"""Epochs in a row that are no better, after which training ends."""
PROGRESS_SECONDS = 0.1
"""Least time between two reports of progress."""

OnProgress = Callable[[Progress], None]


@dataclass
class Place:
    """Where training stands. What of it is in a checkpoint is JSON."""

    epoch: int = 0
    """Finished epochs."""
    step: int = 0
    """Steps of the epoch that has begun."""
    steps: int = 0
    """Steps in all."""
    rows: int = 0
    loss: float = 0.0
    """Sum over the steps of the epoch that has begun."""
    seconds: float = 0.0
    best_epoch: int = 0
    finished: bool = False
    stopped_early: bool = False
    epochs: list[Epoch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Place:
        epochs = [
            Epoch(**{**one, "metrics": tuple(Metric(**metric) for metric in one["metrics"])})
            for one in body["epochs"]
        ]
        return cls(**{**body, "epochs": epochs})


class TrainingRun:
    """A model on its way through the data. `fingerprint` tells one training from another."""

    def __init__(
        self,
        model: RankingModel,
        parts: Sequence[Objective],
        settings: TrainingSettings,
        data: TrainingData,
        held_out: TrainingData,
        *,
        folder: Path,
        seed: int,
        device: torch.device,
        fingerprint: str,
    ) -> None:
        self.model, self.parts, self.settings = model, parts, settings
        self.data, self.held_out = data, held_out
        self.folder, self.seed, self.device, self.fingerprint = folder / FOLDER, seed, device, fingerprint
        tables = set(model.embeddings.parameters())
        self.weights = [weight for weight in model.parameters() if weight not in tables]
        self.rows = RowOptimizer(settings.sparse, model.embeddings.matrices)
        self.dense = dense_optimizer(settings.dense, self.weights)
        self.rates = base_rate(settings.sparse), base_rate(settings.dense)
        self.place = Place()

    def run(self, noted: Interruption, on_progress: OnProgress | None) -> None:
        """To the end. Raises KeyboardInterrupt after a checkpoint, DataError when the loss is no number."""
        while not self.place.finished:
            self._epoch(noted, on_progress)

    def _epoch(self, noted: Interruption, on_progress: OnProgress | None) -> None:
        place, settings = self.place, self.settings
        self.model.train()
        told, told_steps = 0.0, -1
        start = time.perf_counter() - place.seconds
        seed = self.seed if settings.shuffle else None
        for batch in self.data.batches(settings.batch_size, seed=seed, epoch=place.epoch, skip=place.step):
            if settings.steps and place.steps >= settings.steps:
                break
            self._step(batch)
            place.seconds = time.perf_counter() - start
            if settings.save_steps and place.steps % settings.save_steps == 0:
                self._save(LATEST)
            if on_progress and place.seconds - told >= PROGRESS_SECONDS:
                told, told_steps = place.seconds, place.step
                self._tell(on_progress)
            if noted.asked:
                self._save(LATEST)
                raise KeyboardInterrupt
        if on_progress and told_steps != place.step:
            self._tell(on_progress)
        self._end_epoch()

    def _step(self, batch: Batch) -> None:
        place, batch = self.place, batch.to(self.device)
        loss = total_loss(self.parts, self.model(batch), batch)
        value = loss.item()
        if not math.isfinite(value):
            raise DataError(
                f"the loss is {value} in epoch {place.epoch + 1} at step {place.step + 1}",
                hint="lower the learning rates in train_config, or clip gradients; look for huge numbers",
            )
        loss.backward()
        self._clip()
        self.rows.step(learning_rate(self.settings.sparse, self.rates[0], place.steps, place.epoch))
        for group in self.dense.param_groups:
            group["lr"] = learning_rate(self.settings.dense, self.rates[1], place.steps, place.epoch)
        self.dense.step()
        self.dense.zero_grad(set_to_none=True)
        place.step += 1
        place.steps += 1
        place.rows += len(batch)
        place.loss += value

    def _clip(self) -> None:
        clipping = self.settings.clipping
        if clipping.clipping_type == "norm":
            torch.nn.utils.clip_grad_norm_(self.weights, clipping.max_gradient, clipping.norm_type)
        elif clipping.clipping_type == "value":
            torch.nn.utils.clip_grad_value_(self.weights, clipping.max_gradient)

    def _tell(self, on_progress: OnProgress) -> None:
        """A KeyboardInterrupt of the listener leaves a checkpoint, as one of the terminal does."""
        place = self.place
        try:
            on_progress(
                Progress(
                    place.epoch + 1,
                    self.settings.epochs,
                    place.rows,
                    self.data.rows,
                    place.rows / place.seconds if place.seconds else 0.0,
                    place.loss / max(1, place.step),
                )
            )
        except KeyboardInterrupt:
            self._save(LATEST)
            raise

    def _end_epoch(self) -> None:
        place = self.place
        quality = self.measure()
        place.notes += [note for note in quality.undefined if note not in place.notes]
        epoch = Epoch(
            place.epoch + 1,
            place.loss / max(1, place.step),
            place.rows,
            place.seconds,
            quality.metrics,
            self._score(quality),
        )
        place.epochs.append(epoch)
        better = self._is_better(epoch)
        place.epoch, place.step, place.rows, place.loss, place.seconds = epoch.number, 0, 0, 0.0, 0.0
        if better:
            place.best_epoch = epoch.number
        worse = epoch.number - place.best_epoch
        place.stopped_early = worse >= PATIENCE and not self._at_end()
        place.finished = place.stopped_early or self._at_end()
        if better:
            self._save(BEST)
        self._save(LATEST)

    def _at_end(self) -> bool:
        return self.settings.epochs == self.place.epoch or self.settings.steps == self.place.steps

    def measure(self) -> Quality:
        """The model on the held-out rows."""
        batches = self.held_out.batches(self.settings.eval_batch_size)
        limited = islice(batches, self.settings.eval_steps)
        return measure(self.model.tasks, *predictions(self.model, limited, self.device))

    def _score(self, quality: Quality) -> float | None:
        """What the best epoch is chosen by; None: the latest is the best."""
        named = self.settings.best_by
        if not named:
            return quality.score if named == "" else None
        found = named_metrics(self.model.tasks, named, self.held_out.users is not None)
        values = [quality.value(target, metric) for target, metric in found]
        if not values or values[0] is None:
            return None
        return values[0] if self.settings.larger_is_better else -values[0]

    def _is_better(self, epoch: Epoch) -> bool:
        """An epoch without a score counts as better than those before."""
        before = [one.score for one in self.place.epochs[:-1] if one.score is not None]
        return epoch.score is None or epoch.score > max(before, default=-math.inf)

    def _save(self, name: str) -> None:
        tensors = {f"model/{key}": one for key, one in self.model.state_dict().items()}
        tensors |= {f"rows/{key}": one for key, one in self.rows.accumulators.items()}
        for number, state in self.dense.state_dict()["state"].items():
            tensors |= {f"dense/{number}/{key}": one for key, one in state.items() if isinstance(one, Tensor)}
        tensors["random"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random_cuda"] = torch.cuda.get_rng_state(self.device)
        facts = {"fingerprint": self.fingerprint, "place": self.place.as_dict()}
        save(self.folder / name, Checkpoint(tensors, facts))

    def resume(self) -> bool:
        """Goes on where the folder's latest checkpoint stands; False where there is none.

        Raises DataError for a damaged checkpoint, and for one of another training.
        """
        path = self.folder / LATEST
        if not path.exists():
            return False
        checkpoint = load(path)
        if checkpoint.facts.get("fingerprint") != self.fingerprint:
            raise DataError(
                f"{path} belongs to another training: config, features, files, seed or device differ",
                hint="delete it, and training starts anew",
            )
        self._restore(checkpoint)
        self.place = Place.from_dict(checkpoint.facts["place"])
        return True

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.model.load_state_dict(checkpoint.under("model"))
        for name, known in checkpoint.under("rows").items():
            self.rows.accumulators[name].copy_(known)
        state: dict[int, dict[str, Tensor]] = {}
        for name, one in checkpoint.under("dense").items():
            number, _, key = name.partition("/")
            state.setdefault(int(number), {})[key] = one
        self.dense.load_state_dict({**self.dense.state_dict(), "state": state})
        torch.set_rng_state(checkpoint.tensors["random"])
        if "random_cuda" in checkpoint.tensors and self.device.type == "cuda":
            torch.cuda.set_rng_state(checkpoint.tensors["random_cuda"], self.device)

    def keep_best(self) -> None:
        """Puts the best epoch's weights into the model."""
        self.model.load_state_dict(load(self.folder / BEST).under("model"))


def named_metrics(tasks: Sequence[Task], name: str, grouped: bool) -> list[tuple[str, str]]:
    """(target, metric) of a metric as TorchEasyRec names it: `auc` of a single task, else `auc_is_click`."""
    return [
        (task.name, metric)
        for task in tasks
        for metric in metric_names(task, grouped)
        if name == f"{metric}_{task.name}" or (name == metric and len(tasks) == 1)
    ]
