"""Permutation importance: how much worse a model predicts when one input is shuffled among the rows.

Breiman (2001), "Random forests", section 10. All fields of a sequence are shuffled together, as they are the
same events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.model_metrics import measure, predictions
from pairec_cli.components.ranking_model import RankingModel
from pairec_cli.domain.model_features import ModelFeature

LOSS_METRIC = "mean_squared_error"


@dataclass(frozen=True)
class Importance:
    """What shuffling `feature` costs `target`: AUC lost, or squared error gained."""

    feature: str
    target: str
    metric: str
    value: float
    """With every input in its place."""
    worse: float


def permutation_importance(
    model: RankingModel, batch: Batch, features: Sequence[ModelFeature], *, seed: int = 0
) -> Iterator[Importance]:
    """One entry per input and target, input by input; a target whose metric the rows do not define has none.

    `batch` holds the rows with their labels, (n,).
    """
    random = np.random.default_rng(seed)
    before = _values(model, batch)
    for name, fields in _inputs(features, batch).items():
        order = torch.from_numpy(random.permutation(len(batch)))
        after = _values(model, shuffled(batch, fields, order))
        for target, (metric, value) in before.items():
            change = after[target][1] - value
            yield Importance(name, target, metric, value, change if metric == LOSS_METRIC else -change)


def shuffled(batch: Batch, fields: Sequence[str], order: torch.Tensor) -> Batch:
    """The batch with the inputs `fields` taken from other rows: row r has those of row order[r]."""
    ids, dense = batch.ids.clone(), batch.dense.clone()
    lists, sequences, lengths = dict(batch.lists), dict(batch.sequences), dict(batch.lengths)
    for name in fields:
        if name in batch.id_names:
            ids[:, batch.id_names.index(name)] = batch.id(name)[order]
        elif name in batch.dense_names:
            place = batch.dense_names.index(name)
            dense[:, place] = batch.dense[order, place]
        elif name in lists:
            lists[name] = _taken(lists[name], order)
        elif name in sequences:
            sequences[name] = sequences[name][order]
        else:
            lengths[name] = lengths[name][order]
    return replace(batch, ids=ids, dense=dense, lists=lists, sequences=sequences, lengths=lengths)


def _inputs(features: Sequence[ModelFeature], batch: Batch) -> dict[str, list[str]]:
    """Input, or sequence → the names that the batch has for it."""
    found: dict[str, list[str]] = {}
    for feature in features:
        if feature.sequence:
            found.setdefault(feature.sequence, [feature.sequence]).append(feature.name)
        else:
            found[feature.name] = [feature.name]
    known = {*batch.id_names, *batch.dense_names, *batch.lists, *batch.sequences, *batch.lengths}
    return {name: fields for name, fields in found.items() if set(fields) <= known}


def _taken(ragged: Ragged, order: torch.Tensor) -> Ragged:
    """The rows in another order."""
    lengths = torch.diff(ragged.offsets)[order]
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), torch.cumsum(lengths, 0)])
    starts = torch.repeat_interleave(ragged.offsets[:-1][order] - offsets[:-1], lengths)
    return Ragged(ragged.values[starts + torch.arange(int(offsets[-1]))], offsets)


def _values(model: RankingModel, batch: Batch) -> dict[str, tuple[str, float]]:
    """Target → its metric and value."""
    quality = measure(model.tasks, *predictions(model, [batch], torch.device("cpu")))
    found = {}
    for task in model.tasks:
        metric = "auc" if task.is_probability else LOSS_METRIC
        value = quality.value(task.name, metric)
        if value is not None:
            found[task.name] = (metric, value)
    return found
