"""What etrec's options are worth: Recall@20 and NDCG@20 on real logs, all items not seen in training ranked.

    python benchmarks/quality.py FOLDER [FOLDER …] [--top-n 20 50 100 200] [--all]

A FOLDER holds `train.txt` and `test.txt`, one line per user: `user item item …`, numbers from 0. No log
comes with this project; the Last.fm split of the LightGCN code has this form. Without a FOLDER this text is
printed.

A user's score of item j is Σ over the user's training items i of s(i, j), where s comes from `pai_etrec`
itself (its text output, parsed). `sum` = each trigger's list divided by its sum first. asymcosine's alpha is
the exponent of the trigger's popularity, 1 - alpha that of the candidate's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import sparse

from pairec_cli.components.etrec import Etrec, EtrecParameters
from pairec_cli.evaluation.metrics import Quality, evaluate

K = 20


@dataclass(frozen=True)
class Split:
    """`seen` (users × items, 0/1) and each user's held-out items."""

    name: str
    seen: sparse.csr_array
    held_out: list[np.ndarray]

    @classmethod
    def read(cls, folder: Path) -> Split:
        train, test = (_read(folder / f"{part}.txt") for part in ("train", "test"))
        n_users = max(max(train), max(test)) + 1
        n_items = max(int(items.max(initial=0)) for part in (train, test) for items in part.values()) + 1
        users = np.repeat(list(train), [len(items) for items in train.values()])
        items = np.concatenate(list(train.values()))
        seen = sparse.csr_array((np.ones(len(users)), (users, items)), shape=(n_users, n_items))
        seen.data[:] = 1
        return cls(folder.name, seen, [test.get(user, np.zeros(0, np.int64)) for user in range(n_users)])

    def quality(self, scores: np.ndarray) -> Quality:
        """Of the K best unseen items by `scores` (users × items, or one row for all)."""
        scores = np.where(self.seen.toarray() > 0, -np.inf, np.broadcast_to(scores, self.seen.shape))
        ranked = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        return evaluate(ranked, self.held_out, k=K, n_items=self.seen.shape[1])


def _read(path: Path) -> dict[int, np.ndarray]:
    lines = (np.array(line.split(), np.int64) for line in path.read_text().splitlines() if line.strip())
    return {int(line[0]): np.unique(line[1:]) for line in lines}


def similarities(split: Split, options: dict[str, str]) -> sparse.csr_array:
    """The component's lists as a sparse matrix, trigger by row."""
    users, items = split.seen.nonzero()
    names = {"inputTableName": "-", "userColName": "user", "itemColName": "item", "outputTableName": "-"}
    parameters = EtrecParameters.parse("pai_etrec", names | options)
    output = Etrec().run(pa.table({"user": users, "item": items}), parameters, threads=2)
    triggers = np.array(output["item_id"].to_pylist(), np.int64)
    lists = [
        np.array([entry.split(":") for entry in text.split(" ")], np.float64)
        for text in output["similar_item_ids"].to_pylist()
    ]
    pairs = np.concatenate(lists)
    rows = np.repeat(triggers, [len(entries) for entries in lists])
    n_items = split.seen.shape[1]
    return sparse.csr_array((pairs[:, 1], (rows, pairs[:, 0].astype(np.int64))), shape=(n_items, n_items))


def row_normalised(matrix: sparse.csr_array) -> sparse.csr_array:
    sums = matrix.sum(axis=1)
    return sparse.csr_array(sparse.diags_array(1 / np.where(sums > 0, sums, 1)) @ matrix)


def methods(everything: bool) -> Iterator[dict[str, str]]:
    yield {"similarityType": "jaccard"}
    for weight in ("none", "log", "inverse"):
        yield {"similarityType": "wbcosine", "userWeight": weight}
    for weight in ("none", "log", "inverse") if everything else ("log",):
        for alpha in ("0.4", "0.5", "0.6", "0.7", "0.8"):
            yield {"similarityType": "asymcosine", "userWeight": weight, "alpha": alpha}


def line(name: str, top_n: object, rows: str, quality: Quality) -> None:
    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
    print(f"{name:34} {top_n!s:>5} {rows:>4}  {figures}", flush=True)


def report(split: Split, top_ns: list[int], everything: bool) -> None:
    start = time.perf_counter()
    print(f"\n{split.name}: {split.seen.shape[0]} users, {split.seen.shape[1]} items, {split.seen.nnz} rows")
    print(f"{'method':34} {'top_n':>5} {'rows':>4}  Recall@{K} / NDCG@{K}  coverage")
    line("popularity", "", "", split.quality(split.seen.sum(axis=0)))
    for options in methods(everything):
        for top_n in top_ns:
            matrix = similarities(split, options | {"topN": str(top_n)})
            name = " ".join(options.values())
            line(name, top_n, "", split.quality((split.seen @ matrix).toarray()))
            line(name, top_n, "sum", split.quality((split.seen @ row_normalised(matrix)).toarray()))
    print(f"{time.perf_counter() - start:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--top-n", nargs="+", type=int, default=[20, 50, 100, 200])
    parser.add_argument("--all", action="store_true", help="asymcosine with every user weight, not only log")
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    for folder in arguments.folders:
        report(Split.read(folder), arguments.top_n, arguments.all)


if __name__ == "__main__":
    main()
