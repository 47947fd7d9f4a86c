"""Training samples a second, and peak memory, beside a plain PyTorch loop over tensors in memory.

    python benchmarks/ranking.py [--rows 1000000] [--threads 1] [--rounds 1] [--users 100000 --items 50000]
                                 [--large 10000000 --batch 2048]

The rows are drawn with a fixed seed: Zipf-like items, a click that depends on user, item and both; 12 ids, 8
numbers, 2 tags and a sequence of up to 20 items that a request's ten rows share. The model is DBMTL with a
click and a play time. Both sides train one epoch of it, and are measured on the same held-out rows:

    ours    reads the Parquet files; Adagrad on the embedding rows of a batch, Adam on the rest
    plain   its rows are tensors in memory before the clock starts; dense gradients, one Adam for all

Learning rates and batch sizes decide both how good and how fast an epoch is, so each side is tried with
several (`TRIED`; the first of ours is what pairec writes). "At equal AUC" compares, for each batch size of
the plain loop, the fastest of both sides that come within .0005 of the best AUC that it reached with it;
1,024 is TorchEasyRec's own batch. Each runs in a process of its own, several rounds by turns. Samples a
second are shown by the clock, and by the CPU seconds of the process, which other work on the machine
disturbs less. `--large` trains on so many rows and shows the peak memory of that process; 0 leaves it out,
and `--rows 0` the rest. The plain loop's time grows with the tables, ours with the rows of a batch alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tabulate import tabulate

GOAL, GOAL_MB = 3.0, 6144
REQUEST, LENGTH, ROW_GROUP = 10, 20, 122_880
TABLES = {"user_id": 100_000, "item_id": 50_000}
"""Ids of the two large tables; `--users` and `--items` set them."""
SMALL = {
    f"c{number}": size for number, size in enumerate((24, 7, 16, 50, 100, 300, 1000, 2000, 5000, 10_000))
}
NUMBERS = [f"x{number}" for number in range(8)]
HELD_OUT = 100_000
Setting = tuple[str, int, float]
"""A side, its batch size, and its learning rate: ours that of embeddings, the plain loop's that of all."""
TRIED: list[Setting] = [
    *(("ours", 2048, rate) for rate in (0.02, 0.2, 0.4)),
    *(("plain", 1024, rate) for rate in (0.001, 0.002, 0.003)),
    *(("plain", 2048, rate) for rate in (0.002, 0.005)),
]
EQUAL = 0.0005


