"""Training of item vectors on sessions, measured by what the sessions clicked besides.

Of some sessions a clicked item is held out. After each epoch every item j that the session does not hold is
ranked for it by sqrt(sessions that clicked j) · Σ exp(s(i, j) / T) over the session's items i, which is how
lists of similar items are read: without the root, rare items would come first, and their order decide.
The epoch of the best NDCG is kept; training ends early when two epochs in a row were no better.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from torch import Tensor

from pairec_cli.components.best_epoch import best_epoch, to_the_end
from pairec_cli.components.co_metric_learning import CoMetricLearningI2I
from pairec_cli.components.encoded_rows import RowForm, Rows
from pairec_cli.components.learning_rates import learning_rate
from pairec_cli.components.model_metrics import Metric
from pairec_cli.components.optimizers import RowOptimizer, base_rate, dense_optimizer
from pairec_cli.components.session_batches import session_batches
from pairec_cli.components.trainer import chosen_device, torch_state
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.training_report import Epoch, Progress
from pairec_cli.components.training_run import PROGRESS_SECONDS, OnProgress
from pairec_cli.components.training_settings import TrainingSettings
from pairec_cli.components.vector_prediction import row_keys, vector_texts
from pairec_cli.components.vector_training import THREADS, TOPS, vector_settings
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig

TEMPERATURE = 0.1
"""T of the measurement."""
BLOCK = 256
"""Sessions that are measured at once."""
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MetricResult:
    """A trained model with the weights of its best epoch, on the CPU and in evaluation mode."""

    model: CoMetricLearningI2I
    epochs: tuple[Epoch, ...]
    best_epoch: int
    stopped_early: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Sessions:
    """n rows <session, item, clicked>, and the clicked items that were held out of some sessions."""

    rows: Rows
    order: I64
    """(n,): the number in `rows` of each row as it stands here."""
    sessions: I64
    """(n,), from 0."""
    clicked: npt.NDArray[np.float32]
    items: I64
    """(n,): the row of the catalog, -1 where it has none."""
    held_sessions: I64
    held_items: I64


@dataclass
class _Run:
    model: CoMetricLearningI2I
    settings: TrainingSettings
    data: Sessions
    catalog: Rows
    device: torch.device
    seed: int
    on_progress: OnProgress | None
    epochs: list[Epoch] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        tables = set(self.model.embeddings.parameters())
        dense = [weight for weight in self.model.parameters() if weight not in tables]
        self.sparse_step = RowOptimizer(self.settings.sparse, self.model.embeddings.matrices)
        self.dense_step = dense_optimizer(self.settings.dense, dense)
        self.rates = base_rate(self.settings.sparse), base_rate(self.settings.dense)
        clicked, data = self.data.clicked > 0, self.data
        self.clicks = np.unique(_key(data.sessions[clicked], data.items[clicked]))

    def clicked_pairs(self, chosen: I64) -> npt.NDArray[np.bool_]:
        """(B, B): whether the session of one row clicked the item of another."""
        sessions, row_of = np.unique(self.data.sessions[chosen], return_inverse=True)
        items, column_of = np.unique(self.data.items[chosen], return_inverse=True)
        keys = _key(sessions[:, None], items)
        places = np.minimum(np.searchsorted(self.clicks, keys), len(self.clicks) - 1)
        found: npt.NDArray[np.bool_] = (self.clicks[places] == keys)[row_of][:, column_of]
        return found

    def epoch(self, number: int) -> Epoch:
        """One pass over the sessions, then the held-out items; `number` counts from 0."""
        self.model.train()
        data, losses, rows, told = self.data, list[float](), 0, 0.0
        start = time.perf_counter()
        random = np.random.default_rng([self.seed, number])
        for chosen in session_batches(
            data.sessions, data.clicked, self.model.session_size, self.settings.batch_size, random
        ):
            if self.settings.steps and self.steps >= self.settings.steps:
                break
            losses.append(self._step(chosen, number))
            rows += len(chosen)
            seconds = time.perf_counter() - start
            if self.on_progress and seconds - told >= PROGRESS_SECONDS:
                told = seconds
                self.on_progress(self._progress(number, rows, seconds, losses))
        if not losses and not self.settings.steps:
            raise DataError(
                "no session has two clicked items",
                hint="let sessions be longer (session: user), or train on more days",
            )
        seconds = time.perf_counter() - start
        if self.on_progress:
            self.on_progress(self._progress(number, rows, seconds, losses))
        metrics = _metrics(self._places())
        loss = float(np.mean(losses)) if losses else 0.0
        score = metrics[0].value if metrics else None
        return Epoch(number + 1, loss, rows, seconds, metrics, score)

    def _step(self, chosen: I64, epoch: int) -> float:
        batch = self.data.rows.batch(self.data.order[chosen], self.data.sessions[chosen]).to(self.device)
        items = torch.from_numpy(self.data.items[chosen]).to(self.device)
        known = torch.from_numpy(self.clicked_pairs(chosen)).to(self.device)
        loss = self.model.loss(batch, items, known)
        value = float(loss.item())
        if not math.isfinite(value):
            raise DataError(f"the loss is {value} in epoch {epoch + 1}", hint="lower the learning rates")
        loss.backward()
        self.sparse_step.step(learning_rate(self.settings.sparse, self.rates[0], self.steps, epoch))
        for group in self.dense_step.param_groups:
            group["lr"] = learning_rate(self.settings.dense, self.rates[1], self.steps, epoch)
        self.dense_step.step()
        self.dense_step.zero_grad(set_to_none=True)
        self.steps += 1
        return value

    def _progress(self, number: int, rows: int, seconds: float, losses: Sequence[float]) -> Progress:
        speed, loss = rows / seconds if seconds else 0.0, float(np.mean(losses)) if losses else 0.0
        return Progress(number + 1, self.settings.epochs, rows, len(self.data.rows), speed, loss)

    def _places(self) -> I64:
        """The held-out items' places among the items that their sessions lack, the first of which is 0."""
        self.model.eval()
        with torch.no_grad():
            found = catalog_vectors(self.model, self.catalog, self.device)
        vectors = torch.nn.functional.normalize(found, dim=1)
        data, places = self.data, list[I64]()
        counts = np.bincount(data.items[(data.items >= 0) & (data.clicked > 0)], minlength=len(vectors))
        popular = torch.from_numpy(np.sqrt(counts).astype(np.float32)).to(self.device)
        order = np.argsort(data.sessions, kind="stable")
        bounds = np.searchsorted(data.sessions[order], np.arange(int(data.sessions.max(initial=-1)) + 2))
        for first in range(0, len(data.held_items), BLOCK):
            wanted = data.held_items[first : first + BLOCK]
            scores = torch.zeros(len(wanted), len(vectors), device=self.device)
            for row, session in enumerate(data.held_sessions[first : first + BLOCK].tolist()):
                own = data.items[order[bounds[session] : bounds[session + 1]]]
                met = torch.from_numpy(own[own >= 0]).to(self.device)
                scores[row] = torch.exp((vectors[met] @ vectors.T - 1) / TEMPERATURE).sum(0) * popular
                scores[row, met] = -1.0
            own_score = scores.gather(1, torch.from_numpy(wanted).to(self.device).unsqueeze(1))
            places.append((scores > own_score).sum(1).cpu().numpy())
        return np.concatenate(places) if places else np.zeros(0, np.int64)


