"""Options of Swing on real logs: Recall@20 and NDCG@20, all items not seen in training ranked.

    python benchmarks/swing_quality.py FOLDER [FOLDER …] [--top-n 200] [--users 600] [--all]
        [--alpha2 1 …] [--beta 0.3 …] [--self-pairs 0 …] [--popularity 0.3 …]

FOLDER as for benchmarks/quality.py. Lists are the component's; a candidate's score is divided by its number
of users to the `popularity` exponent, and a trigger's list by its sum (`sum`) or not, as the u2i stage
does. `--users` is maxUserPerItem. Sampling of users, where an item has more, is the component's.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
from quality import K, Split, row_normalised
from scipy import sparse

from pairec_cli.components.swing import Swing, SwingParameters


def similarities(split: Split, options: dict[str, str]) -> sparse.csr_array:
    """ori_score of all neighbours, trigger by row."""
    owned = np.split(split.seen.indices, split.seen.indptr[1:-1])
    rows = pa.table(
        {
            "user_id": [str(user) for user in range(len(owned))],
            "item_list": [";".join(f"{item},1,20260101000000" for item in items) for items in owned],
        }
    )
    names = {"inputTable": "-", "outputTable": "-", "topk": "10000"}
    parameters = SwingParameters.parse("swing_rec_ext", names | options)
    assert isinstance(parameters, SwingParameters)
    output = Swing().run(rows, parameters, threads=2)
    triggers, found, scores = [], [], []
    for trigger, text in zip(*(column.to_pylist() for column in output.columns), strict=True):
        for entry in text.split(";"):
            item, _, _, score = entry.split(",")
            triggers.append(int(trigger))
            found.append(int(item))
            scores.append(float(score))
    n_items = split.seen.shape[1]
    return sparse.csr_array((scores, (triggers, found)), shape=(n_items, n_items))


def best(matrix: sparse.csr_array, top_n: int) -> sparse.csr_array:
    """The `top_n` largest of each row."""
    parts = []
    for row in range(matrix.shape[0]):
        first, last = matrix.indptr[row : row + 2]
        order = np.argsort(-matrix.data[first:last], kind="stable")[:top_n] + first
        parts.append(np.sort(order))
    kept = np.concatenate(parts)
    bounds = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], bounds), shape=matrix.shape)


def report(split: Split, arguments: argparse.Namespace) -> None:
    print(f"\n{split.name}: {split.seen.shape[0]} users, {split.seen.shape[1]} items, {split.seen.nnz} rows")
    print(
        f"{'alpha2':>6} {'beta':>5} {'selfPairs':>9} {'exponent':>8} {'top_n':>5} rows  Recall@{K} / NDCG@{K}"
    )
    degree = np.maximum(np.asarray(split.seen.sum(axis=0)).ravel(), 1)
    given = {"alpha1": "5", "maxUserPerItem": str(arguments.users), "maxClickPerUser": "10000"}
    alphas, betas = (
        (("1", "10", "100"), ("0.3", "0.5", "1")) if arguments.all else (arguments.alpha2, arguments.beta)
    )
    for alpha2, beta, self_pairs in product(alphas, betas, arguments.self_pairs):
        raw = similarities(split, given | {"alpha2": alpha2, "beta": beta, "selfPairs": self_pairs})
        for exponent in arguments.popularity:
            scaled = sparse.csr_array(raw @ sparse.diags_array(degree**-exponent))
            for top_n in arguments.top_n:
                matrix = best(scaled, top_n)
                for rows, own in (("", matrix), ("sum", row_normalised(matrix)), ("root", rooted(matrix))):
                    quality = split.quality((split.seen @ own).toarray())
                    figures = f"{quality.recall:.4f} / {quality.ndcg:.4f}  {quality.coverage:6.1%}"
                    options = f"{alpha2:>6} {beta:>5} {self_pairs:>9} {exponent:>8} {top_n:>5} {rows:>4}"
                    print(f"{options}  {figures}", flush=True)


def rooted(matrix: sparse.csr_array) -> sparse.csr_array:
    """Each row divided by the square root of its sum: between raw scores and shares."""
    sums = matrix.sum(axis=1)
    return sparse.csr_array(sparse.diags_array(1 / np.sqrt(np.where(sums > 0, sums, 1))) @ matrix)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--top-n", nargs="+", type=int, default=[200])
    parser.add_argument("--users", type=int, default=600)
    parser.add_argument("--alpha2", nargs="+", default=["1"])
    parser.add_argument("--beta", nargs="+", default=["0.3"])
    parser.add_argument("--self-pairs", nargs="+", default=["0"])
    parser.add_argument("--popularity", nargs="+", type=float, default=[0.3, 0.5, 0.7])
    parser.add_argument("--all", action="store_true", help="a grid of alpha2 and beta")
    arguments = parser.parse_args()
    if not arguments.folders:
        parser.print_help()
    for folder in arguments.folders:
        report(Split.read(folder), arguments)


if __name__ == "__main__":
    main()