def rows(count: int, seed: int) -> pa.Table:
    """`count` encoded rows; the taste is the same for every seed."""
    taste, random = np.random.default_rng(1), np.random.default_rng(seed)
    user_factor, item_factor = (
        taste.normal(size=(TABLES["user_id"], 4)),
        taste.normal(size=(TABLES["item_id"], 4)),
    )
    user_bias, item_bias = taste.normal(size=TABLES["user_id"]), taste.normal(size=TABLES["item_id"])
    requests = -(-count // REQUEST)
    of_user = random.integers(2, TABLES["user_id"], requests)
    user = np.repeat(of_user, REQUEST)[:count]
    item = (
        np.minimum((TABLES["item_id"] - 2) * random.random(count) ** 3, TABLES["item_id"] - 3).astype(
            np.int64
        )
        + 2
    )
    score = 0.7 * (user_factor[user] * item_factor[item]).sum(1) + user_bias[user] + item_bias[item] - 1.5
    click = (random.random(count) < 1 / (1 + np.exp(-score))).astype(np.float64)
    lengths = random.integers(0, LENGTH + 1, requests)
    flat = (random.random(int(lengths.sum())) ** 3 * (TABLES["item_id"] - 3)).astype(np.int64) + 2
    parts = np.split(flat, np.cumsum(lengths)[:-1])
    histories = pa.array([";".join(map(str, part)) for part in parts])
    columns: dict[str, Any] = {"user_id": user, "item_id": item}
    columns |= {name: (item * (place + 7) + user) % size for place, (name, size) in enumerate(SMALL.items())}
    columns["tags"] = pa.array([f"{tag % 500},{tag % 499 + 1}" for tag in range(TABLES["item_id"])]).take(
        pa.array(item)
    )
    columns |= {name: random.normal(size=count) for name in NUMBERS}
    columns["seq__item_id"] = histories.take(pa.array(np.repeat(np.arange(requests), REQUEST)[:count]))
    columns |= {"is_click": click, "ln_playtime": click * (2 + score / 4 + random.normal(size=count))}
    columns["__user_id__"] = pa.array(user).cast(pa.string())
    return pa.table(columns)


def generate(folder: Path, count: int) -> None:
    """Training rows in files of a million, and held-out rows."""
    for number, first in enumerate(range(0, count, 1_000_000)):
        table = rows(min(1_000_000, count - first), 100 + number)
        pq.write_table(table, folder / f"train-{number}.parquet", row_group_size=ROW_GROUP)
    pq.write_table(rows(HELD_OUT, 99), folder / "eval.parquet", row_group_size=ROW_GROUP)


def features() -> list[Any]:
    from pairec_cli.domain.model_features import Form, ModelFeature

    def one(name: str, form: Form, buckets: int, **rest: Any) -> ModelFeature:
        return ModelFeature(name, form, "user", (name,), num_buckets=buckets, embedding_dim=16, **rest)

    return [
        one("user_id", Form.ID, TABLES["user_id"], vocabulary="user_id"),
        one("item_id", Form.ID, TABLES["item_id"], vocabulary="item_id"),
        *(one(name, Form.WHOLE, size) for name, size in SMALL.items()),
        one("tags", Form.TAG, 500, vocabulary="tags"),
        *(ModelFeature(name, Form.RAW, "user", (name,)) for name in NUMBERS),
        one(
            "seq__item_id",
            Form.ID,
            TABLES["item_id"],
            vocabulary="item_id",
            sequence="seq",
            sequence_length=LENGTH,
        ),
    ]


def config(batch: int, rate: float) -> Any:
    """DBMTL: bottom 256-128, towers 64, relation 32. Embeddings learn at `rate`; all else at the rate that
    pairec writes for its own batch, and as many times it as the batch is larger."""
    from pairec_cli.domain.pipeline_config import parse
    from pairec_cli.ranking.pipeline import BATCH, DENSE_RATE

    larger = max(batch / BATCH, 1.0)

    def table(name: str, size: int, rest: str = "") -> str:
        named = f'feature_name: "{name}" expression: "user:{name}"'
        return f"id_feature {{ {named} num_buckets: {size} embedding_dim: 16 {rest} }}"

    ids = TABLES | SMALL
    inputs = [table(name, size) for name, size in ids.items()] + [table("tags", 500, "value_dim: 0")]
    inputs += [f'raw_feature {{ feature_name: "{name}" expression: "user:{name}" }}' for name in NUMBERS]
    field = table("item_id", TABLES["item_id"], 'embedding_name: "item_id_emb"')
    inputs.append(
        f'sequence_feature {{ sequence_name: "seq" sequence_length: {LENGTH} features {{ {field} }} }}'
    )
    names = " ".join(f'feature_names: "{name}"' for name in [*ids, "tags", *NUMBERS])
    return parse(f"""
      train_input_path: "-" eval_input_path: "-" model_dir: "-"
      train_config {{ sparse_optimizer {{ adagrad_optimizer {{ lr: {rate} }} }}
        dense_optimizer {{ adam_optimizer {{ lr: {DENSE_RATE * larger} }} }}
        num_epochs: 1 save_checkpoints_epochs: 1 }}
      data_config {{ fg_encoded_multival_sep: "," label_fields: "is_click" label_fields: "ln_playtime"
        batch_size: {batch} eval_batch_size: 8192 shuffle: true }}
      {" ".join(f"feature_configs {{ {one} }}" for one in inputs)}
      model_config {{ feature_groups {{ group_name: "all" group_type: DEEP {names}
          sequence_groups {{ group_name: "seq" feature_names: "seq__item_id" }}
          sequence_encoders {{ pooling_encoder {{ input: "seq" }} }} }}
        dbmtl {{ bottom_mlp {{ hidden_units: 256 hidden_units: 128 }}
          task_towers {{ tower_name: "is_click" label_name: "is_click" losses {{ binary_cross_entropy {{}} }}
            mlp {{ hidden_units: 64 }} }}
          task_towers {{ tower_name: "ln_playtime" label_name: "ln_playtime" losses {{ l2_loss {{}} }}
            mlp {{ hidden_units: 64 }}
            relation_tower_names: "is_click" relation_mlp {{ hidden_units: 32 }} }} }} }}
    """)


def ours(folder: Path, batch: int, rate: float, threads: int) -> dict[str, float]:
    from pairec_cli.components.trainer import train
    from pairec_cli.components.training_run import TrainingRun

    spent: list[float] = []

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            spent.append(time.process_time())
            return method(*arguments)

        return call

    for name in ("run", "measure"):  # training begins with the one, and an epoch ends with the other
        setattr(TrainingRun, name, noted(getattr(TrainingRun, name)))
    files = sorted(folder.glob("train-*.parquet"))
    with tempfile.TemporaryDirectory() as model:
        result = train(
            config(batch, rate),
            features(),
            files,
            [folder / "eval.parquet"],
            Path(model),
            device="cpu",
            threads=threads,
        )
    epoch = result.epochs[0]
    return {
        "rate": epoch.samples_per_s,
        "cpu_rate": epoch.rows / (spent[1] - spent[0]),
        "auc": auc_of(result.best.metrics),
    }


def auc_of(metrics: Any) -> float:
    return next(one.value for one in metrics if (one.target, one.metric) == ("is_click", "auc"))


def tensors(folder: Path) -> dict[str, Any]:
    """All training rows, one tensor a column kind."""
    import torch

    table = pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob("train-*.parquet")))
    ids = ["user_id", "item_id", *SMALL]

    def stacked(names: list[str], kind: Any) -> torch.Tensor:
        return torch.from_numpy(np.stack([table[name].to_numpy().astype(kind) for name in names], 1))

    histories = [[int(one) for one in text.split(";") if one] for text in table["seq__item_id"].to_pylist()]
    padded = np.zeros((len(histories), LENGTH), np.int64)
    for row, history in enumerate(histories):
        padded[row, : len(history)] = history
    tags = np.array([text.split(",") for text in table["tags"].to_pylist()], np.int64)
    return {
        "ids": (stacked(ids, np.int64), tuple(ids)),
        "dense": (stacked(NUMBERS, np.float32), tuple(NUMBERS)),
        "tags": torch.from_numpy(tags),
        "seq": torch.from_numpy(padded),
        "length": torch.tensor([len(history) for history in histories]),
        "labels": {name: stacked([name], np.float32)[:, 0] for name in ("is_click", "ln_playtime")},
    }