def train_metric(
    config: PipelineConfig,
    features: Sequence[ModelFeature],
    train_files: Sequence[Path],
    eval_files: Sequence[Path],
    item_files: Sequence[Path],
    item_key: str,
    *,
    device: str = "auto",
    seed: int = 0,
    threads: int = THREADS,
    on_progress: OnProgress | None = None,
) -> MetricResult:
    """Trains the config's `metric_learning` on Parquet files of encoded rows; `item_files` are the items that
    may be found, `item_key` the column of raw item ids that all of them have.

    Raises InvalidConfig for fields that are not honoured, InvalidInput for a device, DataError for rows that
    nothing can be learned from and a loss that is no number.
    """
    where = chosen_device(device)
    with torch_state(seed, threads, where):
        model = CoMetricLearningI2I(config)
        settings = vector_settings(config)
        plain = RowForm(tuple(features), separator=settings.separator)
        form = RowForm(tuple(features), (model.label,), separator=settings.separator)
        catalog = TrainingData.open(item_files, plain, what="items").whole()
        data = _sessions(train_files, eval_files, item_files, form, model.session, item_key)
        run = _Run(model.to(where), settings, data, catalog, where, seed, on_progress)
        stopped = to_the_end(run)
    best = best_epoch(run.epochs)
    return MetricResult(run.model.cpu().eval(), tuple(run.epochs), best, stopped, settings.notes)


