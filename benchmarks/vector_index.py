"""The vector index beside NumPy: time of one search, recall of the graph, building.

    OMP_NUM_THREADS=1 python benchmarks/vector_index.py [--rows 20000 100000 300000] [--dimensions 64]

Vectors are those of a two-tower model in kind: clusters of unit vectors. A question is a vector near a
cluster; 200 items are asked for. `NumPy` is a matrix product and argpartition over an array in memory. Times
are the process's CPU time, which other work does not lengthen much, of one thread: the three searches answer
each question by turns, and a figure is the median over the questions.
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


def milliseconds(searches: list[Callable[[np.ndarray], object]], asked: np.ndarray) -> list[float]:
    """Of each search the median over all questions, after a first one."""
    times = list[list[float]]()
    for question in asked[:1].repeat(2, 0).tolist() + asked.tolist():
        one, row = np.asarray(question, np.float32), list[float]()
        for search in searches:
            start = time.process_time()
            search(one)
            row.append(time.process_time() - start)
        times.append(row)
    return [float(median) for median in np.median(times[2:], axis=0) * 1000]


def report(rows: int, dimensions: int, folder: Path) -> list[object]:
    items, asked = cloud(rows, dimensions)
    ids = [str(place) for place in range(rows)]
    exact, graph = Vectors(folder / "exact"), Vectors(folder / "graph")
    exact.publish("items", ids, items)
    start = time.process_time()
    graph.publish("items", ids, items, graph_from=1)
    built = time.process_time() - start
    one, other = exact.index("items"), graph.index("items")
    found = [
        len({item for item, _ in one.search(q, COUNT)} & {item for item, _ in other.search(q, COUNT)}) / COUNT
        for q in asked
    ]
    size = sum(path.stat().st_size for path in (folder / "graph").iterdir()) / 2**20
    times = milliseconds(
        [
            lambda q: np.argpartition(-(items @ q), COUNT)[:COUNT],
            lambda q: one.search(q, COUNT),
            lambda q: other.search(q, COUNT),
        ],
        asked,
    )
    return [rows, *times, times[1] / times[2], float(np.mean(found)), built, size]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", type=int, default=[20_000, 100_000, 300_000])
    parser.add_argument("--dimensions", type=int, default=64)
    arguments = parser.parse_args()
    lines = []
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            lines.append(report(rows, arguments.dimensions, Path(name)))
    headers = [
        "items",
        "NumPy ms",
        "exact ms",
        "graph ms",
        "exact / graph",
        f"recall@{COUNT}",
        "built s",
        "MiB",
    ]
    print(tabulate(lines, headers, floatfmt=("d", ".2f", ".2f", ".2f", ".1f", ".4f", ".1f", ".0f")))


if __name__ == "__main__":
    main()
