"""Training of a model with two towers, measured by ranking the whole catalog for held-out rows.

Metrics over sampled candidates flatter a model, so after each epoch every item is ranked for every held-out
row, without the items of its history: recall@k is the share of rows whose item is among the best k, NDCG
the mean of 1 / log2(1 + place). The epoch of the best NDCG is kept, as it tells most of few rows; training
ends early when four epochs in a row were no better: held-out rows are few, and their figure is noisy. A
model that serves new users and items is measured as one meets them too, each case by metrics of its own
(`ndcg_new_user`), and the mean of its NDCGs decides.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pairec_cli.components.batch import Batch
from pairec_cli.components.best_epoch import best_epoch, to_the_end
from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.learning_rates import learning_rate
from pairec_cli.components.match_model import NEVER, MatchModel
from pairec_cli.components.match_models import match_model
from pairec_cli.components.model_metrics import Metric
from pairec_cli.components.optimizers import RowOptimizer, base_rate, dense_optimizer
from pairec_cli.components.sample_masks import SampleMasks, masked
from pairec_cli.components.trainer import chosen_device, torch_state
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import Epoch, Progress
from pairec_cli.components.training_run import PROGRESS_SECONDS, OnProgress
from pairec_cli.components.training_settings import TrainingSettings, training_settings
from pairec_cli.components.vector_catalog import Catalog
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import OUT_OF_VOCABULARY, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig

TOPS = (20, 100)
"""Places that recall is told for."""
DECISIVE = "ndcg"
"""The metric that the best epoch is chosen by."""
OWN_FIELDS = ("negative_sampler", "sample_mask_prob", "negative_sample_mask_prob")
"""Of data_config, honoured here and by no other training."""
PATIENCE = 4
"""Epochs that may follow the best one."""
THREADS = 1
"""Steps are too small to gain from a second one, and waiting for it costs much where cores are busy."""


@dataclass(frozen=True)
class VectorResult:
    """A trained model with the weights of its best epoch, on the CPU and in evaluation mode."""

    model: MatchModel
    epochs: tuple[Epoch, ...]
    best_epoch: int
    stopped_early: bool
    notes: tuple[str, ...]


@dataclass
class _Run:
    model: MatchModel
    settings: TrainingSettings
    data: TrainingData
    held_out: TrainingData | None
    catalog: Catalog
    device: torch.device
    seed: int
    weights: str
    history: str
    masks: SampleMasks
    on_progress: OnProgress | None
    epochs: list[Epoch] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        tables = set(self.model.embeddings.parameters())
        self.dense_weights = [weight for weight in self.model.parameters() if weight not in tables]
        self.rows = RowOptimizer(self.settings.sparse, self.model.embeddings.matrices)
        self.dense = dense_optimizer(self.settings.dense, self.dense_weights)
        self.rates = base_rate(self.settings.sparse), base_rate(self.settings.dense)

    def epoch(self, number: int) -> Epoch:
        """One pass over the rows, then the held-out ones; `number` counts from 0."""
        self.model.train()
        start, told, rows, losses = time.perf_counter(), 0.0, 0, list[float]()
        seed = self.seed if self.settings.shuffle else None
        random = np.random.default_rng([self.seed, 1, number])
        for batch in self.data.batches(self.settings.batch_size, seed=seed, epoch=number):
            if self.settings.steps and self.steps >= self.settings.steps:
                break
            losses.append(self._step(batch.to(self.device), random, number))
            rows += len(batch)
            seconds = time.perf_counter() - start
            if self.on_progress and seconds - told >= PROGRESS_SECONDS:
                told = seconds
                self.on_progress(self._progress(number, rows, seconds, losses))
        seconds = time.perf_counter() - start
        if self.on_progress:
            self.on_progress(self._progress(number, rows, seconds, losses))
        metrics = self._measure()
        decisive = [metric.value for metric in metrics if metric.metric.startswith(DECISIVE)]
        score = float(np.mean(decisive)) if decisive else None
        return Epoch(number + 1, float(np.mean(losses)) if losses else 0.0, rows, seconds, metrics, score)

    def _step(self, batch: Batch, random: np.random.Generator, epoch: int) -> float:
        batch = masked(batch, self.masks.names, self.masks.rows)
        negatives = None if self.model.in_batch_negative else self._negatives(random)
        loss = self.model.loss(batch, negatives, batch.weights[self.weights] if self.weights else None)
        value = float(loss.item())
        if not math.isfinite(value):
            raise DataError(
                f"the loss is {value} in epoch {epoch + 1}",
                hint="lower the learning rates in train_config, or raise the temperature",
            )
        loss.backward()
        self.rows.step(learning_rate(self.settings.sparse, self.rates[0], self.steps, epoch))
        for group in self.dense.param_groups:
            group["lr"] = learning_rate(self.settings.dense, self.rates[1], self.steps, epoch)
        self.dense.step()
        self.dense.zero_grad(set_to_none=True)
        self.steps += 1
        return value

    def _negatives(self, random: np.random.Generator) -> Batch:
        drawn = self.catalog.drawn(random).to(self.device)
        return masked(drawn, self.masks.names, self.masks.negatives)

    def _progress(self, number: int, rows: int, seconds: float, losses: Sequence[float]) -> Progress:
        speed = rows / seconds if seconds else 0.0
        loss = float(np.mean(losses)) if losses else 0.0
        return Progress(number + 1, self.settings.epochs, rows, self.data.rows, speed, loss)

    def _measure(self) -> tuple[Metric, ...]:
        """NDCG and recall@k of the held-out rows whose item is one of the catalog, for each of the model's
        cases."""
        if self.held_out is None:
            return ()
        self.model.eval()
        found = list[Metric]()
        for case in self.model.cases:
            self.model.case = case
            found += _metrics(self._held_out_places(self.held_out), case)
        self.model.case = ""
        return tuple(found)

    def _held_out_places(self, held_out: TrainingData) -> npt.NDArray[np.int64]:
        """Where each held-out item ranks among all; the first place is 0."""
        places = list[Tensor]()
        key = self.model.item_key
        with torch.no_grad():
            everything = self.catalog.all().to(self.device)
            items, ids = self.model.items(everything), everything.id(key)
            column = torch.full((int(ids.max()) + 1,), -1, device=self.device).scatter(
                0, ids, torch.arange(len(ids), device=self.device)
            )
            for batch in held_out.batches(self.settings.eval_batch_size):
                batch = batch.to(self.device)
                own = _places(batch.id(key), column)
                scores = self.model.nearness(self.model.users(batch), items)
                if self.history:
                    _forget(scores, _places(batch.sequences[self.history], column))
                known = own >= 0
                own, scores = own[known], scores[known]
                best = scores.gather(1, own.unsqueeze(1))
                place = ((scores > best) | ((scores == best) & _before(scores, own))).sum(1)
                places.append(place.cpu())
        found: npt.NDArray[np.int64] = torch.cat(places).numpy()
        return found


def _metrics(places: npt.NDArray[np.int64], case: str) -> tuple[Metric, ...]:
    if not len(places):
        return ()
    end = f"_{case}" if case else ""
    recall = [Metric("match", f"recall_at_{top}{end}", float((places < top).mean())) for top in TOPS]
    return (Metric("match", f"{DECISIVE}{end}", float((1 / np.log2(2 + places)).mean())), *recall)


def _places(ids: Tensor, column: Tensor) -> Tensor:
    """The items' columns by `ids` of any shape; -1 for those outside the catalog."""
    inside = (ids > OUT_OF_VOCABULARY) & (ids < len(column))
    return torch.where(inside, column[torch.where(inside, ids, 0)], -1)


