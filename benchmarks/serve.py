"""Requests per second of /api/recommend against an empty FastAPI route, each with one worker.

    python benchmarks/serve.py [--seconds 4 --rounds 5 --connections 8]

Four recalls of 125 items (a user's list, a group's, an item-to-item sum, everybody's), five filters, no
model. Both servers run at the same time as processes of their own; the rounds ask them in turn over
connections that stay open, from this process. The median round is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tabulate import tabulate

from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.project import Project

Server = tuple[subprocess.Popen[str], int]
SCENE, USERS, EACH = "home", 2_000, 125
EMPTY = """
from fastapi import FastAPI
from pairec_cli.server.listening import bind, run
from pairec_cli.server.logs import start_logging
app = FastAPI()
@app.post("/api/recommend")
async def recommend():
    return {}
start_logging()
run(app, bind("127.0.0.1", 0))
"""


def publish(db: FeatureDB) -> None:
    draw = random.Random(7)

    def text(form: str = "{}::{:.6f}", count: int = EACH) -> str:
        items = draw.sample(range(1, 20_001), count)
        scores = sorted((draw.random() for _ in items), reverse=True)
        return ",".join(form.format(item, score) for item, score in zip(items, scores, strict=True))

    def view(name: str, keys: list[str], column: str, *form: Any) -> None:
        rows = [(key, text(*form)) for key in keys]
        db.publish(name, "k", [column], rows, ds="20260101", fingerprint="bench")

    users = [str(user) for user in range(USERS)]
    view("u2i", users, "item_ids")
    view("triggers", users, "item_ids", "{}:{:.3f}", 10)
    view("i2i", [str(item) for item in range(1, 20_001)], "similar_item_ids", "{}:{:.6f}", 20)
    view("group", ["m", "f"], "item_ids")
    view("hot", ["-1"], "item_ids")


def configuration() -> dict[str, Any]:
    def dao(**keys: str) -> dict[str, str]:
        return {"AdapterType": "featurestore", "FeatureStoreName": "fs", **keys}

    def recall(name: str, kind: str, **keys: Any) -> dict[str, Any]:
        return {"Name": name, "RecallType": kind, "RecallCount": EACH, **keys}

    shown = dao(FeatureStoreViewName="shown")
    shares = [{"RecallName": name, "Count": 100, "Type": "fix"} for name in ("u2i", "u2i2i", "group", "hot")]
    return {
        "FeatureStoreConfs": {"fs": {}},
        "SceneConfs": {SCENE: {"default": {"RecallNames": ["u2i", "u2i2i", "group", "hot"]}}},
        "RecallConfs": [
            recall("u2i", "UserCustomRecall", DaoConf=dao(FeatureStoreViewName="u2i")),
            recall(
                "u2i2i",
                "UserCollaborativeFilterRecall",
                UserCollaborativeDaoConf=dao(
                    User2ItemFeatureViewName="triggers", Item2ItemFeatureViewName="i2i"
                ),
            ),
            recall(
                "group",
                "UserGroupHotRecall",
                Triggers=[{"TriggerKey": "sex"}],
                DaoConf=dao(FeatureStoreViewName="group"),
            ),
            recall("hot", "UserGlobalHotRecall", DaoConf=dao(FeatureStoreViewName="hot")),
        ],
        "FilterConfs": [
            {"Name": "share", "FilterType": "PriorityAdjustCountFilter", "AdjustCountConfs": shares},
            {"Name": "fair", "FilterType": "CompletelyFairFilter", "RetainNum": 300},
            {"Name": "shown", "FilterType": "User2ItemExposureFilter", "DaoConf": shown},
            {"Name": "cut", "FilterType": "AdjustCountFilter", "RetainNum": 200},
        ],
        "FilterNames": {SCENE: ["UniqueFilter", "shown", "share", "fair", "cut"]},
    }


def start(command: list[str], folder: Path) -> Server:
    """A server and its port."""
    log = (folder / "log").open("w+")
    process = subprocess.Popen(command, cwd=folder, stderr=log, text=True)
    while True:
        for line in (folder / "log").read_text().splitlines():
            if '"listening"' in line:
                return process, int(json.loads(line)["port"])
        if process.poll() is not None:
            raise SystemExit((folder / "log").read_text())
        time.sleep(0.05)


async def caller(port: int, until: float, draw: random.Random, taken: list[float]) -> None:
    """One connection that asks again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        asked = {"uid": str(draw.randrange(USERS)), "scene_id": SCENE, "size": 10, "features": {"sex": "m"}}
        body = json.dumps(asked).encode()
        head = f"POST /api/recommend HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        begun = time.perf_counter()
        writer.write(head + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        document = await reader.readexactly(length)
        taken.append(time.perf_counter() - begun)
        if not answer.startswith(b"HTTP/1.1 200") or b'"code":299' in document:
            raise SystemExit(f"{answer!r} {document!r}")
    writer.close()


async def load(server: Server, seconds: float, connections: int, seed: int) -> tuple[float, ...]:
    """Requests per second, p50 and p99 in milliseconds, and the server's CPU milliseconds per request."""
    process, port = server
    taken: list[float] = []
    cpu, until = processor_seconds(process.pid), time.perf_counter() + seconds
    callers = [caller(port, until, random.Random(seed + n), taken) for n in range(connections)]
    await asyncio.gather(*callers)
    cpu = (processor_seconds(process.pid) - cpu) / len(taken)
    return len(taken) / seconds, median(taken) * 1e3, quantiles(taken, n=100)[98] * 1e3, cpu * 1e3


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "pairec", Path(name) / "empty"
        folders[1].mkdir(parents=True)
        project = Project.create(folders[0] / ".pairec")
        project.control.close()
        with FeatureDB(project.featuredb_path) as db:
            publish(db)
        project.engine_path.write_text(json.dumps(configuration()))
        ours = [sys.executable, "-m", "pairec_cli", "serve", "--port", "0"]
        servers = [start(ours, folders[0]), start([sys.executable, "-c", EMPTY], folders[1])]
        try:
            rounds = [
                [asyncio.run(load(server, args.seconds, args.connections, n)) for server in servers]
                for n in range(-1, args.rounds)
            ][1:]
        finally:
            for process, _ in servers:
                process.terminate()
                process.wait()
    show(rounds)


def show(rounds: list[list[tuple[float, ...]]]) -> None:
    rows = []
    for place, name in enumerate(("/api/recommend", "empty route")):
        figures = [median(one[place][figure] for one in rounds) for figure in range(4)]
        rows.append((name, *figures, figures[2] / figures[1]))
    print(tabulate(rows, ("", "requests/s", "p50 ms", "p99 ms", "CPU ms", "p99/p50"), floatfmt=".2f"))
    ratio = median(ours[0] / empty[0] for ours, empty in rounds)
    print(f"\n{ratio:.1%} of the empty route's requests per second (median of {len(rounds)} rounds)")


if __name__ == "__main__":
    main()
