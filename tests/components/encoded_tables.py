"""Small encoded tables for the tests of training: features, rows with a planted taste, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse

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


HEAD = """
train_input_path: "-" eval_input_path: "-" model_dir: "-"
train_config {{
  sparse_optimizer {{ {sparse} }}
  dense_optimizer {{ adam_optimizer {{ lr: {rate} }} constant_learning_rate {{}} }}
  {train}
}}
data_config {{
  fg_encoded_multival_sep: "," label_fields: "is_click" label_fields: "ln_playtime" shuffle: true {data}
}}
"""
INPUTS = """
feature_configs { id_feature {
  feature_name: "user_id" expression: "user:user_id" num_buckets: 64 embedding_dim: 8 } }
feature_configs { id_feature {
  feature_name: "item_id" expression: "item:item_id" num_buckets: 64 embedding_dim: 8 } }
feature_configs { id_feature {
  feature_name: "day_h" expression: "context:day_h" num_buckets: 24 embedding_dim: 4 } }
feature_configs { id_feature {
  feature_name: "tags" expression: "item:tags" num_buckets: 16 embedding_dim: 8 value_dim: 0 } }
feature_configs { raw_feature { feature_name: "age" expression: "user:age" } }
feature_configs { raw_feature { feature_name: "price" expression: "item:price" } }
feature_configs { sequence_feature { sequence_name: "click_5_seq" sequence_length: 5 sequence_delim: ";"
  features { id_feature { feature_name: "item_id" expression: "item:item_id" embedding_name: "item_id_emb"
    num_buckets: 64 embedding_dim: 8 } }
  features { id_feature { feature_name: "ts" expression: "item:ts" num_buckets: 4 embedding_dim: 4 } } } }
"""
GROUP = """
feature_groups { group_name: "all" group_type: DEEP feature_names: "user_id" feature_names: "item_id"
  feature_names: "day_h" feature_names: "tags" feature_names: "age" feature_names: "price"
  sequence_groups { group_name: "clicks"
    feature_names: "click_5_seq__item_id" feature_names: "click_5_seq__ts" }
  sequence_encoders { pooling_encoder { input: "clicks" } } }
"""
MULTI_TOWER = """
losses { binary_cross_entropy {} }
multi_tower { towers { input: "all" mlp { hidden_units: 16 } } final { hidden_units: 8 } }
"""
DBMTL = """
dbmtl { bottom_mlp { hidden_units: 16 dropout_ratio: 0.1 }
  task_towers { tower_name: "is_click" label_name: "is_click" losses { binary_cross_entropy {} }
    mlp { hidden_units: 8 } }
  task_towers { tower_name: "ln_playtime" label_name: "ln_playtime" losses { l2_loss {} }
    mlp { hidden_units: 8 } relation_tower_names: "is_click" relation_mlp { hidden_units: 8 } } }
"""


def pipeline(
    model: str = MULTI_TOWER,
    *,
    train: str = "num_epochs: 2 save_checkpoints_epochs: 1",
    data: str = "",
    rest: str = "",
    sparse: str = "adagrad_optimizer { lr: 0.1 }",
    rate: float = 0.01,
) -> PipelineConfig:
    """A config for `columns`; `train`, `data` and `rest` are further fields, or others."""
    plain = {"dataset_type": "ParquetDataset", "fg_mode": "FG_NONE", "batch_size": 64, "eval_batch_size": 256}
    data += "".join(f" {name}: {value}" for name, value in plain.items() if f"{name}:" not in data.split())
    head = HEAD.format(train=train, data=data, sparse=sparse, rate=rate)
    return parse(f"{head} {INPUTS} model_config {{ {GROUP} {model} }} {rest}")
