"""What DSSM and MIND are worth: Recall@20 and NDCG@20 on real logs, all items not seen in training ranked.

    python benchmarks/vector_recall.py FOLDER [FOLDER …] [--epochs 10] [--temperature 0.1]

A FOLDER holds `train.txt` and `test.txt` as for benchmarks/quality.py. Such logs have no times: a training
row is one of a user's items with the user's other items as history, and one row in twenty is held out to stop
early. Model, loss and training are those of the recalls; only ids are read.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from quality import K, Split

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.vector_catalog import Catalog, read_catalog
from pairec_cli.components.vector_training import VectorResult, train_vectors
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.dssm import DSSM, DSSMRecallConfig
from pairec_cli.recall.mind import MIND, MINDRecallConfig
from pairec_cli.recall.two_towers import TwoTowers
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_features import VectorFeatures
from pairec_cli.recall.vector_training import pipeline_config

HELD_OUT = 0.05
HISTORY = "history__item_id"


def features(split: Split, config: VectorRecallConfig) -> VectorFeatures:
    """The item's id and the history of ids."""
    item = ModelFeature(
        "item_id",
        Form.ID,
        "item",
        ("item_id",),
        vocabulary="item_id",
        num_buckets=split.seen.shape[1] + 2,
        embedding_dim=config.id_embed_dim,
    )
    history = replace(item, name=HISTORY, side="user", columns=(HISTORY,), sequence="history")
    return VectorFeatures((), (item,), (replace(history, sequence_length=config.sequence_length),))


def histories(split: Split, config: VectorRecallConfig, folder: Path) -> tuple[Path, Path, Path]:
    """Files of rows to train on, rows held out, and users with all their items."""
    random = np.random.default_rng(0)

    def text(items: np.ndarray) -> str:
        most = config.sequence_length
        chosen = items if len(items) <= most else random.choice(items, most, replace=False)
        return ";".join(map(str, chosen + 2))

    owned = np.split(split.seen.indices, split.seen.indptr[1:-1])
    taken = [(item + 2, text(items[items != item])) for items in owned for item in items]
    rows = pa.table(
        {"item_id": [item for item, _ in taken], HISTORY: [before for _, before in taken]}
    ).append_column("sample_weight", pa.array(np.ones(len(taken))))
    held = random.random(len(taken)) < HELD_OUT
    parts = {
        "train": rows.filter(pa.array(~held)),
        "eval": rows.filter(pa.array(held)),
        "users": pa.table({"item_id": [1] * len(owned), HISTORY: [text(items) for items in owned]}),
    }
    for name, part in parts.items():
        pq.write_table(part, folder / f"{name}.parquet")
    return folder / "train.parquet", folder / "eval.parquet", folder / "users.parquet"


def scores(result: VectorResult, catalog: Catalog, users: Path, read: list[ModelFeature]) -> np.ndarray:
    """Users × items."""
    with torch.no_grad():
        items = result.model.items(catalog.all())
        batches = TrainingData.open([users], RowForm(tuple(read))).batches(512)
        return torch.cat([result.model.nearness(result.model.users(b), items) for b in batches]).numpy()


def report(split: Split, method: TwoTowers, config: VectorRecallConfig) -> None:
    start, inputs = time.perf_counter(), features(split, config)
    whole = pipeline_config(config, Solution(), inputs, method.model(config, inputs))
    ids = np.arange(2, split.seen.shape[1] + 2)
    sampler = pa.table({"id": ids, "weight": np.ones(len(ids)), "attrs": [str(one) for one in ids]})
    catalog = read_catalog(sampler, whole, inputs.all)
    with tempfile.TemporaryDirectory() as folder:
        train, held_out, users = histories(split, config, Path(folder))
        result = train_vectors(whole, inputs.all, [train], [held_out], catalog)
        quality = split.quality(scores(result, catalog, users, inputs.all))
    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
    epochs = f"epoch {result.best_epoch} of {len(result.epochs)}"
    print(f"{config.name:12} {figures}  {epochs}, {time.perf_counter() - start:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=0.1)
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    changes = {"epochs": arguments.epochs, "temperature": arguments.temperature}
    for folder in arguments.folders:
        split = Split.read(folder)
        print(f"\n{split.name}: Recall@{K} / NDCG@{K}  coverage")
        print(f"{'popularity':12} {split.quality(split.seen.sum(axis=0)).recall:.4f}")
        report(split, DSSM(), DSSMRecallConfig().model_copy(update=changes))
        report(split, MIND(), MINDRecallConfig().model_copy(update=changes))


if __name__ == "__main__":
    main()