def _sessions(
    train_files: Sequence[Path],
    eval_files: Sequence[Path],
    item_files: Sequence[Path],
    form: RowForm,
    session: str,
    item_key: str,
) -> Sessions:
    """The rows of the files, by session and item whatever their order, without held-out items whose session
    or item is not known."""
    data = TrainingData.open(train_files, form, what="training rows")
    ids, items = row_keys(train_files, session), row_keys(train_files, item_key)
    keys = pa.table({"session": ids, "item": items})
    order = pc.sort_indices(keys, [("session", "ascending"), ("item", "ascending")]).to_numpy()
    coded = ids.combine_chunks().dictionary_encode()
    rows, known = data.whole(), row_keys(item_files, item_key).combine_chunks()
    numbers = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)[order]
    first = np.unique(numbers, return_index=True)[1]
    turn = np.argsort(np.argsort(first, kind="stable"), kind="stable")
    held = [path for path in eval_files if pq.read_metadata(path).num_rows]
    held_sessions = _places(row_keys(held, session), coded.dictionary) if held else np.zeros(0, np.int64)
    held_items = _places(row_keys(held, item_key), known) if held else np.zeros(0, np.int64)
    usable = (held_sessions >= 0) & (held_items >= 0)
    return Sessions(
        rows,
        order,
        turn[numbers],
        rows.numbers[order, -1],
        _places(items, known)[order],
        turn[held_sessions[usable]],
        held_items[usable],
    )


def _places(values: pa.ChunkedArray, known: pa.Array) -> I64:
    """The place of each value among the known ones, -1 where it is none."""
    found: I64 = pc.index_in(values, known).combine_chunks().fill_null(-1).to_numpy().astype(np.int64)
    return found


def _metrics(places: I64) -> tuple[Metric, ...]:
    """Of the held-out items' places, the first of which is 0; the first metric decides."""
    if not len(places):
        return ()
    recall = [Metric("match", f"recall_at_{top}", float((places < top).mean())) for top in TOPS]
    return (Metric("match", "ndcg", float((1 / np.log2(2 + places)).mean())), *recall)


def _key(sessions: I64, items: I64) -> I64:
    """One number for a session and an item."""
    return (sessions << 32) + items + 1


def catalog_vectors(model: CoMetricLearningI2I, catalog: Rows, device: torch.device) -> Tensor:
    """(N, D), in the order of the rows."""
    parts = np.array_split(np.arange(len(catalog)), -(-len(catalog) // 4096))
    return torch.cat([model.items(catalog.batch(part).to(device)) for part in parts])


def predict_items(
    model: CoMetricLearningI2I,
    files: Sequence[Path],
    features: Sequence[ModelFeature],
    key: str,
    separator: str = ",",
) -> pa.Table:
    """Columns `key` as it is and `item_tower_emb`, in the order of the rows; no rows give an empty table."""
    column = "item_tower_emb"
    if not sum(pq.read_metadata(path).num_rows for path in files):
        return pa.table({key: pa.array([], pa.string()), column: pa.array([], pa.string())})
    rows = TrainingData.open(files, RowForm(tuple(features), separator=separator)).whole()
    with torch.no_grad():
        vectors = catalog_vectors(model.eval(), rows, torch.device("cpu"))
    return pa.table({key: row_keys(files, key), column: vector_texts(vectors.unsqueeze(1).numpy())})
