"""Ranking quality on a public log: MultiTower and DBMTL against LightGBM on the same encoded features.

    python benchmarks/ranking_quality.py ML_100K_FOLDER [--days 24] [--keep FOLDER]

The folder holds `ml-100k.inter`, `.user` and `.item` (tab-separated, typed headers). Every rating is an
exposure, a rating of 4 or more a click and its value the event value. The log is stretched so that each day
holds the same number of rows (most users of the original rate within one day), the last day is held out. The
whole workflow runs as a user would run it, through the command line; LightGBM reads the encoded tables that
the models are trained on, ids as categories, tags as one column per value.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import yaml

from pairec_cli.domain.ds import shift, to_date
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.tables import TableName
from pairec_cli.evaluation.ranking import auc, grouped_auc
from pairec_cli.project import Project

LAST = "20260131"
PERIODS = [3, 7, 15]
EDITS = {
    "multi_tower": {},
    "dbmtl": {
        "lr: 0.02": "lr: 0.002",
        "lr: 0.001": "lr: 0.0005",
        "num_epochs: 4": "num_epochs: 8",
        "hidden_units: [256, 128]": "hidden_units: [256, 128] dropout_ratio: [0.3]",
        "hidden_units: [64]": "hidden_units: [64] dropout_ratio: [0.1]",
    },
}
"""What is edited in the deployed pipeline.config, as a user would for a small log."""


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


def train(folder: Path, model: str, days: int) -> dict[str, float]:
    (folder / f"{model}.yaml").write_text(yaml.safe_dump(document(model, days)))
    pairec(folder, "solution", "create", model, "--file", f"{model}.yaml", "--output", str(folder / model))
    for step in (["script", "generate"], ["deploy", "run"]):
        pairec(folder, *step, "--solution", model)
    [config] = (folder / ".pairec" / "dataworks").rglob(f"{model}_rank/pipeline.config")
    text = config.read_text()
    for written, wanted in EDITS[model].items():
        assert written in text, written
        text = text.replace(written, wanted)
    config.write_text(text)
    pairec(folder, "backfill", "run", "--allow-missing", "--solution", model)
    rows = json.loads(pairec(folder, "rank", "metrics", "--solution", model, "--format", "json"))
    rows = rows["rows"] if isinstance(rows, dict) else rows
    return {str(row["order"]): row for row in rows if row["target"] == "is_click"}


def boosted(project: Project, model: str) -> tuple[float, float]:
    """AUC and AUC by user of LightGBM on the encoded tables of `model`."""
    workspace = project.instance.bindings.maxcompute_project
    parts = [
        project.warehouse.read(TableName(workspace, f"{model}_rank_{part}_v1"), [LAST]).to_pandas()
        for part in ("fg_encoded", "fg_encoded_eval")
    ]
    names = project.home / "models" / f"{model}_rank" / LAST / "features.json"
    features = [ModelFeature.from_dict(body) for body in json.loads(names.read_text())]
    train, held_out = (columns(part, features) for part in parts)
    ids = [f.name for f in features if f.form in (Form.ID, Form.WHOLE)]
    settings = {"objective": "binary", "verbosity": -1, "learning_rate": 0.05, "num_threads": 2, "seed": 1}
    data = lightgbm.Dataset(train, parts[0]["is_click"], categorical_feature=ids)
    check = lightgbm.Dataset(held_out, parts[1]["is_click"], reference=data)
    stop = lightgbm.early_stopping(50, verbose=False)
    fitted = lightgbm.train({**settings, "metric": "auc"}, data, 1000, [check], callbacks=[stop])
    scores = np.asarray(fitted.predict(held_out))
    labels = parts[1]["is_click"].to_numpy()
    users = pd.factorize(parts[1]["__user_id__"])[0]
    return auc(labels, scores), grouped_auc(labels, scores, users)


def columns(rows: pd.DataFrame, features: list[ModelFeature]) -> pd.DataFrame:
    single = rows[[f.name for f in features if f.form is not Form.TAG]]
    tags = [
        rows[f.name].str.get_dummies(",").add_prefix(f"{f.name}_") for f in features if f.form is Form.TAG
    ]
    return pd.concat([single, *tags], axis=1).rename(columns=lambda name: name.replace(":", "_"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, nargs="?")
    parser.add_argument("--days", type=int, default=24)
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
            found = train(folder, model, given.days)
            print(
                model, {order: (row["auc"], row["grouped_auc"]) for order, row in found.items()}, flush=True
            )
            print("LightGBM on its features", boosted(Project.find(start=folder), model), flush=True)


if __name__ == "__main__":
    main()
