"""Rows a second of one large day of behavior, generated and written as Parquet.

    python benchmarks/generate.py [--users 100000 --items 50000 --rows 10000000 --rounds 3]

Each round runs, one after another in the same process: generating alone; generating into the warehouse's own
file writer; and a bare `pyarrow.parquet.write_table` of the same rows, ready in memory, with the same
compression and row groups. The first batch, with everything that a world sets up once, is timed apart.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
from tabulate import tabulate

from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.tables import (
    DEMO_COLUMNS,
    DEMO_TABLES,
    PUBLIC_PROJECT,
    TableName,
    TableRole,
    TableSchema,
)
from pairec_cli.warehouse.writer import COMPRESSION, ROW_GROUP, write_file

ROLE = TableRole.BEHAVIOR
SCHEMA = TableSchema(TableName(PUBLIC_PROJECT, DEMO_TABLES[ROLE]), DEMO_COLUMNS[ROLE])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory_mb() -> int:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    config = WorldConfig(epoch="20260101", users=given.users, items=given.items, events_per_day=given.rows)
    ds = "20260110"
    world = World(config)
    first = seconds(lambda: next(world.behavior_batches(ds)))
    with tempfile.TemporaryDirectory() as name:
        report(world, ds, Path(name) / "day.parquet", given.rounds, first)


def report(world: World, ds: str, path: Path, rounds: int, first: float) -> None:
    """Time the rounds and print the table."""
    streamed = seconds(lambda: write_file(path, SCHEMA, world.behavior_batches(ds)))
    streamed_mb = memory_mb()
    ready = world.behavior(ds)
    kinds: dict[str, Callable[[], object]] = {
        "generate": lambda: sum(batch.num_rows for batch in world.behavior_batches(ds)),
        "generate and write": lambda: write_file(path, SCHEMA, world.behavior_batches(ds)),
        "bare pyarrow write": lambda: bare_write(path, ready),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    times["generate and write"].append(streamed)
    for _ in range(rounds):
        for kind, work in kinds.items():
            times[kind].append(seconds(work))
    bare = median(times["bare pyarrow write"])
    rows = [
        [kind, median(found), ready.num_rows / median(found) / 1e6, median(found) / bare]
        for kind, found in times.items()
    ]
    print(tabulate(rows, ["", "seconds", "M rows/s", "× bare write"], floatfmt=".2f"))
    print(
        f"{ready.num_rows} rows, {path.stat().st_size / ready.num_rows:.1f} bytes a row; first batch after "
        f"{first:.2f} s; peak memory of generate and write {streamed_mb} MB"
    )


def bare_write(path: Path, ready: pa.Table) -> None:
    pq.write_table(ready, path, compression=COMPRESSION, row_group_size=ROW_GROUP)


if __name__ == "__main__":
    main()
