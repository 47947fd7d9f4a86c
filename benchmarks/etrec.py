"""etrec's item-to-item top-100 beside implicit's CosineRecommender and sparse_dot_topn, in one run.

    pip install -e '.[benchmark]'
    python benchmarks/etrec.py [--scale 0.05] [--rounds 1] [--threads 2] [--top 100]

Scale 1 is a log of 100 k users × 50 k items × 10 M rows: users' activity log-normal, items drawn with a
Zipf-like popularity, repeats included, from a fixed seed. Each method runs in a process of its own, reads
the log from the same Parquet file (not timed), and is timed from the rows to its neighbours: for the two
others the building of the sparse matrix is `prepare`; etrec ends with its output table, lists written as
text. Plain cosine (userWeight none) is asked of all three, and the neighbours are compared.

`first call` is a tiny log in a fresh process: with nothing compiled yet, and with the compiled code on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tabulate import tabulate

GOAL_MB = 4096
Lists = tuple[np.ndarray, np.ndarray]
"""(items, scores), each (n_items, top), score 0 and item -1 where a list ends."""


def generate(path: Path, scale: float, seed: int = 20260101) -> tuple[int, int, int]:
    """Write the log; returns users, items, rows."""
    random = np.random.default_rng(seed)
    n_users, n_items, n_rows = int(100_000 * scale), int(50_000 * scale), int(10_000_000 * scale)
    activity = random.lognormal(0, 0.5, n_users)
    sizes = np.clip(activity * n_rows / activity.sum(), 5, 480).astype(np.int64)
    popularity = np.cumsum((np.arange(n_items) + 20.0) ** -0.8)
    drawn = np.searchsorted(popularity, random.random(sizes.sum()) * popularity[-1])
    users = np.repeat(np.arange(n_users), sizes)
    items = random.permutation(n_items)[np.minimum(drawn, n_items - 1)]
    order = random.permutation(len(users))
    pq.write_table(pa.table({"user": users[order], "item": items[order]}), path)
    return n_users, n_items, len(users)


def run_etrec(log: pa.Table, top: int, threads: int) -> tuple[dict[str, float], Callable[[int], Lists]]:
    from pairec_cli.components.etrec import Etrec, EtrecParameters

    parameters = EtrecParameters.parse(
        "pai_etrec",
        {
            "inputTableName": "-", "userColName": "user", "itemColName": "item", "outputTableName": "-",
            "topN": str(top), "userWeight": "none",
        },
    )  # fmt: skip
    tiny = pa.table({"user": [1, 1, 2, 2], "item": [1, 2, 2, 3]})
    start = time.perf_counter()
    Etrec().run(tiny, parameters, threads=threads)
    first = time.perf_counter() - start
    clock = Clock()
    output = Etrec().run(log, parameters, threads=threads)
    figures = clock.stop() | {"first_s": first}

    def lists(n_items: int) -> Lists:
        items, scores = np.full((n_items, top), -1), np.zeros((n_items, top))
        for item, text in zip(*(column.to_pylist() for column in output.columns), strict=True):
            pairs = np.array([entry.split(":") for entry in text.split(" ")], np.float64)
            items[int(item), : len(pairs)], scores[int(item), : len(pairs)] = pairs.T
        return items, scores

    return figures, lists


def matrix(log: pa.Table):
    """Users × items, 0/1. Untyped: scipy belongs to the benchmark, not to the project."""
    from scipy import sparse

    users, items = log["user"].to_numpy(), log["item"].to_numpy()
    built = sparse.csr_matrix((np.ones(len(users), np.float32), (users, items)))
    built.sum_duplicates()
    built.data[:] = 1
    return built


def run_implicit(log: pa.Table, top: int, threads: int) -> tuple[dict[str, float], Callable[[int], Lists]]:
    from implicit.nearest_neighbours import CosineRecommender

    clock = Clock()
    seen = matrix(log)
    prepared = clock.seconds()
    model = CosineRecommender(K=top + 1, num_threads=threads)  # one of them is the item itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a conversion inside implicit itself
        model.fit(seen, show_progress=False)
    return clock.stop() | {"prepare_s": prepared}, lambda n_items: without_self(
        model.similarity, n_items, top
    )


def run_sparse_dot_topn(
    log: pa.Table, top: int, threads: int
) -> tuple[dict[str, float], Callable[[int], Lists]]:
    from scipy import sparse
    from sparse_dot_topn import sp_matmul_topn

    clock = Clock()
    seen = matrix(log)
    norm = 1 / np.sqrt(np.maximum(np.asarray(seen.sum(axis=0)).ravel(), 1))
    unit = sparse.csr_matrix(seen @ sparse.diags(norm.astype(np.float32)))
    by_item = unit.T.tocsr()
    prepared = clock.seconds()
    similarity = sp_matmul_topn(by_item, unit, top_n=top + 1, sort=True, n_threads=threads)
    return clock.stop() | {"prepare_s": prepared}, lambda n_items: without_self(similarity, n_items, top)


METHODS = {"etrec": run_etrec, "implicit": run_implicit, "sparse_dot_topn": run_sparse_dot_topn}


class Clock:
    """Wall and CPU seconds since it was made, and the process's peak memory."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        return time.perf_counter() - self.wall

    def stop(self) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"wall_s": self.seconds(), "cpu_s": time.process_time() - self.cpu, "peak_mb": peak}


