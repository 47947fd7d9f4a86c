"""Ranking quality on a public log: MultiTower and DBMTL against LightGBM on the same encoded features.

    python benchmarks/ranking_quality.py ML_100K_FOLDER [--days 24] [--seeds 3] [--keep FOLDER]

The folder holds `ml-100k.inter`, `.user` and `.item` (tab-separated, typed headers). Every rating is an
exposure, a rating of 4 or more a click and its value the event value. The log is stretched so that each day
holds the same number of rows (most users of the original rate within one day). The workflow runs as a user
would run it, through the command line; LightGBM reads the encoded tables that the models are trained on, ids
as categories, tags as one column per value.

The last day is held out, and no choice sees it. Each contender tries its settings on the three days before,
each predicted from the days before it: a day has 4,166 rows, and differences on one are mostly noise. With
the settings whose AUC is best in the mean, and as many epochs or trees as were best there, it learns all days
but the last, once per seed, and predicts the last day. The settings that pairec writes by default are shown
beside, with the epochs that were best for them. Each contender has a process and a thread of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from tabulate import tabulate

from pairec_cli.components import training_run
from pairec_cli.components.trainer import train
from pairec_cli.domain.ds import shift, to_date
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import TableName
from pairec_cli.evaluation.ranking import grouped_auc
from pairec_cli.project import Project
from pairec_cli.ranking.pipeline import DECAY, DENSE_RATE, EPOCHS, SPARSE_RATE

LAST = "20260131"
PERIODS = [3, 7, 15]
TREES = 300
"""At most; the best number is found on the days that choose, as that of epochs is."""
CHOOSING_DAYS = 3


@dataclass(frozen=True)
class Rates:
    """Learning rates of embeddings and of all else, what an epoch leaves of them, and the share of units that
    each layer drops."""

    sparse: float = SPARSE_RATE
    dense: float = DENSE_RATE
    decay: float = DECAY
    dropout: float = 0.0


NETWORKS = [Rates(), Rates(dropout=0.3), Rates(dense=0.003, decay=0.5)]
"""The first is what pairec writes."""
BOOSTERS = [
    {"num_leaves": leaves, "min_data_in_leaf": least, "feature_fraction": share, "cat_smooth": smooth}
    for leaves, least, share, smooth in ((31, 20, 1.0, 10), (31, 20, 0.5, 10), (15, 100, 0.3, 100))
]
"""The first is LightGBM's own."""


