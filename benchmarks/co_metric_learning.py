"""What collaborative metric learning i2i is worth beside plain co-occurrence: Recall@20 and NDCG@20 on real
logs, all items not seen in training ranked.

    python benchmarks/co_metric_learning.py FOLDER [FOLDER …] [--epochs 20]

A FOLDER holds `train.txt` and `test.txt` as for benchmarks/quality.py. A user's training items are the
session, and the triggers. Both kinds of similar items are read the same way: the best 100 per item (of
co-occurrence 200 too), each list divided by its sum, summed over the triggers. Co-occurrence is the number of
users who have both items.

Settings are chosen on a fifth of each user's training items, held out; the test items are looked at once,
with those that were best there.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from quality import K, Split, row_normalised
from scipy import sparse

from pairec_cli.components.metric_training import predict_items, train_metric
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss
from pairec_cli.recall.metric_training import pipeline_config

LOSSES = (MetricLoss(), MetricLoss(type="multi_similarity"))
READINGS = [(temperature, power) for temperature in (0.1, 0.2) for power in (0.0, 0.5, 1.0)]
HELD_OUT = 0.2


@dataclass(frozen=True)
class Choice:
    """What a validation chose."""

    recall: float
    loss: MetricLoss
    temperature: float
    power: float


def validation(split: Split, seed: int = 0) -> Split:
    """The training items alone, a fifth of each user's held out."""
    random, bounds = np.random.default_rng(seed), split.seen.indptr
    held = np.zeros(split.seen.nnz, bool)
    for first, end in pairwise(bounds):
        held[first + random.permutation(end - first)[: int((end - first) * HELD_OUT)]] = True
    users, items = split.seen.nonzero()
    kept = (np.ones(int((~held).sum())), (users[~held], items[~held]))
    wanted = [split.seen.indices[a:b][held[a:b]] for a, b in pairwise(bounds)]
    return Split(f"{split.name}, validation", sparse.csr_array(kept, shape=split.seen.shape), wanted)


def best(scores: np.ndarray, top: int) -> sparse.csr_array:
    """Of each row the `top` best, as a sparse matrix; -inf is never one."""
    places = np.argpartition(-scores, top, axis=1)[:, :top]
    values = np.take_along_axis(scores, places, 1)
    values = np.where(np.isfinite(values), values, 0)
    rows = np.arange(0, places.size + 1, top)
    return sparse.csr_array((values.ravel(), places.ravel(), rows), shape=scores.shape)


def co_occurrence(split: Split) -> np.ndarray:
    counts = (split.seen.T @ split.seen).toarray()
    np.fill_diagonal(counts, -np.inf)
    return counts


def vectors(split: Split, loss: MetricLoss, epochs: int) -> tuple[np.ndarray, str]:
    """Item vectors of length 1, learned from the split's training items, and how the training went."""
    config = CoMetricLearningConfig(loss=loss, epochs=epochs)
    n_items = split.seen.shape[1]
    item = ModelFeature(
        "item_id",
        Form.ID,
        "item",
        ("item_id",),
        vocabulary="item_id",
        num_buckets=n_items + 2,
        embedding_dim=config.id_embed_dim,
    )
    users, items = split.seen.nonzero()
    rows = pa.table(
        {
            "item_id": items + 2,
            "is_click": np.ones(len(items)),
            "session_id": users.astype(str),
            "__item_id__": items.astype(str),
        }
    )
    last = np.random.default_rng(1).permutation(len(users)) < len(users) // 40
    catalog = pa.table({"item_id": np.arange(2, n_items + 2), "__item_id__": np.arange(n_items).astype(str)})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, table in (
            ("train", rows.filter(pa.array(~last))), ("eval", rows.filter(pa.array(last))), ("items", catalog)
        ):  # fmt: skip
            pq.write_table(table, folder / part)
        result = train_metric(
            pipeline_config(config, Solution(), [item]),
            [item],
            [folder / "train"],
            [folder / "eval"],
            [folder / "items"],
            "__item_id__",
        )
        found = predict_items(result.model, [folder / "items"], [item], "__item_id__")["item_tower_emb"]
    told = f"epoch {result.best_epoch} of {len(result.epochs)}"
    return np.array([text.split(",") for text in found.to_pylist()], np.float32), told


def similarity(
    split: Split, found: np.ndarray, temperature: float, power: float
) -> tuple[np.ndarray, np.ndarray]:
    """The recall's scores, exp((cosine - the best) / temperature) · users^power, and the cosines."""
    cosine = found @ found.T
    np.fill_diagonal(cosine, -np.inf)
    users = np.asarray(split.seen.sum(axis=0)).ravel()
    lists = np.exp((cosine - cosine.max(axis=1, keepdims=True)) / temperature)
    return lists * users**power, cosine


def line(name: str, split: Split, scores: np.ndarray, nearest: np.ndarray, top: int = 100) -> float:
    """Prints what the lists are worth; the `top` items of a list are those of `nearest`."""
    chosen = best(nearest, top)
    chosen.data[:] = 1
    quality = split.quality((split.seen @ row_normalised(sparse.csr_array(chosen * scores))).toarray())
    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
    print(f"{split.name:24} {name:58} {figures}", flush=True)
    return quality.recall


def chosen(split: Split, epochs: int) -> Choice:
    held = validation(split)
    counts = co_occurrence(held)
    line("plain co-occurrence", held, np.where(np.isfinite(counts), counts, 0), counts)
    found = []
    for loss in LOSSES:
        learned, told = vectors(held, loss, epochs)
        for temperature, power in READINGS:
            scores, cosine = similarity(held, learned, temperature, power)
            name = f"{loss.type}, temperature {temperature}, power {power}, {told}"
            found.append(Choice(line(name, held, scores, cosine), loss, temperature, power))
    return max(found, key=lambda one: one.recall)


def report(split: Split, epochs: int) -> None:
    start, choice = time.perf_counter(), chosen(split, epochs)
    counts = co_occurrence(split)
    for top in (100, 200):
        line(f"plain co-occurrence, {top}", split, np.where(np.isfinite(counts), counts, 0), counts, top)
    learned, told = vectors(split, choice.loss, epochs)
    scores, cosine = similarity(split, learned, choice.temperature, choice.power)
    name = f"{choice.loss.type}, temperature {choice.temperature}, power {choice.power}, {told}"
    line(name, split, scores, cosine)
    print(f"{time.perf_counter() - start:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    print(f"{'log':24} {'similar items':58} Recall@{K} / NDCG@{K}  coverage")
    for folder in arguments.folders:
        report(Split.read(folder), arguments.epochs)


if __name__ == "__main__":
    main()