def without_self(similarity, n_items: int, top: int) -> Lists:
    """A sparse item × item matrix as lists, best first, the item itself left out."""
    found = similarity.tocoo()
    keep = (found.row != found.col) & (found.data > 0)
    rows, columns, data = found.row[keep], found.col[keep], found.data[keep]
    order = np.lexsort((-data, rows))
    rows, columns, data = rows[order], columns[order], data[order]
    starts = np.searchsorted(rows, np.arange(n_items))
    place = np.arange(len(rows)) - starts[rows]
    items, scores = np.full((n_items, top), -1), np.zeros((n_items, top))
    kept = place < top
    items[rows[kept], place[kept]], scores[rows[kept], place[kept]] = columns[kept], data[kept]
    return items, scores


def disagreements(ours: Lists, theirs: Lists, tolerance: float = 1e-4) -> int:
    """Items whose lists differ by more than rounding: other scores, or a clear neighbour missing.

    The others compute in float32. Neighbours that tie with the last place may differ.
    """
    scores_differ = (np.abs(ours[1] - theirs[1]) > tolerance * np.maximum(ours[1], 1e-3)).any(axis=1)
    last = ours[1][:, -1:] * (1 + tolerance)
    clear = (ours[0] >= 0) & (ours[1] > last)
    width = np.int64(ours[0].shape[0]) + 1
    rows = np.arange(len(ours[0]))[:, None] * width
    missing = clear & ~np.isin(rows + ours[0], rows + theirs[0])
    return int((scores_differ | missing.any(axis=1)).sum())


def child(arguments: argparse.Namespace) -> None:
    """Run one method and write its figures (and lists) into the folder."""
    log = pq.read_table(arguments.folder / "log.parquet")
    figures, lists = METHODS[arguments.method](log, arguments.top, arguments.threads)
    if arguments.items:
        items, scores = lists(arguments.items)
        np.savez(arguments.folder / f"{arguments.method}.npz", items=items, scores=scores)
    print(json.dumps(figures))


def measure(folder: Path, method: str, arguments: argparse.Namespace, n_items: int) -> dict[str, float]:
    command = [
        sys.executable, __file__, "--method", method, "--folder", str(folder), "--items", str(n_items),
        "--top", str(arguments.top), "--threads", str(arguments.threads),
    ]  # fmt: skip
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")}
    environment = os.environ | threads | {"NUMBA_CACHE_DIR": str(folder / "numba")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n_users, n_items, n_rows = generate(folder / "log.parquet", arguments.scale)
        print(f"{n_users:,} users × {n_items:,} items × {n_rows:,} rows, top {arguments.top}, "
              f"{arguments.threads} threads each")  # fmt: skip
        runs: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
        compiled = measure(folder, "etrec", arguments, 0)["first_s"]
        for turn in range(arguments.rounds):
            for method in METHODS:
                runs[method].append(measure(folder, method, arguments, n_items if turn == 0 else 0))
        lists = {method: _load(folder / f"{method}.npz") for method in METHODS}
    best = {method: min(each, key=lambda figures: figures["wall_s"]) for method, each in runs.items()}
    wrong = {method: disagreements(lists["etrec"], lists[method]) for method in METHODS}
    rows = [
        [
            method, figures["wall_s"], figures.get("prepare_s"), figures["cpu_s"], figures["peak_mb"],
            figures["wall_s"] / best["etrec"]["wall_s"], wrong[method],
        ]
        for method, figures in best.items()
    ]  # fmt: skip
    headers = ["method", "wall s", "of it prepare s", "CPU s", "peak MB", "× etrec", "lists that differ"]
    print(tabulate(rows, headers, floatfmt=(".2f", ".2f", ".2f", ".2f", ".0f", ".2f", "d")))
    print(
        f"etrec, first call: {compiled:.1f} s with nothing compiled, {best['etrec']['first_s']:.1f} s after"
    )
    faster = all(best["etrec"]["wall_s"] < best[method]["wall_s"] for method in METHODS if method != "etrec")
    return faster and best["etrec"]["peak_mb"] <= GOAL_MB and not any(wrong.values())


def _load(path: Path) -> Lists:
    with np.load(path) as arrays:
        return arrays["items"], arrays["scores"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--top", type=int, default=100)
    for name, kind in (("--method", str), ("--folder", Path), ("--items", int)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.method:
        child(arguments)
    else:
        met = compare(arguments)
        print(f"goal (fastest, ≤ {GOAL_MB} MB, same neighbours): {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
