"""What SimRank++ is worth beside plain co-occurrence and etrec: Recall@20 and NDCG@20 on real logs, all items
not seen in training ranked.

    python benchmarks/simrank_quality.py FOLDER [FOLDER …] [--all]

A FOLDER as for benchmarks/quality.py. Lists are the component's, times the similar item's number of users to
a power, then divided by their sum, as the u2i stage does. Without `--all` the recall's defaults alone.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from co_metric_learning import best, co_occurrence
from quality import K, Split, row_normalised
from quality import similarities as etrec
from scipy import sparse

from pairec_cli.components.simrank import SimRankParameters, SimRankPlusPlus
from pairec_cli.recall.simrank_u2i import SimRankModel

TOP, POWERS = 100, (0.0, 0.5, 1.0)
TRIALS = (
    SimRankModel(iterations=1),
    SimRankModel(iterations=5),
    SimRankModel(decay=0.4),
    SimRankModel(neighbours=50),
    SimRankModel(neighbours=50, top_n=100),
)


def similarities(split: Split, model: SimRankModel) -> sparse.csr_array:
    """The component's lists as a sparse matrix, trigger by row."""
    users, items = split.seen.nonzero()
    options = {
        "inputTableName": "-", "userColName": "user", "itemColName": "item", "outputTableName": "-",
        "topN": str(model.top_n), "decay": str(model.decay), "iterations": str(model.iterations),
        "neighbours": str(model.neighbours),
    }  # fmt: skip
    parameters = SimRankParameters.parse("simrank_plus_plus", options)
    output = SimRankPlusPlus().run(pa.table({"user": users, "item": items}), parameters, threads=2)
    triggers, found, scores = [], [], []
    for trigger, text in zip(
        output["item_id"].to_pylist(), output["similar_item_ids"].to_pylist(), strict=True
    ):
        for entry in text.split(","):
            item, _, score = entry.partition(":")
            triggers.append(int(trigger))
            found.append(int(item))
            scores.append(float(score))
    n_items = split.seen.shape[1]
    return sparse.csr_array((scores, (triggers, found)), shape=(n_items, n_items))


def line(split: Split, name: str, lists: sparse.csr_array, start: float) -> None:
    quality = split.quality((split.seen @ row_normalised(lists)).toarray())
    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
    print(f"{split.name:20} {name:66} {figures}  {time.perf_counter() - start:4.0f} s", flush=True)


def report(split: Split, models: list[SimRankModel]) -> None:
    users = np.maximum(np.asarray(split.seen.sum(axis=0)).ravel(), 1)
    counts, start = co_occurrence(split), time.perf_counter()
    chosen = best(counts, TOP)
    line(split, "plain co-occurrence", chosen, start)
    start = time.perf_counter()
    line(split, "etrec, the recall's defaults", etrec(split, {"topN": str(TOP)}), start)
    for model in models:
        start = time.perf_counter()
        lists = similarities(split, model)
        name = f"{model.iterations} steps, {model.neighbours} kept, {model.top_n} listed, decay {model.decay}"
        for power in POWERS:
            weighed = sparse.csr_array(lists @ sparse.diags_array(users**power))
            line(split, f"SimRank++, {name}, power {power}", weighed, start)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--all", action="store_true", help="other settings than the recall's defaults, too")
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    print(f"{'log':20} {'similar items':66} Recall@{K} / NDCG@{K}  coverage")
    for folder in arguments.folders:
        report(Split.read(folder), [SimRankModel(), *(TRIALS if arguments.all else ())])


if __name__ == "__main__":
    main()
