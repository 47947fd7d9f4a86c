"""Configs and rows of sessions that click items of one parity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import PipelineConfig, parse

ITEMS = 20
FEATURES = (
    ModelFeature(
        "item_id", Form.ID, "item", ("item_id",), vocabulary="item_id", num_buckets=32, embedding_dim=8
    ),
    ModelFeature("kind", Form.ID, "item", ("kind",), vocabulary="kind", num_buckets=8, embedding_dim=4),
)
_TEXT = """
train_input_path: "" eval_input_path: "" model_dir: ""
train_config {
    sparse_optimizer { adagrad_optimizer { lr: 0.1 } constant_learning_rate {} }
    dense_optimizer { adam_optimizer { lr: 0.01 } constant_learning_rate {} }
    num_epochs: EPOCHS save_checkpoints_epochs: 1
}
data_config {
    dataset_type: ParquetDataset fg_mode: FG_NONE label_fields: "is_click" batch_size: 32 shuffle: true
}
feature_configs { id_feature { feature_name: "item_id" num_buckets: 32 embedding_dim: 8 } }
feature_configs { id_feature { feature_name: "kind" num_buckets: 8 embedding_dim: 4 } }
model_config {
    feature_groups { group_name: "item" feature_names: ["item_id", "kind"] }
    metric_learning { session_id: "session_id" dnn { hidden_units: [16, 8] } FIELDS }
}
"""


def config(fields: str = "multi_similarity_loss { beta: 4 lamb: 0.5 }", epochs: int = 3) -> PipelineConfig:
    """A whole pipeline.config; `fields` are further ones of the model's message."""
    return parse(_TEXT.replace("EPOCHS", str(epochs)).replace("FIELDS", fields))


def rows(sessions: int, size: int, seed: int = 0) -> pa.Table:
    """Each session clicks `size` items of one parity."""
    random = np.random.default_rng(seed)
    parity = random.integers(0, 2, sessions)
    items = np.concatenate([2 + 2 * random.choice(ITEMS // 2, size, replace=False) + one for one in parity])
    return pa.table(
        {
            "item_id": items,
            "kind": 2 + items % 3,
            "is_click": np.ones(len(items), np.int64),
            "session_id": [f"s{number}" for number in np.repeat(np.arange(sessions), size)],
            "__item_id__": [f"i{item}" for item in items],
        }
    )


def catalog() -> pa.Table:
    items = np.arange(2, 2 + ITEMS)
    return pa.table({"item_id": items, "kind": 2 + items % 3, "__item_id__": [f"i{item}" for item in items]})
