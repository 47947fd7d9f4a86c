"""How long ranking takes inside a request, beside the bare onnxruntime call with the arrays ready.

    python benchmarks/rank_stage.py [--candidates 500 --items 50000 --requests 600] [--model dbmtl]

The model is that of random_model.py. Measured by turns, request by request: the bare call, the encoding, the
whole stage (encoding, call, scores on the items, RankScore) and the reads of the user's two views. Then
processes of their own are timed that load the model and rank once.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from tabulate import tabulate

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.engine.algorithms.conf import AlgorithmConf
from pairec_cli.engine.model_rank import LazyAlgorithm, ModelRank
from pairec_cli.engine.rank import RankConf, ScoreExpression
from pairec_cli.online.featuredb import FeatureDB
from pairec_cli.online.ranking_models import ServedModel

NAME, VIEWS, USERS, NOW = "home_rank", ("users", "sequences"), 200, 1_767_571_200
SCORE = "${home_rank_probs_is_click} * (1 + ${home_rank_y_ln_playtime})"
REQUEST = {"net_type": "1"}
ONCE = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from pairec_cli.online.ranking_models import ServedModel
imported = time.perf_counter()
model, _ = ServedModel(Path(sys.argv[1])).now()
loaded = time.perf_counter()
model.score("1", {}, {}, 1767571200, [str(item) for item in range(500)])
ranked = time.perf_counter()
print(imported - start, loaded - imported, ranked - loaded)
"""


def milliseconds(work: Callable[[int], object], number: int) -> float:
    start = time.perf_counter()
    work(number)
    return (time.perf_counter() - start) * 1e3


def subjects(models: Path, db: FeatureDB, items: int, candidates: int) -> dict[str, Callable[[int], object]]:
    """What is timed, by name: functions of the request's number."""
    model, _ = ServedModel(models / NAME).now()
    draw, uids = random.Random(1), [str(user) for user in range(USERS)]
    users = [dict[str, object]() for _ in uids]
    for uid, user in zip(uids, users, strict=True):
        for name in VIEWS:
            user.update(db.get(name, uid) or {})
    asked = [[str(item) for item in draw.sample(range(items), candidates)] for _ in uids]
    context = {**REQUEST, "day_h": 3, "week_day": 2}
    pairs = list(zip(users, asked, strict=True))
    ready = [model.encoder.encode(user, context, NOW, ids) for user, ids in pairs]
    algorithm = LazyAlgorithm(AlgorithmConf(NAME, "EAS"), Resources(db, models=str(models)))
    stage = ModelRank([algorithm], ScoreExpression("RankScore", RankConf((NAME,), SCORE)))

    def encoding(number: int) -> object:
        user, ids = pairs[number % USERS]
        return model.encoder.encode(user, context, NOW, ids)

    def whole(number: int) -> object:
        user, ids = pairs[number % USERS]
        request = RecommendRequest(uids[number % USERS], "home", features=REQUEST)
        return stage.apply([Item(name, 0.5, "u2i") for name in ids], RequestContext(request, user))

    return {
        "bare onnxruntime call": lambda n: model.session.run(list(model.outputs), ready[n % USERS]),
        "encoding": encoding,
        "whole rank stage": whole,
        "reads of the user's views": lambda n: [db.get(name, uids[n % USERS]) for name in VIEWS],
    }


def build(folder: Path, model: str, items: int) -> None:
    """In a process of its own: what trains is not there when serving."""
    script = Path(__file__).with_name("random_model.py")
    arguments = [folder, "--model", model, "--items", items, "--users", USERS]
    subprocess.run([sys.executable, script, *map(str, arguments)], check=True)


def measured(given: argparse.Namespace, folder: Path) -> dict[str, list[float]]:
    """Milliseconds per request. All take turns, request by request: what else runs here slows each alike."""
    with FeatureDB(folder / "featuredb.db") as db:
        works = subjects(folder / "models", db, given.items, given.candidates)
        times: dict[str, list[float]] = {title: [] for title in works}
        for number in range(given.requests):
            for title, work in works.items():
                times[title].append(milliseconds(work, number))
    return times


def once(folder: Path) -> list[float]:
    """Milliseconds to import, load and rank, in a new process."""
    arguments = [sys.executable, "-c", ONCE, str(folder / "models" / NAME)]
    runs = [subprocess.run(arguments, capture_output=True, text=True, check=True) for _ in range(5)]
    parts = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    return [1e3 * median(part) for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--model", default="dbmtl")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        build(Path(name), given.model, given.items)
        times = measured(given, Path(name))
        parts = once(Path(name))
    bare = median(times["bare onnxruntime call"])
    rows = [
        (title, p50 := median(found), quantiles(found, n=100)[98], p50 / bare)
        for title, found in times.items()
    ]
    print(f"{given.model}, {given.candidates} candidates of {given.items} items")
    print(tabulate(rows, ("", "p50 ms", "p99 ms", "of the bare call"), floatfmt=".3f"))
    print("a new process: import {:.0f} ms, load {:.0f} ms, first ranking {:.0f} ms".format(*parts))


if __name__ == "__main__":
    main()
