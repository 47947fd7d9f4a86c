"""Small encoded tables for the tests of training: features, rows with a planted taste, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.domain.model_features import Form, ModelFeature

FEATURES = (
    ModelFeature(
        "user_id", Form.ID, "user", ("user_id",), vocabulary="user_id", num_buckets=64, embedding_dim=8
    ),
    ModelFeature(
        "item_id", Form.ID, "item", ("item_id",), vocabulary="item_id", num_buckets=64, embedding_dim=8
    ),
    ModelFeature("day_h", Form.WHOLE, "context", ("day_h",), num_buckets=24, embedding_dim=4),
    ModelFeature("tags", Form.TAG, "item", ("tags",), vocabulary="tags", num_buckets=16, embedding_dim=8),
    ModelFeature("age", Form.RAW, "user", ("age",)),
    ModelFeature("price", Form.RAW, "item", ("price",)),
    ModelFeature(
        "click_5_seq__item_id", Form.ID, "user", ("click_5_seq__item_id",), vocabulary="item_id",
        num_buckets=64, embedding_dim=8, sequence="click_5_seq", sequence_length=5,
    ),
    ModelFeature(
        "click_5_seq__ts", Form.BINNED, "user", ("click_5_seq__ts",), boundaries=(1, 10), num_buckets=4,
        embedding_dim=4, sequence="click_5_seq", sequence_length=5,
    ),
)  # fmt: skip


def columns(rows: int, seed: int = 0, signal: float = 3.0) -> dict[str, Any]:
    """Rows whose click depends on user and item, and on them alone; signal 0 is noise."""
    random = np.random.default_rng(seed)
    taste = np.random.default_rng(7).normal(size=(64, 2))
    user, item = random.integers(2, 60, rows), random.integers(2, 60, rows)
    score = signal * (taste[user, 0] + taste[item, 1])
    click = random.random(rows) < 1 / (1 + np.exp(-score))
    length = random.integers(0, 7, rows)
    return {
        "user_id": user,
        "item_id": item,
        "day_h": random.integers(0, 24, rows),
        "tags": [",".join(map(str, random.integers(0, 16, 1 + one % 3))) for one in item],
        "age": random.normal(size=rows),
        "price": random.normal(size=rows),
        "click_5_seq__item_id": [";".join(map(str, random.integers(2, 60, one))) for one in length],
        "click_5_seq__ts": [";".join(map(str, random.integers(1, 4, one))) for one in length],
        "is_click": click.astype(np.float64),
        "ln_playtime": click * (score + random.normal(size=rows)),
        "sample_weight": random.uniform(0.5, 2, rows),
        "request_id": [f"r{number // 10}" for number in range(rows)],
        "__user_id__": [f"u{one}" for one in user],
        "__item_id__": [f"i{one}" for one in item],
        "label_ds": ["20260110"] * rows,
    }


def write(path: Path, data: dict[str, Any], row_group: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(data), path, row_group_size=row_group)
    return path
