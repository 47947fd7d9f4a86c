"""Configs, rows and catalogs of small models with two towers: users take items of their own half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairec_cli.components.vector_catalog import Catalog, read_catalog
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse

ITEMS, LENGTH = 20, 6

FEATURES = [
    ModelFeature("gender", Form.ID, "user", ("gender",), vocabulary="gender", num_buckets=4, embedding_dim=4),
    ModelFeature(
        "item_id", Form.ID, "item", ("item_id",), vocabulary="item_id", num_buckets=32, embedding_dim=8
    ),
    ModelFeature(
        "topics", Form.TAG, "item", ("topics",), vocabulary="topics", num_buckets=8, embedding_dim=4
    ),
    ModelFeature(
        "h__item_id",
        Form.ID,
        "user",
        ("h__item_id",),
        vocabulary="item_id",
        num_buckets=32,
        embedding_dim=8,
        sequence="h",
        sequence_length=LENGTH,
    ),
]

_HEAD = """
train_input_path: "" eval_input_path: "" model_dir: ""
train_config {
    sparse_optimizer { adagrad_optimizer { lr: 0.1 } constant_learning_rate {} }
    dense_optimizer { adam_optimizer { lr: 0.01 } constant_learning_rate {} }
    num_epochs: EPOCHS
    save_checkpoints_epochs: 1
}
data_config {
    dataset_type: ParquetDataset fg_mode: FG_NONE fg_encoded_multival_sep: "," batch_size: 32 shuffle: true
    label_fields: "is_click"
    negative_sampler {
        input_path: "x" num_sample: 16 attr_fields: ["item_id", "topics"] item_id_field: "item_id"
    }
}
feature_configs { id_feature { feature_name: "gender" num_buckets: 4 embedding_dim: 4 } }
feature_configs { id_feature { feature_name: "item_id" num_buckets: 32 embedding_dim: 8 } }
feature_configs { id_feature { feature_name: "topics" num_buckets: 8 embedding_dim: 4 value_dim: 0 } }
feature_configs { sequence_feature {
    sequence_name: "h" sequence_length: 6 sequence_delim: ";"
    features { id_feature {
        feature_name: "item_id" expression: "item:item_id" embedding_name: "item_id_emb"
        num_buckets: 32 embedding_dim: 8
    } }
} }
"""
_GROUPS = """
    feature_groups {
        group_name: "user" feature_names: "gender"
        sequence_groups { group_name: "h" feature_names: "h__item_id" }
        sequence_encoders { pooling_encoder { input: "h" } }
    }
    feature_groups { group_name: "item" feature_names: ["item_id", "topics"] }
    losses { softmax_cross_entropy {} }
"""
_DSSM = """
    dssm {
        user_tower { input: "user" mlp { hidden_units: 16 } }
        item_tower { input: "item" mlp { hidden_units: 16 } }
        output_dim: 8 similarity: COSINE temperature: 0.2 FIELDS
    }
"""
_MIND = """
    feature_groups { group_name: "hist" feature_names: "h__item_id" group_type: SEQUENCE }
    mind {
        user_tower {
            input: "user" history_input: "hist" user_mlp { hidden_units: [16, 8] } user_seq_combine: CONCAT
            capsule_config { max_k: 3 max_seq_len: 6 high_dim: 8 } concat_mlp { hidden_units: 16 }
        }
        item_tower { input: "item" mlp { hidden_units: 16 } }
        output_dim: 8 temperature: 0.2 FIELDS
    }
"""
_DROPOUTNET = """
    feature_groups { group_name: "user_content" feature_names: "gender" }
    feature_groups {
        group_name: "user_preference"
        sequence_groups { group_name: "h" feature_names: "h__item_id" }
        sequence_encoders { pooling_encoder { input: "h" } }
    }
    feature_groups { group_name: "item_content" feature_names: "topics" }
    feature_groups { group_name: "item_preference" feature_names: "item_id" }
    dropoutnet {
        user_content { hidden_units: 8 } user_preference { hidden_units: 8 }
        item_content { hidden_units: 8 } item_preference { hidden_units: 8 }
        user_tower { hidden_units: [16, 8] } item_tower { hidden_units: [16, 8] }
        user_dropout_rate: 0.5 item_dropout_rate: 0.5 temperature: 0.2 FIELDS
    }
    losses { softmax_cross_entropy {} }
"""


def config(kind: str = "dssm", epochs: int = 3, fields: str = "") -> PipelineConfig:
    """A whole pipeline.config; `fields` are further ones of the model's message."""
    return parse(text_of(kind, epochs, fields))


def text_of(kind: str, epochs: int = 3, fields: str = "") -> str:
    own = {"dssm": _GROUPS + _DSSM, "mind": _GROUPS + _MIND, "dropoutnet": _DROPOUTNET}[kind]
    head = _HEAD.replace("EPOCHS", str(epochs))
    return f"{head}\nmodel_config {{ {own.replace('FIELDS', fields)} }}"


def attrs(item: int) -> str:
    return f"{item}:{2 + item % 2}\x1d{4 + item % 3}"


def catalog(of: PipelineConfig, weights: list[float] | None = None) -> Catalog:
    """Items 2 … 21."""
    ids = range(2, 2 + ITEMS)
    table = pa.table(
        {
            "id": pa.array(list(ids), pa.int64()),
            "weight": pa.array(weights or [1.0] * ITEMS, pa.float64()),
            "attrs": [attrs(item) for item in ids],
        }
    )
    return read_catalog(table, of, FEATURES)


def rows(count: int, seed: int, **columns: Any) -> pa.Table:
    """Users of two kinds: their histories and what they take are items of one parity."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 2, count)
    items = 2 + 2 * random.integers(0, ITEMS // 2, count) + kind
    histories = [
        ";".join(str(2 + 2 * int(one) + parity) for one in random.integers(0, ITEMS // 2, length))
        for parity, length in zip(kind, random.integers(0, LENGTH + 1, count), strict=True)
    ]
    data = {
        "gender": random.integers(2, 4, count),
        "item_id": items,
        "topics": [attrs(item).partition(":")[2].replace("\x1d", ",") for item in items],
        "h__item_id": histories,
        "is_click": np.ones(count, np.int64),
        "__user_id__": [f"u{place}" for place in range(count)],
    }
    return pa.table(data | columns)


def write(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path
