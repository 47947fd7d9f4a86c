"""Ranking quality on a public log: MultiTower and DBMTL against LightGBM on the same encoded features.

    python benchmarks/ranking_quality.py ML_100K_FOLDER [--days 24] [--seeds 3] [--keep FOLDER]

The folder holds `ml-100k.inter`, `.user` and `.item` (tab-separated, typed headers). Every rating is an
exposure, a rating of 4 or more a click and its value the event value. The log is stretched so that each day
holds the same number of rows (most users of the original rate within one day). The workflow runs as a user
would run it, through the command line; LightGBM reads the encoded tables that the models are trained on, ids
as categories, tags as one column per value.

Three parts of the log: the last day is held out, the day before it chooses, the days before that teach. Each
contender tries its settings on the day that chooses, where it stops early as well. With the best of them, and
as many epochs or trees as were best there, it learns all days but the last, once per seed, and predicts the
last day, which no choice has seen. The settings that pairec writes by default are shown beside, with the
epochs that were best for them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml
from tabulate import tabulate

from pairec_cli.components.trainer import train
from pairec_cli.domain.ds import shift, to_date
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.tables import TableName
from pairec_cli.evaluation.ranking import auc, grouped_auc
from pairec_cli.project import Project

LAST = "20260131"
PERIODS = [3, 7, 15]
EPOCHS = 8
"""At most; training ends when two epochs in a row were no better."""


@dataclass(frozen=True)
class Rates:
    """Learning rates of embeddings and of all else, and the share of units that each layer drops."""

    sparse: float = 0.02
    dense: float = 0.001
    dropout: float = 0.0


NETWORKS = [
    Rates(),
    Rates(dropout=0.3),
    Rates(0.005, 0.001, 0.3),
    Rates(0.002, 0.0005),
    Rates(0.002, 0.0005, 0.3),
]
"""The first is what pairec writes."""
TREES = [
    {"num_leaves": leaves, "min_data_in_leaf": least, "feature_fraction": share, "cat_smooth": smooth}
    for leaves, least, share, smooth in (
        (31, 20, 1.0, 10), (31, 20, 0.5, 10), (15, 50, 0.5, 50), (63, 50, 0.5, 50), (15, 100, 0.3, 100)
    )
]  # fmt: skip
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


@dataclass(frozen=True)
class Encoded:
    """A model's encoded rows as files: to learn and choose by, then to learn and be measured by."""

    config: str
    features: list[ModelFeature]
    choosing: tuple[Path, Path]
    final: tuple[Path, Path]

    @classmethod
    def of(cls, project: Project, model: str, folder: Path) -> Encoded:
        workspace = project.instance.bindings.maxcompute_project
        learn, last = (
            project.warehouse.read(TableName(workspace, f"{model}_rank_{part}_v1"), [LAST])
            for part in ("fg_encoded", "fg_encoded_eval")
        )
        days = learn["label_ds"].to_numpy(zero_copy_only=False)
        chooses = days == max(days)
        parts = {"teach": learn.filter(~chooses), "choose": learn.filter(chooses)}
        files = {}
        for name, rows in (parts | {"learn": learn, "last": last}).items():
            files[name] = folder / f"{model}-{name}.parquet"
            pq.write_table(rows, files[name])
        trained = project.home / "models" / f"{model}_rank" / LAST
        features = json.loads((trained / "features.json").read_text())
        return cls(
            (trained / "pipeline.config").read_text(),
            [ModelFeature.from_dict(body) for body in features],
            (files["teach"], files["choose"]),
            (files["learn"], files["last"]),
        )

    def edited(self, rates: Rates, epochs: int, export: str) -> PipelineConfig:
        """The generated config with other rates, as a user would edit it."""
        text = self.config.replace("lr: 0.02", f"lr: {rates.sparse}").replace(
            "lr: 0.001", f"lr: {rates.dense}"
        )
        text = re.sub(r"num_epochs: \d+", f"num_epochs: {epochs}", text)
        text = text.replace("export_config {}", f"export_config {{ {export} }}")
        if rates.dropout:
            text = re.sub(r"(hidden_units: \[[^\]]*\])", rf"\1 dropout_ratio: [{rates.dropout}]", text)
        return parse(text)


Figures = tuple[float | None, float | None]
"""AUC, and AUC by user."""


