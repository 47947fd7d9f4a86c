"""One day's feature nodes on the local engine, against the DuckDB queries that they contain, run bare.

    python benchmarks/features.py [--rows 1000000 10000000] [--users 100000 --items 50000] [--rounds 1]

`--rows` counts the behavior rows of the largest feature window (15 days, three windows, three events). A demo
world fills the source tables, and the nodes of the earlier days fill the wide table, untimed. Then the last
day's nodes run in a process of their own: whole scripts through the engine, which reads MaxCompute SQL, types
and translates it, writes partitions and records them. The bare process gets the translated queries ready and
runs each as one `COPY … TO` on a DuckDB with the same settings. Peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tabulate import tabulate

from pairec_cli.control.database import Control
from pairec_cli.datagen.world import World, WorldConfig
from pairec_cli.domain.ds import DsRange, resolve_parameters
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import DEMO_COLUMNS, TableRole, TableSchema
from pairec_cli.features import preprocess, wide
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.warehouse.connection import open_connection
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.layout import Layout
from pairec_cli.warehouse.store import Warehouse

SOLUTION = Solution()
PROJECT = TableNames(SOLUTION).project
DAY = "20260115"
DAYS = list(DsRange.ending(DAY, max(SOLUTION.features.periods)))
THREADS, MEMORY = 2, "3GB"


@contextmanager
def opened(home: Path) -> Iterator[DuckDBEngine]:
    with Control.create(home / "platform.db") as control:
        warehouse = Warehouse(home / "warehouse", control.ledger)
        with DuckDBEngine(warehouse, threads=THREADS, memory_limit=MEMORY) as engine:
            yield engine


def run(engine: DuckDBEngine, node: Node, ds: str) -> None:
    engine.run_script(
        node.script,
        parameters=resolve_parameters(dict(node.parameters), ds),
        project=PROJECT,
        fingerprint=None,
        command=None,
        log=lambda line: None,
    )


def prepare(home: Path, rows: int, users: int, items: int) -> None:
    """The three source tables, and the wide table of every day but the last."""
    world = World(WorldConfig(epoch=DAYS[0], users=users, items=items, events_per_day=rows // len(DAYS)))
    names = TableNames(SOLUTION)
    with opened(home) as engine:
        for role in TableRole:
            engine.warehouse.create_table(TableSchema(names.source(role), DEMO_COLUMNS[role]))
        for ds in DAYS:
            engine.warehouse.write(names.source(TableRole.USER), ds, world.users(ds))
            engine.warehouse.write(names.source(TableRole.ITEM), ds, world.items(ds))
            engine.warehouse.write_batches(names.source(TableRole.BEHAVIOR), ds, world.behavior_batches(ds))
            for node in [*preprocess.nodes(SOLUTION), wide.node(SOLUTION)] if ds != DAY else []:
                run(engine, node, ds)


def through_engine(home: Path) -> dict[str, float]:
    """Seconds of each node; the translated queries are left in `home` for the bare run."""
    with opened(home) as engine:
        engine.connection.execute("SELECT 1")
        return {node.name: seconds(lambda n=node: run(engine, n, DAY)) for node in feature_nodes(SOLUTION)}


def translate(home: Path) -> dict[str, str]:
    """The DuckDB text of each node's query."""
    with opened(home) as engine:
        return {
            node.name: engine.translate(
                re.split(r"PARTITION\(ds='\$\{bizdate\}'\)\n", node.script)[1],
                parameters=resolve_parameters(dict(node.parameters), DAY),
                project=PROJECT,
            ).text
            for node in feature_nodes(SOLUTION)
        }


def bare(home: Path) -> dict[str, float]:
    """Seconds of each query alone, over the files that the engine's run left."""
    queries = json.loads((home / "queries.json").read_text())
    layout = Layout(home / "warehouse")
    target = layout.root / "bare.parquet"
    with open_connection(
        layout, threads=THREADS, memory_limit=MEMORY, temp_directory=None, timezone="UTC"
    ) as duckdb:
        duckdb.execute("SELECT 1")
        return {
            name: seconds(lambda q=query: duckdb.execute(f"COPY ({q}) TO '{target}' (FORMAT parquet)"))
            for name, query in queries.items()
        }


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def child(what: str, home: Path) -> tuple[dict[str, float], int]:
    """Times and peak memory (MB) of one phase in a process of its own."""
    command = [sys.executable, __file__, "--phase", what, "--home", str(home)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(output)
    return found["times"], found["memory"]


def _least(before: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: min(value, before.get(name, value)) for name, value in now.items()}


def report(home: Path, rounds: int) -> None:
    """Best of the rounds, node by node."""
    engine: dict[str, float] = {}
    alone: dict[str, float] = {}
    engine_mb = alone_mb = 0
    for _ in range(rounds):
        found, megabytes = child("engine", home)
        engine, engine_mb = _least(engine, found), max(engine_mb, megabytes)
        # The engine's run has replaced the files that the queries read, so they are translated anew.
        (home / "queries.json").write_text(json.dumps(translate(home)))
        found, megabytes = child("bare", home)
        alone, alone_mb = _least(alone, found), max(alone_mb, megabytes)
    prefix = f"{SOLUTION.name}_"
    rows = [
        [name.removeprefix(prefix), engine[name], alone[name], engine[name] / alone[name]] for name in engine
    ]
    total, total_alone = sum(engine.values()), sum(alone.values())
    rows.append(["all", total, total_alone, total / total_alone])
    rows.append(["peak memory, MB", engine_mb, alone_mb, engine_mb / alone_mb])
    print(tabulate(rows, ["", "engine s", "bare s", "ratio"], floatfmt=".2f"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--phase", choices=["engine", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.phase:
        times = through_engine(given.home) if given.phase == "engine" else bare(given.home)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"times": times, "memory": memory}))
        return
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            prepare(home, rows, given.users, given.items)
            print(
                f"\n{behavior_rows(home):,} behavior rows in {len(DAYS)} days, "
                f"{given.users:,} users, {given.items:,} items"
            )
            report(home, given.rounds)


def behavior_rows(home: Path) -> int:
    with Control.open(home / "platform.db") as control:
        table = TableNames(SOLUTION).source(TableRole.BEHAVIOR)
        return sum(partition.rows for partition in control.ledger.partitions(table).values())


if __name__ == "__main__":
    main()
