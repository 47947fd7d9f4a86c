"""A pipeline config with every form of input, and rows for it. Models are small enough to be recomputed
by hand-written loops."""

from __future__ import annotations

from dataclasses import replace

import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.domain.model_features import Form, ModelFeature, Side
from pairec_cli.domain.pipeline_config import PipelineConfig, parse

HEAD = """
train_input_path: "train" eval_input_path: "eval" model_dir: "model"
data_config { label_fields: "is_click" label_fields: "ln_playtime" }
feature_configs { id_feature {
  feature_name: "user_id" embedding_name: "user" num_buckets: 50 embedding_dim: 6 value_dim: 1 } }
feature_configs { id_feature { feature_name: "age" num_buckets: 7 embedding_dim: 4 value_dim: 1 } }
feature_configs { id_feature {
  feature_name: "likes" num_buckets: 9 embedding_dim: 4 value_dim: 0 pooling: "mean" } }
feature_configs { raw_feature { feature_name: "clicks" } }
feature_configs { id_feature {
  feature_name: "item_id" embedding_name: "item" num_buckets: 40 embedding_dim: 6 value_dim: 1 } }
feature_configs { id_feature { feature_name: "tags" num_buckets: 20 embedding_dim: 6 value_dim: 0 } }
feature_configs { raw_feature { feature_name: "price" } }
feature_configs { id_feature { feature_name: "age_x_item" num_buckets: 30 embedding_dim: 6 value_dim: 1 } }
feature_configs { lookup_feature { feature_name: "kv" map: "user:kv" key: "item:category" } }
feature_configs { sequence_feature { sequence_name: "click_5_seq" sequence_length: 5
  features { id_feature {
    feature_name: "item_id" embedding_name: "item" num_buckets: 40 embedding_dim: 6 } }
  features { id_feature { feature_name: "ts" num_buckets: 6 embedding_dim: 4 } }
  features { raw_feature { feature_name: "share" } } } }
"""
USER = ("user_id", "age", "likes", "clicks")
ITEM = ("item_id", "tags", "price")
CROSS = ("age_x_item", "kv")
SEQUENCE = ("click_5_seq__item_id", "click_5_seq__ts", "click_5_seq__share")
BCE = "losses { binary_cross_entropy {} }"
L2 = "losses { l2_loss {} }"
BUCKETS = {"user_id": 50, "age": 7, "likes": 9, "item_id": 40, "tags": 20, "age_x_item": 30}


def group(name: str, features: tuple[str, ...], rest: str = "") -> str:
    """The text of one feature group."""
    names = " ".join(f'feature_names: "{feature}"' for feature in features)
    return f'feature_groups {{ group_name: "{name}" {names} {rest} }}'


POOLED = (
    "sequence_groups { " + " ".join(f'feature_names: "{name}"' for name in SEQUENCE) + " } "
    "sequence_encoders { pooling_encoder { pooling_type: 'mean' } }"
)
ATTENDED = (
    "sequence_groups { feature_names: 'item_id' "
    + " ".join(f'feature_names: "{name}"' for name in SEQUENCE)
    + " } sequence_encoders { din_encoder { attn_mlp { hidden_units: 3 activation: 'nn.Tanh' } } }"
)
EVERYTHING = group("all", USER + ITEM + CROSS, POOLED)


def config(model: str, groups: str = EVERYTHING) -> PipelineConfig:
    """The config of a model over the features above."""
    return parse(f"{HEAD} model_config {{ {groups} {model} }}")


def rows(count: int, seed: int = 0, users: int | None = None) -> Batch:
    """`count` rows, some with empty tags and sequences, some ids outside their tables.

    With `users` 1 all rows are of one user, as in a request.
    """
    random = torch.Generator().manual_seed(seed)

    def draw(high: int, size: tuple[int, ...], low: int = 0) -> torch.Tensor:
        return torch.randint(low, high, size, generator=random)

    owner = draw(users or count, (count,))

    def of_user(values: torch.Tensor) -> torch.Tensor:
        return values[owner]

    ids = {
        "user_id": of_user(draw(53, (count,))),
        "age": of_user(draw(9, (count,), -1)),
        "item_id": draw(43, (count,)),
        "age_x_item": draw(30, (count,)),
    }
    dense = {
        "clicks": of_user(torch.randn(count, generator=random)),
        "price": torch.randn(count, generator=random),
        "kv": torch.randn(count, generator=random),
    }
    lengths = of_user(draw(6, (count,)))
    present = torch.arange(5) < lengths.unsqueeze(1)
    sequences = {
        "click_5_seq__item_id": of_user(draw(43, (count, 5))) * present,
        "click_5_seq__ts": of_user(draw(6, (count, 5))) * present,
        "click_5_seq__share": of_user(torch.randn((count, 5), generator=random)) * present,
    }
    sizes = of_user(draw(4, (count,)))
    likes = of_user(draw(10, (count, 3)))
    lists = {"likes": ragged(likes, sizes), "tags": ragged(draw(22, (count, 3)), draw(4, (count,)))}
    return Batch.of(ids, dense, lists=lists, sequences=sequences, lengths={"click_5_seq": lengths})


def row_of(batch: Batch, row: int) -> Batch:
    """One row as a batch of its own."""
    one = slice(row, row + 1)
    lists = {
        name: Ragged(
            all.values[all.offsets[row] : all.offsets[row + 1]], all.offsets[row : row + 2] - all.offsets[row]
        )
        for name, all in batch.lists.items()
    }
    return replace(
        batch,
        ids=batch.ids[one],
        dense=batch.dense[one],
        lists=lists,
        sequences={name: values[one] for name, values in batch.sequences.items()},
        lengths={name: lengths[one] for name, lengths in batch.lengths.items()},
    )


def ragged(values: torch.Tensor, sizes: torch.Tensor) -> Ragged:
    """The first sizes[r] values of each row."""
    kept = torch.arange(values.shape[1]) < sizes.unsqueeze(1)
    return Ragged(values[kept], torch.cat([torch.zeros(1, dtype=torch.int64), sizes.cumsum(0)]))


def _feature(name: str, form: Form, side: Side, sequence: str = "", **rest: int) -> ModelFeature:
    vocabulary = name if form in (Form.ID, Form.TAG, Form.COMBO) else ""
    return ModelFeature(name, form, side, (name,), sequence=sequence, vocabulary=vocabulary, **rest)


FEATURES = (
    _feature("user_id", Form.ID, "user", num_buckets=50, embedding_dim=6),
    _feature("age", Form.BINNED, "user", num_buckets=7, embedding_dim=4),
    _feature("likes", Form.TAG, "context", num_buckets=9, embedding_dim=4),
    _feature("clicks", Form.RAW, "user"),
    _feature("item_id", Form.ID, "item", num_buckets=40, embedding_dim=6),
    _feature("tags", Form.TAG, "item", num_buckets=20, embedding_dim=6),
    _feature("price", Form.RAW, "item"),
    _feature("age_x_item", Form.COMBO, "cross", num_buckets=30, embedding_dim=6),
    _feature("kv", Form.LOOKUP, "cross"),
    _feature("click_5_seq__item_id", Form.ID, "user", "click_5_seq", num_buckets=40, embedding_dim=6),
    _feature("click_5_seq__ts", Form.BINNED, "user", "click_5_seq", num_buckets=6, embedding_dim=4),
    _feature("click_5_seq__share", Form.RAW, "user", "click_5_seq"),
)
VOCABULARIES = {f.name: [f"{f.name} {n}" for n in range(5)] for f in FEATURES if f.vocabulary}