def network(data: Encoded, rates: Rates, seed: int, epochs: int = 0) -> tuple[int, Figures]:
    """The best epoch by the day that chooses, or all of `epochs` on the last day; and its figures."""
    target = "_is_click" if "relation_tower_names" in data.config else ""
    export = 'exporter_type: "latest"' if epochs else f'best_exporter_metric: "auc{target}"'
    files = data.final if epochs else data.choosing
    with tempfile.TemporaryDirectory() as folder:
        config = data.edited(rates, epochs or EPOCHS, export)
        learn, check = ([path] for path in files)
        result = train(config, data.features, learn, check, Path(folder), seed=seed, threads=1)
    found = {
        one.metric: one.value
        for one in result.epochs[result.best_epoch - 1].metrics
        if one.target == "is_click"
    }
    return result.best_epoch, (found["auc"], found["grouped_auc"])


def boosted(data: Encoded, settings: dict[str, float], seed: int, trees: int = 0) -> tuple[int, Figures]:
    """The same of LightGBM, with trees in the place of epochs."""
    parts = [pd.read_parquet(path) for path in (data.final if trees else data.choosing)]
    learn, check = (columns(part, data.features) for part in parts)
    ids = [f.name for f in data.features if f.form in (Form.ID, Form.WHOLE)]
    check = check.reindex(columns=learn.columns, fill_value=0)
    fixed = {"objective": "binary", "verbosity": -1, "learning_rate": 0.05, "num_threads": 1, "seed": seed}
    sampled = {"bagging_fraction": 0.8, "bagging_freq": 1, "metric": "auc"}
    rows = lightgbm.Dataset(learn, parts[0]["is_click"], categorical_feature=ids)
    given: dict[str, Any] = {"num_boost_round": trees or 1000}
    if not trees:
        given["valid_sets"] = [lightgbm.Dataset(check, parts[1]["is_click"], reference=rows)]
        given["callbacks"] = [lightgbm.early_stopping(50, verbose=False)]
    fitted = lightgbm.train({**fixed, **sampled, **settings}, rows, **given)
    scores = np.asarray(fitted.predict(check))
    labels, users = parts[1]["is_click"].to_numpy(), pd.factorize(parts[1]["__user_id__"])[0]
    return trees or fitted.best_iteration, (auc(labels, scores), grouped_auc(labels, scores, users))


def columns(rows: pd.DataFrame, features: list[ModelFeature]) -> pd.DataFrame:
    single = rows[[f.name for f in features if f.form is not Form.TAG]]
    tags = [
        rows[f.name].str.get_dummies(",").add_prefix(f"{f.name}_") for f in features if f.form is Form.TAG
    ]
    return pd.concat([single, *tags], axis=1).rename(columns=lambda name: name.replace(":", "_"))


CONTENDERS: dict[str, tuple[str, Callable[..., tuple[int, Figures]], Sequence[Any]]] = {
    "MultiTower": ("multi_tower", network, NETWORKS),
    "DBMTL": ("dbmtl", network, NETWORKS),
    "LightGBM": ("multi_tower", boosted, TREES),
}


def compared(data: dict[str, Encoded], seeds: int) -> Iterator[list[object]]:
    """A line per contender and kind of settings: chosen by, AUC and AUC by user as mean and deviation."""
    for name, (model, run, settings) in CONTENDERS.items():
        tried = []
        for one in settings:
            size, (chosen_by, _) = run(data[model], one, 0)
            print(f"  {name} {one}: {size}, AUC {chosen_by:.4f} on the day that chooses", file=sys.stderr)
            tried.append((chosen_by, size, one))
        best = max(tried, key=lambda line: line[0] or 0)
        for title, (chosen_by, size, one) in {"default": tried[0], "chosen": best}.items():
            figures = np.array([run(data[model], one, seed, size)[1] for seed in range(1, seeds + 1)])
            mean, deviation = figures.mean(0), figures.std(0, ddof=1 if seeds > 1 else 0)
            shown = [f"{m:.4f} ± {d:.4f}" for m, d in zip(mean, deviation, strict=True)]
            yield [name, title, str(one), size, f"{chosen_by:.4f}", *shown]


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
        lines = []
        for line in compared(data, given.seeds):
            lines.append(line)
            print(*line, sep="  ", flush=True)
        heads = ["", "settings", "", "epochs or trees", "AUC of the day before", "AUC", "AUC by user"]
        print(tabulate(lines, heads, disable_numparse=True))


if __name__ == "__main__":
    main()
