"""Swing's top-100 at growing sizes, and beside a plain NumPy loop that computes the same sum.

    python benchmarks/swing.py [--scale 0.01 0.1 1] [--threads 2] [--twin 0.002]

Scale 1 is the log of benchmarks/etrec.py: 100 k users × 50 k items × 10 M rows. Each size runs in a process
of its own with the tutorial's limits (maxClickPerUser 500, maxUserPerItem 600), timed from rows to lists.
Pairs are co-occurrence pairs, Σ over users of n² of their items: what etrec's time grows with.
The peer is the sum as it is written, a loop in Python over pairs of users with NumPy sets; libraries with a
Swing (Flink ML, EasyRec) need a cluster or TensorFlow 1.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from etrec import generate
from tabulate import tabulate

from pairec_cli.components.swing import Swing, SwingParameters

GOAL_MB = 6144


def lists(log: pa.Table) -> pa.Table:
    """A user's items in one text, as the recall's node writes them."""
    users, items = log["user"].to_numpy(), log["item"].to_numpy()
    order = np.argsort(users, kind="stable")
    entries = [f"{item},1,20260101000000" for item in items[order].tolist()]
    bounds = np.flatnonzero(np.diff(users[order])) + 1
    starts, ends = [0, *bounds.tolist()], [*bounds.tolist(), len(entries)]
    texts = [";".join(entries[first:last]) for first, last in zip(starts, ends, strict=True)]
    return pa.table({"user_id": users[order][starts].astype(str), "item_list": texts})


def parameters(top: int) -> SwingParameters:
    found = SwingParameters.parse("swing_rec_ext", {"inputTable": "-", "outputTable": "-", "topk": str(top)})
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
