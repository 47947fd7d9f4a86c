"""The vector index beside NumPy: time of one search, recall of the graph, building.

    python benchmarks/vector_index.py [--rows 20000 100000 500000] [--dimensions 64]

Vectors are those of a two-tower model in kind: clusters of unit vectors. A question is a vector near a
cluster; 200 items are asked for. `NumPy` is a matrix product and argpartition over an array in memory.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tabulate import tabulate

from pairec_cli.online.vectors import Vectors

QUESTIONS, COUNT = 100, 200


def cloud(rows: int, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Items and questions, unit vectors round 500 centres."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(500, dimensions))
    made = [
        centres[random.integers(0, len(centres), count)] + 0.7 * random.normal(size=(count, dimensions))
        for count in (rows, QUESTIONS)
    ]
    items, asked = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in made)
    return items.astype(np.float32), asked.astype(np.float32)


def milliseconds(search: Callable[[np.ndarray], object], asked: np.ndarray) -> float:
    """The median of all questions, after a first one."""
    search(asked[0])
    times = []
    for one in asked:
        start = time.perf_counter()
        search(one)
        times.append(time.perf_counter() - start)
    return float(np.median(times) * 1000)


def report(rows: int, dimensions: int, folder: Path) -> list[object]:
    items, asked = cloud(rows, dimensions)
    ids = [str(place) for place in range(rows)]
    exact, graph = Vectors(folder / "exact"), Vectors(folder / "graph")
    exact.publish("items", ids, items)
    start = time.perf_counter()
    graph.publish("items", ids, items, graph_from=1)
    built = time.perf_counter() - start
    one, other = exact.index("items"), graph.index("items")
    found = [
        len({item for item, _ in one.search(q, COUNT)} & {item for item, _ in other.search(q, COUNT)}) / COUNT
        for q in asked
    ]
    size = sum(path.stat().st_size for path in (folder / "graph").iterdir()) / 2**20
    return [
        rows,
        milliseconds(lambda q: np.argpartition(-(items @ q), COUNT)[:COUNT], asked),
        milliseconds(lambda q: one.search(q, COUNT), asked),
        milliseconds(lambda q: other.search(q, COUNT), asked),
        float(np.mean(found)),
        built,
        size,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", type=int, default=[20_000, 100_000, 500_000])
    parser.add_argument("--dimensions", type=int, default=64)
    arguments = parser.parse_args()
    lines = []
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            lines.append(report(rows, arguments.dimensions, Path(name)))
    headers = ["items", "NumPy ms", "exact ms", "graph ms", f"recall@{COUNT}", "built in s", "MiB"]
    print(tabulate(lines, headers, floatfmt=("d", ".2f", ".2f", ".2f", ".4f", ".1f", ".0f")))


if __name__ == "__main__":
    main()
