"""Swing's top-100 at growing sizes, and beside recfarm, the Rust kernel of LibRecommender's Swing.

    python benchmarks/swing.py [--scale 0.01 0.1 1] [--threads 2] [--peer 0.005 0.01] [--twin 0.002]

Scale 1 is the log of benchmarks/etrec.py: 100 k users × 50 k items × 10 M rows. Each size runs in a process
of its own with the tutorial's limits (maxClickPerUser 500, maxUserPerItem 600), timed from rows to lists.
Pairs are co-occurrence pairs, Σ over users of n² of their items: what etrec's time grows with.
The peer knows users' weights 1 / sqrt(n) alone and no limits, so that ours runs with alpha1 0, beta .5 and
limits that bind nobody; both use one thread and are timed from rows in memory to lists, and the scores of
every item's list must be the same. It keeps the shared items of all pairs of users, so the sizes are small.
The twin is the sum as it is written, a loop in Python over pairs of users with sets. Other Swings (Flink ML,
EasyRec) need a cluster or TensorFlow 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import recfarm
from etrec import generate
from scipy import sparse
from tabulate import tabulate

from pairec_cli.components.swing import Swing, SwingParameters

GOAL_MB = 6144
ALPHA2 = 1.0


def lists(log: pa.Table) -> pa.Table:
    """A user's items in one text, as the recall's node writes them."""
    users, items = log["user"].to_numpy(), log["item"].to_numpy()
    order = np.argsort(users, kind="stable")
    entries = [f"{item},1,20260101000000" for item in items[order].tolist()]
    bounds = np.flatnonzero(np.diff(users[order])) + 1
    starts, ends = [0, *bounds.tolist()], [*bounds.tolist(), len(entries)]
    texts = [";".join(entries[first:last]) for first, last in zip(starts, ends, strict=True)]
    return pa.table({"user_id": users[order][starts].astype(str), "item_list": texts})


def parameters(top: int, **others: str) -> SwingParameters:
    given = {"inputTable": "-", "outputTable": "-", "topk": str(top)} | others
    found = SwingParameters.parse("swing_rec_ext", given)
    assert isinstance(found, SwingParameters)
    return found


def child(arguments: argparse.Namespace) -> None:
    """Run one size and print its figures."""
    rows = lists(pq.read_table(arguments.log))
    tiny = pa.table({"user_id": ["1", "2"], "item_list": ["1,1,20260101000000;2,1,20260101000000"] * 2})
    Swing().run(tiny, parameters(arguments.top), threads=1)  # compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter(), time.process_time()
    found = Swing().run(rows, parameters(arguments.top), threads=arguments.threads)
    figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "lists": found.num_rows}
    print(
        json.dumps(
            figures | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "input": before}
        )
    )


def pairs_of(path: Path) -> int:
    """Σ n² over users with n distinct items."""
    log = pq.read_table(path)
    users, items = log["user"].to_numpy(), log["item"].to_numpy()
    distinct = np.unique(users.astype(np.int64) * (int(items.max()) + 1) + items)
    sizes = np.bincount((distinct // (int(items.max()) + 1)).astype(np.int64))
    return int((sizes.astype(np.int64) ** 2).sum())


def twin(path: Path) -> float:
    """Seconds of the sum as it is written, for all pairs of users that share an item."""
    log = pq.read_table(path)
    owned: dict[int, set[int]] = {}
    by_item: dict[int, set[int]] = {}
    for user, item in zip(log["user"].to_pylist(), log["item"].to_pylist(), strict=True):
        owned.setdefault(user, set()).add(item)
        by_item.setdefault(item, set()).add(user)
    start = time.perf_counter()
    weight = {user: (5 + len(items)) ** -0.3 for user, items in owned.items()}
    for anchor, users in by_item.items():
        score: dict[int, float] = {}
        for u, v in combinations(sorted(users), 2):
            shared = owned[u] & owned[v]
            term = weight[u] * weight[v] / (1 + len(shared))
            for item in shared:
                if item != anchor:
                    score[item] = score.get(item, 0.0) + term
        sorted(score.items(), key=lambda pair: -pair[1])[:100]
    return time.perf_counter() - start


def peer(path: Path, top: int, rounds: int = 3) -> tuple[float, float, int]:
    """CPU seconds of recfarm and of ours by turns, the best of some rounds, and how many lists differ."""
    log = pq.read_table(path)
    rows = lists(log)
    limits = {
        "alpha1": "0",
        "alpha2": str(ALPHA2),
        "beta": "0.5",
        "maxClickPerUser": "1000000",
        "maxUserPerItem": "1000000",
    }
    limited = parameters(top, **limits)
    Swing().run(rows.slice(0, 2), limited, threads=1)  # compiles
    best = [np.inf, np.inf]
    for _ in range(rounds):
        start = time.process_time()
        theirs = recfarm_lists(log, top)
        middle = time.process_time()
        Swing().run(rows, limited, threads=1)
        best = [min(best[0], middle - start), min(best[1], time.process_time() - middle)]
    ours = Swing().run(rows, parameters(2 * top, **limits), threads=1)
    found = {
        int(item): {int(one): float(score) for one, _, _, score in (e.split(",") for e in text.split(";"))}
        for item, text in zip(ours["item_id"].to_pylist(), ours["item_list"].to_pylist(), strict=True)
    }
    wrong = sum(differs(found.get(item, {}), other, top) for item, other in enumerate(theirs))
    return best[0], best[1], wrong


def recfarm_lists(log: pa.Table, top: int) -> list[list[int]]:
    """Each item's nearest items, best first. Recommendations for a user with one item are that item's list:
    such a user follows the others for every item, and is no item's user, so that no score changes. recfarm
    leaves the item itself out of what two users share, so that its alpha is one more."""
    own = sparse.csr_array((np.ones(len(log), np.float32), (log["user"].to_numpy(), log["item"].to_numpy())))
    own.sum_duplicates()
    own.data[:] = 1
    users, items = own.shape
    askers = sparse.vstack([own, sparse.eye_array(items, dtype=np.float32)], format="csr")
    rows, columns = plain(askers), plain(own.T.tocsr())
    swing = recfarm.Swing(top, ALPHA2 + 1, 100_000_000, users, items, rows, columns, {}, 0.0)
    with silenced():
        swing.compute_swing(1)
    found: list[list[int]] = swing.recommend(list(range(users, users + items)), top, False, False)[0]
    return found


def plain(rows: sparse.csr_array) -> SimpleNamespace:
    """As recfarm reads compressed rows."""
    parts = rows.indices.tolist(), rows.indptr.tolist(), rows.data.tolist()
    return SimpleNamespace(sparse_indices=parts[0], sparse_indptr=parts[1], sparse_data=parts[2])


def differs(ours: dict[int, float], theirs: list[int], top: int) -> bool:
    """Whether their list, best first, has other scores than our best; float32 may swap equal items."""
    best = list(ours.values())[:top]
    return len(theirs) != len(best) or not np.allclose([ours.get(i, -1) for i in theirs], best, rtol=1e-4)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Without what a compiled library prints."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def measure(path: Path, arguments: argparse.Namespace) -> dict[str, float]:
    command = [
        sys.executable, __file__, "--log", str(path), "--top", str(arguments.top),
        "--threads", str(arguments.threads),
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", nargs="+", type=float, default=[0.01, 0.1, 1.0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--top", type=int, default=100)
    parser.add_argument("--peer", nargs="*", type=float, default=[0.005, 0.01], help="scales with recfarm")
    parser.add_argument(
        "--twin", type=float, default=0.002, help="scale of the comparison with the plain loop"
    )
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.log:
        child(arguments)
        return
    rows = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.parquet"
        for scale in arguments.peer:
            generate(path, scale)
            theirs, ours, wrong = peer(path, arguments.top)
            ratio = f"recfarm {theirs:.2f} s CPU, Swing {ours:.2f} s: {theirs / ours:.1f} ×"
            print(f"scale {scale}: {ratio}, {wrong} lists differ", flush=True)
        if arguments.twin:
            generate(path, arguments.twin)
            plain, ours = twin(path), measure(path, arguments)
            print(f"plain loop {plain:.2f} s, Swing {ours['wall']:.3f} s: {plain / ours['wall']:.0f} ×")
        for scale in arguments.scale:
            users, items, count = generate(path, scale)
            pairs, figures = pairs_of(path), measure(path, arguments)
            rows.append(
                [f"{users:,} × {items:,} × {count:,}", pairs / 1e6, figures["wall"], figures["cpu"],
                 figures["cpu"] / pairs * 1e9, figures["peak"], figures["input"]]
            )  # fmt: skip
            print(rows[-1], flush=True)
    headers = [
        "users × items × rows",
        "M pairs",
        "wall s",
        "CPU s",
        "CPU ns a pair",
        "peak MB",
        "of it input MB",
    ]
    print(tabulate(rows, headers, floatfmt=("", ".1f", ".2f", ".2f", ".1f", ".0f", ".0f")))
    met = max(row[5] for row in rows) <= GOAL_MB
    print(f"goal (≤ {GOAL_MB} MB): {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