def pairec(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pairec_cli", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pairec {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout


def tables(source: Path, folder: Path, days: int) -> None:
    """users.csv, items.csv and log.csv, as `pairec data import` takes them."""
    read = {part: pd.read_csv(source / f"ml-100k.{part}", sep="\t") for part in ("inter", "user", "item")}
    for frame in read.values():
        frame.columns = [name.partition(":")[0] for name in frame.columns]
    log = read["inter"].sort_values(["timestamp", "user_id", "item_id"], kind="stable").reset_index(drop=True)
    first = to_date(shift(LAST, -(days - 1)))
    start = int(pd.Timestamp(first).timestamp())
    log["event_time"] = (start + np.arange(len(log)) * (days * 86_400 / len(log))).astype(int)
    shown = log.assign(event="expr", value=0.0)
    liked = log[log.rating >= 4].assign(event="click", value=lambda rows: rows.rating)
    both = pd.concat([shown, liked])[["user_id", "item_id", "event", "value", "event_time"]]
    both.sort_values("event_time", kind="stable").to_csv(folder / "log.csv", index=False)
    users, items = read["user"], read["item"]
    each_day = pd.DataFrame({"ds": [shift(LAST, -back) for back in range(days)]})
    users = users[["user_id", "age", "gender", "occupation"]].merge(each_day, how="cross")
    users.to_csv(folder / "users.csv", index=False)
    items = items.rename(columns={"class": "genres"})
    items["genres"] = items.genres.fillna("").str.replace(" ", "|")
    items = items[["item_id", "release_year", "genres"]].merge(each_day, how="cross")
    items.to_csv(folder / "items.csv", index=False)


def document(model: str, days: int) -> dict[str, object]:
    single = {"name": "is_click", "expression": "max(if(event='click',1,0))"}
    value = {
        "name": "rating", "expression": "max(value)", "type": "regression", "depends": ["is_click"],
        "weight": 0.1,
    }  # fmt: skip
    return {
        "name": model,
        "data_tables": {
            "behavior": {
                "table": "log", "request_id": None, "event_values": ["expr", "click"], "event_value": "value",
                "scene": None, "scene_values": [], "user_categorical": [],
            },
            "user": {
                "table": "users", "register_time": None, "categorical": ["gender", "occupation"],
                "numeric": ["age"], "tags": [],
            },
            "item": {
                "table": "items", "author": None, "pub_time": None, "categorical": [],
                "numeric": ["release_year"], "tags": ["genres"],
            },
        },
        "features": {"periods": PERIODS, "key_behaviors": ["expr", "click"]},
        "ranking": {
            "model": model,
            "targets": [single, value] if model == "dbmtl" else [single],
            "training_days": days - max(PERIODS) // 2,
            "sequence_events": [],
            "rank_score": "${probs_is_click}",
        },
    }  # fmt: skip


def prepare(folder: Path, source: Path, days: int) -> None:
    pairec(folder, "init")
    tables(source, folder, days)
    pairec(folder, "data", "import", "log.csv", "--table", "log", "--time-column", "event_time")
    pairec(folder, "data", "import", "users.csv", "--table", "users")
    pairec(folder, "data", "import", "items.csv", "--table", "items")
    pairec(folder, "table", "register", "users", "--role", "user", "--user-id", "user_id")
    pairec(folder, "table", "register", "items", "--role", "item", "--item-id", "item_id")
    pairec(folder, "table", "register", "log", "--role", "behavior", "--events", "expr,click")
    pairec(folder, "scenario", "create", "HomePage")


def deploy(folder: Path, model: str, days: int) -> None:
    """The encoded tables and pipeline.config of a model, by way of a day's run."""
    (folder / f"{model}.yaml").write_text(yaml.safe_dump(document(model, days)))
    pairec(folder, "solution", "create", model, "--file", f"{model}.yaml", "--output", str(folder / model))
    for step in (["script", "generate"], ["deploy", "run"], ["backfill", "run", "--allow-missing"]):
        pairec(folder, *step, "--solution", model)


Files = tuple[Path, Path]
"""Rows to learn, and rows to predict."""


@dataclass(frozen=True)
class Encoded:
    """A model's encoded rows as files: per day that chooses, and of the day held out."""

    config: str
    features: list[ModelFeature]
    choosing: tuple[Files, ...]
    final: Files

    @classmethod
    def of(cls, project: Project, model: str, folder: Path) -> Encoded:
        workspace = project.instance.bindings.maxcompute_project
        learn, last = (
            project.warehouse.read(TableName(workspace, f"{model}_rank_{part}_v1"), [LAST])
            for part in ("fg_encoded", "fg_encoded_eval")
        )
        days = learn["label_ds"].to_numpy(zero_copy_only=False)

        def kept(rows: pa.Table, name: str) -> Path:
            path = folder / f"{model}-{name}.parquet"
            pq.write_table(rows, path)
            return path

        trained = project.home / "models" / f"{model}_rank" / LAST
        features = json.loads((trained / "features.json").read_text())
        return cls(
            (trained / "pipeline.config").read_text(),
            [ModelFeature.from_dict(body) for body in features],
            tuple(
                (kept(learn.filter(days < day), f"before-{day}"), kept(learn.filter(days == day), day))
                for day in sorted(set(days))[-CHOOSING_DAYS:]
            ),
            (kept(learn, "learn"), kept(last, "last")),
        )

    def edited(self, rates: Rates, epochs: int) -> PipelineConfig:
        """The generated config with other rates, as a user would edit it."""
        text = self.config.replace(f"lr: {SPARSE_RATE}", f"lr: {rates.sparse}")
        text = text.replace(f"lr: {DENSE_RATE}", f"lr: {rates.dense}")
        text = text.replace(f"decay_factor: {DECAY}", f"decay_factor: {rates.decay}")
        text = text.replace(f"num_epochs: {EPOCHS}", f"num_epochs: {epochs}")
        text = text.replace("export_config {}", 'export_config { exporter_type: "latest" }')
        if rates.dropout:
            text = re.sub(r"(hidden_units: \[[^\]]*\])", rf"\1 dropout_ratio: [{rates.dropout}]", text)
        return parse(text)


Curve = tuple[list[float], float]
"""AUC after each epoch or tree, and AUC by user after the last."""


def network(data: Encoded, rates: Rates, seed: int, files: Files, epochs: int) -> Curve:
    training_run.PATIENCE = epochs
    with tempfile.TemporaryDirectory() as folder:
        config = data.edited(rates, epochs)
        learn, check = ([path] for path in files)
        result = train(config, data.features, learn, check, Path(folder), seed=seed, threads=1)
    found = [
        {one.metric: one.value for one in epoch.metrics if one.target == "is_click"}
        for epoch in result.epochs
    ]
    return [one["auc"] for one in found], found[-1]["grouped_auc"]


def boosted(data: Encoded, settings: dict[str, float], seed: int, files: Files, trees: int) -> Curve:
    parts = [pd.read_parquet(path) for path in files]
    learn, check = (columns(part, data.features) for part in parts)
    ids = [f.name for f in data.features if f.form in (Form.ID, Form.WHOLE)]
    check = check.reindex(columns=learn.columns, fill_value=0)
    fixed = {"objective": "binary", "verbosity": -1, "learning_rate": 0.05, "num_threads": 1, "seed": seed}
    sampled = {"bagging_fraction": 0.8, "bagging_freq": 1, "metric": "auc"}
    rows = lightgbm.Dataset(learn, parts[0]["is_click"], categorical_feature=ids)
    told: dict[str, dict[str, list[float]]] = {}
    fitted = lightgbm.train(
        {**fixed, **sampled, **settings},
        rows,
        num_boost_round=trees,
        valid_sets=[lightgbm.Dataset(check, parts[1]["is_click"], reference=rows)],
        callbacks=[lightgbm.record_evaluation(told)],
    )
    scores = np.asarray(fitted.predict(check))
    labels, users = parts[1]["is_click"].to_numpy(), pd.factorize(parts[1]["__user_id__"])[0]
    return told["valid_0"]["auc"], grouped_auc(labels, scores, users) or 0.0


def columns(rows: pd.DataFrame, features: list[ModelFeature]) -> pd.DataFrame:
    single = rows[[f.name for f in features if f.form is not Form.TAG]]
    tags = [
        rows[f.name].str.get_dummies(",").add_prefix(f"{f.name}_") for f in features if f.form is Form.TAG
    ]
    return pd.concat([single, *tags], axis=1).rename(columns=lambda name: name.replace(":", "_"))


Contender = tuple[str, Callable[..., Curve], Sequence[Any], int]
CONTENDERS: dict[str, Contender] = {
    "MultiTower": ("multi_tower", network, NETWORKS, EPOCHS),
    "DBMTL": ("dbmtl", network, NETWORKS, EPOCHS),
    "LightGBM": ("multi_tower", boosted, BOOSTERS, TREES),
}
"""The last is the most epochs or trees."""


def compared(name: str, data: Encoded, seeds: int) -> list[list[object]]:
    """A line per kind of settings: chosen by, AUC and AUC by user as mean and deviation."""
    _, run, settings, most = CONTENDERS[name]
    tried = []
    for one in settings:
        curve = np.mean([run(data, one, 0, files, most)[0] for files in data.choosing], 0)
        tried.append((curve.max(), int(curve.argmax()) + 1, one))
        print(f"  {name} {one}: {curve.argmax() + 1}, AUC {curve.max():.4f}", file=sys.stderr, flush=True)
    best, lines = max(tried, key=lambda line: line[0]), []
    for title, (chosen_by, size, one) in {"default": tried[0], "chosen": best}.items():
        ends = [run(data, one, seed, data.final, size) for seed in range(1, seeds + 1)]
        figures = np.array([(aucs[-1], by_user) for aucs, by_user in ends])
        mean, deviation = figures.mean(0), figures.std(0, ddof=1 if seeds > 1 else 0)
        shown = [f"{m:.4f} ± {d:.4f}" for m, d in zip(mean, deviation, strict=True)]
        lines.append([name, title, str(one), size, f"{chosen_by:.4f}", *shown])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, nargs="?")
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    given = parser.parse_args()
    if given.source is None:
        parser.print_help()
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        if not (folder / ".pairec").exists():
            folder.mkdir(parents=True, exist_ok=True)
            prepare(folder, given.source, given.days)
            for model in ("multi_tower", "dbmtl"):
                deploy(folder, model, given.days)
        project = Project.find(start=folder)
        data = {model: Encoded.of(project, model, Path(temporary)) for model in ("multi_tower", "dbmtl")}
        with ProcessPoolExecutor(len(CONTENDERS)) as processes:
            runs = [
                processes.submit(compared, name, data[model], given.seeds)
                for name, (model, *_) in CONTENDERS.items()
            ]
            lines = [line for run in runs for line in run.result()]
        heads = ["", "settings", "", "epochs or trees", "AUC of the days before", "AUC", "AUC by user"]
        print(tabulate(lines, heads, disable_numparse=True))


if __name__ == "__main__":
    main()