def _forget(scores: Tensor, seen: Tensor) -> None:
    """Scores (B, N) of the columns `seen` (B, T) become NEVER; -1 is no column."""
    rows = torch.arange(len(scores), device=scores.device).unsqueeze(1).expand_as(seen)
    known = seen >= 0
    scores[rows[known], seen[known]] = NEVER


def _before(scores: Tensor, own: Tensor) -> Tensor:
    return torch.arange(scores.shape[1], device=scores.device) < own.unsqueeze(1)


def train_vectors(
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    train_files: Sequence[Path],
    eval_files: Sequence[Path],
    catalog: Catalog,
    *,
    device: str = "auto",
    seed: int = 0,
    threads: int = THREADS,
    on_progress: OnProgress | None = None,
) -> VectorResult:
    """Trains the config's model on Parquet files of encoded rows. Without held-out rows it takes all epochs.

    Raises InvalidConfig for fields that are not honoured, InvalidInput for a device, DataError for rows that
    nothing can be learned from and a loss that is no number.
    """
    where = chosen_device(device)
    with torch_state(seed, threads, where):
        model = match_model(config)
        settings = vector_settings(config)
        weights = config.data_config.sample_weight_fields if config.data_config else ()
        form = RowForm(tuple(features), (), tuple(weights[:1]), settings.separator)
        data = TrainingData.open(train_files, form, what="training rows")
        held_out = _held_out(eval_files, form)
        run = _Run(
            model.to(where),
            settings,
            data,
            held_out,
            catalog,
            where,
            seed,
            weights[0] if weights else "",
            _history(features, model.item_key),
            SampleMasks.of(config),
            on_progress,
        )
        stopped = to_the_end(run, PATIENCE)
    best = best_epoch(run.epochs)
    return VectorResult(run.model.cpu().eval(), tuple(run.epochs), best, stopped, settings.notes)


def vector_settings(config: PipelineConfig) -> TrainingSettings:
    """How to train; the sampler, the masks and the metrics are this module's own matter. Raises
    InvalidConfig."""
    data, model = config.data_config, config.model
    plain = config.model_copy(
        update={
            "data_config": data.model_copy(update=dict.fromkeys(OWN_FIELDS)) if data else None,
            "model": model.model_copy(update={"metrics": (), "train_metrics": ()}) if model else None,
        }
    )
    return training_settings(plain, ())


def _held_out(files: Sequence[Path], form: RowForm) -> TrainingData | None:
    try:
        plain = RowForm(form.features, (), (), form.separator)
        return TrainingData.open(files, plain, what="held-out rows")
    except DataError as error:
        if error.message.startswith("there are no"):
            return None
        raise


def _history(features: Sequence[ModelFeature], item_key: str) -> str:
    """The sequence field that holds the items of the user's history, or empty."""
    vocabulary = next((f.vocabulary for f in features if f.name == item_key), "")
    return next((f.name for f in features if f.sequence and f.vocabulary == vocabulary), "")
