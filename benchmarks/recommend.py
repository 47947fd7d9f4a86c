"""How long one recommendation takes inside a process, and how many users a batch answers in a second.

    python benchmarks/recommend.py [--users 20000 --candidates 500 --requests 3000 --rounds 3]

Two recalls of `--candidates` items each: one list per user, one for all. Each round runs, one after
another: a bare SQLite point read of the user's list; the two recalls alone, one after the other and side by
side in threads; whole requests; and the batch, in one process and in one per processor. The median round is
shown.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tabulate import tabulate

from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext
from pairec_cli.engine.batch import recommend_batch
from pairec_cli.engine.engine import Engine
from pairec_cli.online.featuredb import FeatureDB

SCENE = "home"


def publish(db: FeatureDB, users: int, candidates: int) -> float:
    """Publish lists as the offline nodes write them, best first; rows per second of the user lists."""
    draw = random.Random(7)

    def text() -> str:
        items = draw.sample(range(1, 50_001), candidates)
        scores = sorted((draw.random() for _ in items), reverse=True)
        return ",".join(f"{item}::{score:.6f}" for item, score in zip(items, scores, strict=True))

    texts = [text() for _ in range(64)]
    rows = [(user, texts[user % len(texts)]) for user in range(1, users + 1)]
    start = time.perf_counter()
    db.publish("u2i", "user_id", ["item_ids"], rows, ds="20260101", fingerprint="bench")
    rate = users / (time.perf_counter() - start)
    db.publish("hot", "trigger_id", ["item_ids"], [("-1", text())], ds="20260101", fingerprint="bench")
    return rate


def configuration(candidates: int) -> dict[str, Any]:
    def recall(name: str, kind: str) -> dict[str, Any]:
        dao = {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": name}
        return {"Name": name, "RecallType": kind, "RecallCount": candidates, "DaoConf": dao}

    return {
        "FeatureStoreConfs": {"fs": {}},
        "SceneConfs": {SCENE: {"default": {"RecallNames": ["u2i", "hot"]}}},
        "RecallConfs": [recall("u2i", "UserCustomRecall"), recall("hot", "UserGlobalHotRecall")],
        "FilterNames": {"default": ["UniqueFilter"]},
    }


def latencies(work: Callable[[str], object], uids: list[str]) -> tuple[float, float]:
    """p50 and p99 in microseconds."""
    taken = []
    for uid in uids:
        start = time.perf_counter()
        work(uid)
        taken.append((time.perf_counter() - start) * 1e6)
    return median(taken), quantiles(taken, n=100)[98]


def subjects(
    engine: Engine, path: Path, pool: ThreadPoolExecutor
) -> Iterator[tuple[str, Callable[[str], object]]]:
    connection = sqlite3.connect(path)
    (table,) = connection.execute("SELECT tbl FROM feature_views WHERE view = 'u2i'").fetchone()
    sql = f"SELECT c0 FROM {table} WHERE k = ?"
    recalls = engine.plan(SCENE, "default").recalls

    def context(uid: str) -> RequestContext:
        return RequestContext(RecommendRequest(uid, SCENE), {"uid": uid})

    yield "bare SQLite point read", lambda uid: connection.execute(sql, (uid,)).fetchone()
    yield "FeatureDB.get", lambda uid: engine.featuredb.get("u2i", uid)
    yield "two recalls, one after the other", lambda uid: [r.recall(context(uid)) for r in recalls]
    yield "two recalls, in threads", lambda uid: list(pool.map(lambda r: r.recall(context(uid)), recalls))
    yield "Engine.recommend", lambda uid: engine.recommend(RecommendRequest(uid, SCENE))


def batch_rates(conf: dict[str, Any], path: Path, users: int, folder: Path) -> Iterator[tuple[str, float]]:
    uids = [str(user) for user in range(1, users + 1)]
    for processes in sorted({1, os.cpu_count() or 1}):
        summary = recommend_batch(
            conf, path, uids, scene=SCENE, output=folder / "out.csv", processes=processes
        )
        yield f"batch to CSV, {processes} process(es)", summary.users / summary.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    conf = configuration(given.candidates)
    times: dict[str, list[tuple[float, float]]] = {}
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name, FeatureDB(Path(name) / "featuredb.db") as db:
        rates["publish, rows/s"] = [publish(db, given.users, given.candidates)]
        engine = Engine.from_config(conf, db)
        draw = random.Random(1)
        uids = [str(draw.randint(1, given.users)) for _ in range(given.requests)]
        with ThreadPoolExecutor(2) as pool:
            for _ in range(given.rounds):
                for title, work in subjects(engine, db.path, pool):
                    times.setdefault(title, []).append(latencies(work, uids))
                for title, rate in batch_rates(conf, db.path, given.users, Path(name)):
                    rates.setdefault(f"{title}, users/s", []).append(rate)
    shown = [
        (title, *(f"{median(part):,.0f}" for part in zip(*each, strict=True)))
        for title, each in times.items()
    ]
    print(tabulate(shown, headers=["one request", "p50 µs", "p99 µs"], colalign=("left", "right", "right")))
    print()
    rows = [(title, f"{median(each):,.0f}") for title, each in rates.items()]
    print(tabulate(rows, colalign=("left", "right")))


if __name__ == "__main__":
    main()
