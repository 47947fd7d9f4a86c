"""What DSSM and MIND are worth: Recall@20 and NDCG@20 on real logs, all items not seen in training ranked.

    python benchmarks/vector_recall.py FOLDER [--ordered] [--validate] [--set epochs=20]

A FOLDER holds `train.txt` and `test.txt` as for benchmarks/quality.py. With `--ordered` a user's line runs
from the oldest item to the newest, and a training row is an item with those before it as its history, as in
the recalls. Without an order its history is the user's other items. One row in twenty is held out to stop
early; with `--validate` the last (or random) 15 % of each user's training items are ranked instead of the
test items, which is how the defaults were chosen. Model, loss and training are those of the recalls; only
ids are read.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from quality import K, Split
from scipy import sparse

from pairec_cli.components.encoded_rows import RowForm
from pairec_cli.components.training_data import TrainingData
from pairec_cli.components.vector_catalog import Catalog, read_catalog
from pairec_cli.components.vector_training import VectorResult, train_vectors
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.dssm import DSSM
from pairec_cli.recall.mind import MIND
from pairec_cli.recall.two_towers import TwoTowers
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_features import VectorFeatures
from pairec_cli.recall.vector_training import pipeline_config

HELD_OUT = 0.05
Lines = dict[int, np.ndarray]
"""User → items, in the order of the file."""
Files = tuple[Path, Path, Path]
METHODS: dict[str, TwoTowers] = {"dssm": DSSM(), "mind": MIND()}
VALIDATION = 0.15
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


def histories(lines: Lines, n_users: int, config: VectorRecallConfig, folder: Path, ordered: bool) -> Files:
    """Files of rows to train on, rows held out, and users with all their items."""
    random = np.random.default_rng(0)
    most = config.sequence_length

    def text(items: np.ndarray) -> str:
        if len(items) > most:
            items = items[-most:] if ordered else random.choice(items, most, replace=False)
        return ";".join(map(str, items[::-1] + 2))

    def before(items: np.ndarray, place: int) -> np.ndarray:
        if ordered:
            return items[:place]
        return np.delete(items, place)

    none = np.zeros(0, np.int64)
    owned = [lines.get(user, none) for user in range(n_users)]
    taken = [(item + 2, text(before(items, place))) for items in owned for place, item in enumerate(items)]
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


def report(split: Split, lines: Lines, method: TwoTowers, config: VectorRecallConfig, ordered: bool) -> None:
    start, inputs = time.perf_counter(), features(split, config)
    whole = pipeline_config(config, Solution(), inputs, method.model(config, inputs))
    ids = np.arange(2, split.seen.shape[1] + 2)
    sampler = pa.table({"id": ids, "weight": np.ones(len(ids)), "attrs": [str(one) for one in ids]})
    catalog = read_catalog(sampler, whole, inputs.all)
    with tempfile.TemporaryDirectory() as folder:
        train, held_out, users = histories(lines, split.seen.shape[0], config, Path(folder), ordered)
        result = train_vectors(whole, inputs.all, [train], [held_out], catalog)
        quality = split.quality(scores(result, catalog, users, inputs.all))
    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
    epochs = f"epoch {result.best_epoch} of {len(result.epochs)}"
    print(f"{config.name:12} {figures}  {epochs}, {time.perf_counter() - start:.0f} s", flush=True)


def read(path: Path) -> Lines:
    """Each item of a user once."""
    lines = [[int(word) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    return {user: np.array(list(dict.fromkeys(items)), np.int64) for user, *items in lines}


def validation(lines: Lines, ordered: bool) -> tuple[Lines, Lines]:
    """The training items in two parts: to learn from, and to find."""
    random, kept, wanted = np.random.default_rng(1), {}, {}
    for user, items in lines.items():
        order = items if ordered else random.permutation(items)
        count = round(VALIDATION * len(items)) if len(items) > 3 else 0
        kept[user] = order[: len(order) - count]
        if count:
            wanted[user] = np.sort(order[len(order) - count :])
    return kept, wanted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--methods", nargs="+", choices=("dssm", "mind"), default=["dssm", "mind"])
    parser.add_argument("--ordered", action="store_true", help="lines run from the oldest item to the newest")
    parser.add_argument("--validate", action="store_true", help="rank part of the training items")
    parser.add_argument("--set", nargs="+", default=[], metavar="FIELD=JSON", help="fields of the form")
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    changes = {name: json.loads(value) for name, _, value in (one.partition("=") for one in arguments.set)}
    for folder in arguments.folders:
        split, lines = Split.read(folder), read(folder / "train.txt")
        if arguments.validate:
            lines, wanted = validation(lines, arguments.ordered)
            rows = np.repeat(list(lines), [len(items) for items in lines.values()])
            seen = sparse.csr_array(
                (np.ones(len(rows)), (rows, np.concatenate(list(lines.values())))), shape=split.seen.shape
            )
            held_out = [wanted.get(user, np.zeros(0, np.int64)) for user in range(seen.shape[0])]
            split = Split(split.name, seen, held_out)
        print(f"\n{split.name}: Recall@{K} / NDCG@{K}  coverage")
        print(f"{'popularity':12} {split.quality(split.seen.sum(axis=0)).recall:.4f}")
        for name in arguments.methods:
            method = METHODS[name]
            report(split, lines, method, method.Config(**changes), arguments.ordered)


if __name__ == "__main__":
    main()
