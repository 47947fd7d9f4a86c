"""How long each filter takes on 10,000 candidates.

    python benchmarks/filters.py [--candidates 10000 --rounds 15]

Four recalls give a quarter of the candidates each, best first, and a tenth of the ids come from two recalls.
All filters but UniqueFilter see what UniqueFilter leaves of them; in a second column the candidates come in
no order. Every round has fresh candidates and a fresh context; the best round is shown, in milliseconds of
this process' processor time. Filters marked `asks` read the embedded store in each request; those marked
`remembers` have read before what they need.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from operator import attrgetter
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import NoConfig, RequestContext, Resources
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.plan import Planner
from pairec_cli.engine.sources import ConfiguredSources
from pairec_cli.filters.unique import UniqueFilter
from pairec_cli.online.featuredb import FeatureDB

RECALLS, CATEGORIES, KEPT = ("u2i", "u2i2i", "group", "hot"), 50, 300
UNIQUE = "UniqueFilter"
REMEMBERS = ("ItemCustomFilter", "ItemStateFilter", "User2ItemCustomFilter")
ASKS = ("User2ItemExposureFilter", "User2ItemExposureWithConditionFilter")


def configuration(candidates: int) -> dict[str, Any]:
    """A FilterConfs entry for each type, named as its type."""

    def dao(view: str) -> dict[str, str]:
        return {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": view}

    def condition(domain: str, **keys: Any) -> dict[str, Any]:
        return {"Domain": domain, **keys}

    def counts(kind: str) -> list[dict[str, Any]]:
        return [{"RecallName": name, "Count": 100, "Type": kind, "Weight": 2} for name in RECALLS]

    buckets = [f"category == 'c{number}' && price < 90" for number in range(4)]
    woman = condition("user", Name="sex", Type="string", Operator="equal", Value="f")
    in_stock = condition("item", Name="stock", Type="int", Operator="greater", Value=3)
    remembered = {"ItemStateCacheSize": candidates, "ItemStateCacheTime": 3600}
    entries: dict[str, dict[str, Any]] = {
        "AdjustCountFilter": {"RetainNum": KEPT, "ShuffleItem": True},
        "CompletelyFairFilter": {"RetainNum": candidates},
        "ConditionFilter": {
            "ConditionFilterConfs": {
                "FilterConfs": [{"Conditions": [woman], "FilterName": "PriorityAdjustCountFilter"}],
                "DefaultFilterName": "DimensionFieldUniqueFilter",
            }
        },
        "DimensionFieldUniqueFilter": {"Dimension": "category"},
        "DiversityAdjustCountFilter": {
            "AdjustCountConfs": [{"Expression": text, "Count": 50, "Type": "fix"} for text in buckets]
        },
        "GroupWeightCountFilter": {
            "RetainNum": KEPT,
            "Dimension": "category",
            "ScoreWeight": 0.01,
            "GroupMaxNum": 40,
        },
        "PriorityAdjustCountFilter": {"AdjustCountConfs": counts("fix")},
        "PriorityAdjustCountFilterV2": {"AdjustCountConfs": counts("fix")},
        "SnakeFilter": {"AdjustCountConfs": counts(""), "RetainNum": KEPT},
        "ItemCustomFilter": {"DaoConf": dao("blocked"), "FilterVal": {"SelectCol": "item_id"}},
        "ItemStateFilter": {"ItemStateDaoConf": dao("items"), "FilterParams": [in_stock], **remembered},
        "User2ItemCustomFilter": {"DaoConf": dao("disliked"), **remembered},
        "User2ItemExposureFilter": {"DaoConf": dao("shown"), "WriteLog": True},
        "User2ItemExposureWithConditionFilter": {"DaoConf": dao("shown"), "Conditions": [woman]},
    }
    return {
        "FeatureStoreConfs": {"fs": {}},
        "FilterConfs": [{"Name": name, "FilterType": name, **keys} for name, keys in entries.items()],
        "SceneConfs": {"home": {}},
        "FilterNames": {"home": [UNIQUE]},
    }


def context() -> RequestContext:
    return RequestContext(RecommendRequest("u1", "home"), {"uid": "u1", "sex": "m"})


def publish(db: FeatureDB, candidates: int) -> None:
    draw = random.Random(5)
    told = {"ds": "20260101", "fingerprint": "bench"}
    ids = [str(number) for number in range(candidates)]
    db.publish("items", "item_id", ["stock"], [(id, draw.randrange(10)) for id in ids], **told)
    db.publish("blocked", "item_id", [], [(id,) for id in draw.sample(ids, len(ids) // 20)], **told)
    disliked = ",".join(draw.sample(ids, len(ids) // 20))
    db.publish("disliked", "user_id", ["item_ids"], [("u1", disliked)], **told)


def recalled(candidates: int, draw: random.Random, *, ordered: bool) -> list[Item]:
    """Fresh candidates: of each recall best first, or in no order."""
    each = candidates // len(RECALLS)
    ids = draw.sample(range(candidates), candidates - candidates // 10)
    ids += draw.sample(ids, candidates // 10)
    draw.shuffle(ids)
    found = []
    for place, recall in enumerate(RECALLS):
        own = [
            Item(str(id), draw.random(), recall, "", properties_of(id))
            for id in ids[place * each : (place + 1) * each]
        ]
        found += sorted(own, key=attrgetter("score"), reverse=True)
    if not ordered:
        draw.shuffle(found)
    return found


def properties_of(id: int) -> dict[str, object]:
    return {"category": f"c{id % CATEGORIES}", "price": float(id % 100)}


def milliseconds(stage: Any, candidates: int, rounds: int, *, ordered: bool) -> tuple[float, int]:
    """The best of the rounds, and how many items were left."""
    unique, draw, taken, left = UniqueFilter(UNIQUE, NoConfig(), Resources(None)), random.Random(3), [], 0
    for _ in range(rounds):
        items = recalled(candidates, draw, ordered=ordered)
        if stage.name != UNIQUE:
            items = unique.apply(items, context())
        asked = context()
        gc.collect()
        start = time.process_time()
        left = len(stage.apply(items, asked))
        taken.append((time.process_time() - start) * 1e3)
    return min(taken), left


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--candidates", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name, FeatureDB(Path(name) / "featuredb.db") as db:
        publish(db, given.candidates)
        config = EngineConfig.read(configuration(given.candidates))
        sources = ConfiguredSources(config.connections, db)
        filters = Planner(config, Resources(db, config.feature_stores, sources)).filters
        exposures = filters[ASKS[0]]
        for _ in range(50):
            exposures.after_answer(recalled(200, random.Random(), ordered=True), context())
        for kind, stage in sorted(filters.items()):
            stage.apply(recalled(given.candidates, random.Random(1), ordered=True), context())
            ordered, left = milliseconds(stage, given.candidates, given.rounds, ordered=True)
            shuffled, _ = milliseconds(stage, given.candidates, given.rounds, ordered=False)
            source = "remembers" if kind in REMEMBERS else "asks" if kind in ASKS else ""
            rows.append((kind, ordered, shuffled, left, source))
        sources.close()
    print(tabulate(rows, ("filter", "ms", "ms, in no order", "left", "source"), floatfmt=".2f"))


if __name__ == "__main__":
    main()