def batches(data: dict[str, Any], size: int) -> Iterator[Any]:
    import torch

    from pairec_cli.components.batch import Batch, Ragged

    for chosen in torch.randperm(len(data["length"])).split(size):
        tags = data["tags"][chosen]
        yield Batch(
            ids=data["ids"][0][chosen],
            id_names=data["ids"][1],
            dense=data["dense"][0][chosen],
            dense_names=data["dense"][1],
            lists={"tags": Ragged(tags.flatten(), torch.arange(len(chosen) + 1) * tags.shape[1])},
            sequences={"seq__item_id": data["seq"][chosen]},
            lengths={"seq": data["length"][chosen]},
            labels={name: values[chosen] for name, values in data["labels"].items()},
        )


def plain(folder: Path, batch: int, rate: float, threads: int) -> dict[str, float]:
    import torch
    from torch.nn import functional as F

    from pairec_cli.components import embedding_tables
    from pairec_cli.components.encoded_rows import RowForm
    from pairec_cli.components.model_metrics import measure, predictions
    from pairec_cli.components.ranking_models import ranking_model
    from pairec_cli.components.training_data import TrainingData

    embedding_tables.looked_up = lambda matrix, rows: F.embedding(rows, matrix, padding_idx=0)
    embedding_tables.summed = lambda matrix, rows, offsets: F.embedding_bag(
        rows, matrix, offsets, mode="sum", include_last_offset=True
    )
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model, data = ranking_model(config(batch, rate)), tensors(folder)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    start, spent = time.perf_counter(), time.process_time()
    for one in batches(data, batch):
        logits = model(one)
        loss = F.binary_cross_entropy_with_logits(logits["is_click"], one.labels["is_click"])
        loss = loss + F.mse_loss(logits["ln_playtime"], one.labels["ln_playtime"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    form = RowForm(tuple(features()), ("is_click", "ln_playtime"))
    held_out = TrainingData.open([folder / "eval.parquet"], form)
    quality = measure(model.tasks, *predictions(model, held_out.batches(8192), torch.device("cpu")))
    count = len(data["length"])
    return {"rate": count / seconds, "cpu_rate": count / spent, "auc": auc_of(quality.metrics)}


SIDES = {"ours": ours, "plain": plain}


def apart(setting: Setting, folder: Path, threads: int) -> dict[str, float]:
    """One setting in a process of its own, with its peak memory."""
    side, batch, rate = setting
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder), "--batch", str(batch)]
    command += ["--rate", str(rate), "--threads", str(threads)]
    command += ["--users", str(TABLES["user_id"]), "--items", str(TABLES["item_id"])]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--users", type=int, default=TABLES["user_id"])
    parser.add_argument("--items", type=int, default=TABLES["item_id"])
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    TABLES.update(user_id=given.users, item_id=given.items)
    if given.side:
        figures = SIDES[given.side](given.folder, given.batch, given.rate, given.threads)
        figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
        return
    if given.rows:
        compare(given.rows, given.threads, given.rounds)
    if given.large:
        with tempfile.TemporaryDirectory() as name:
            generate(Path(name), given.large)
            figures = apart(("ours", given.batch, TRIED[0][2]), Path(name), given.threads)
        rate, peak = figures["rate"], figures["peak_mb"]
        print(f"{given.large:,} rows: {rate:,.0f} samples/s, peak {peak:,.0f} MB   (goal: {GOAL_MB:,} MB)")


def compare(count: int, threads: int, rounds: int) -> None:
    """A line for each setting, and the fastest of both sides at equal AUC."""
    found: dict[Setting, list[dict[str, float]]] = {setting: [] for setting in TRIED}
    with tempfile.TemporaryDirectory() as name:
        generate(Path(name), count)
        for _ in range(rounds):
            for setting, figures in found.items():
                figures.append(apart(setting, Path(name), threads))
                print(*setting, f"{figures[-1]['auc']:.4f}", file=sys.stderr, flush=True)
    middle = {
        setting: {kind: median(one[kind] for one in figures) for kind in figures[0]}
        for setting, figures in found.items()
    }
    heads = ["", "batch", "rate", "AUC is_click", "samples/s", "samples/CPU s", "peak MB"]
    lines = [
        (*setting, f"{one['auc']:.4f}", *(f"{one[kind]:,.0f}" for kind in ("rate", "cpu_rate", "peak_mb")))
        for setting, one in middle.items()
    ]
    sizes = f"{TABLES['user_id']:,} users, {TABLES['item_id']:,} items"
    print(f"{count:,} rows, {sizes}, {threads} thread(s)")
    print(tabulate(lines, heads, disable_numparse=True))
    for batch in sorted({batch for side, batch, _ in TRIED if side == "plain"}):
        print(_at_equal_auc(middle, batch))


def _at_equal_auc(found: dict[Setting, dict[str, float]], batch: int) -> str:
    """Against the plain loop with that batch size, with the best of its rates."""
    plain = [one for (side, size, _), one in found.items() if (side, size) == ("plain", batch)]
    ours = [one for (side, *_), one in found.items() if side == "ours"]
    reached = max(one["auc"] for one in plain) - EQUAL
    ratios = [
        max((one[kind] for one in ours if one["auc"] >= reached), default=float("nan"))
        / max(one[kind] for one in plain if one["auc"] >= reached)
        for kind in ("rate", "cpu_rate")
    ]
    told = f"{ratios[0]:.2f} × as fast by the clock, {ratios[1]:.2f} × by CPU (goal: {GOAL:g} ×)"
    return f"at equal AUC ({reached:.4f} or more), plain loop with batches of {batch:,}: {told}"


if __name__ == "__main__":
    main()
