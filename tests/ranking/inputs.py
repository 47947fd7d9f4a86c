"""A hand-made list of model inputs: one of every form."""

from __future__ import annotations

from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.ranking.model_inputs import ModelInputs

USER = ModelFeature(
    "user_id", Form.ID, "user", ("user_id",), sides=("user",), vocabulary="user_id", num_buckets=64,
    embedding_dim=8,
)  # fmt: skip
CITY = ModelFeature(
    "user_city", Form.ID, "user", ("user_city",), sources=("city",), sides=("user",),
    vocabulary="user_city", num_buckets=16, embedding_dim=4,
)  # fmt: skip
TAGS = ModelFeature(
    "tags", Form.TAG, "user", ("tags",), sides=("user",), vocabulary="tags", num_buckets=32,
    embedding_dim=4, separator="|",
)  # fmt: skip
AGE = ModelFeature("age", Form.RAW, "user", ("age",), sides=("user",), transform="log")
ITEM = ModelFeature(
    "item_id", Form.ID, "item", ("item_id",), sides=("item",), vocabulary="item_id", num_buckets=128,
    embedding_dim=8,
)  # fmt: skip
CATEGORY = ModelFeature(
    "category", Form.ID, "item", ("category",), sides=("item",), vocabulary="category", num_buckets=16,
    embedding_dim=4,
)  # fmt: skip
CLICKS = ModelFeature(
    "clicks", Form.BINNED, "item", ("clicks",), sides=("item",), num_buckets=5, embedding_dim=4,
    boundaries=(0.0, 1.0, 10.0),
)  # fmt: skip
HOUR = ModelFeature(
    "day_h", Form.WHOLE, "context", ("day_h",), sides=("context",), num_buckets=24, embedding_dim=4
)
TASTE = ModelFeature(
    "kv_category", Form.LOOKUP, "cross", ("kv_category", "category"), sides=("user", "item"), transform="log"
)
PAIR = ModelFeature(
    "city_x_category", Form.COMBO, "cross", ("user_city", "category"), sources=("city", "category"),
    sides=("user", "item"), vocabulary="city_x_category", num_buckets=256, embedding_dim=8,
)  # fmt: skip


def field(name: str, vocabulary: str, num_buckets: int, embedding_dim: int) -> ModelFeature:
    """A field of the sequence of clicks."""
    full = f"click_50_seq__{name}"
    return ModelFeature(
        full, Form.ID if vocabulary else Form.BINNED, "user", (full,), sides=("user",), vocabulary=vocabulary,
        num_buckets=num_buckets, embedding_dim=embedding_dim, sequence="click_50_seq", sequence_length=50,
    )  # fmt: skip


SEQUENCE = (field("ts", "", 5, 4), field("category", "category", 16, 4), field("item_id", "item_id", 128, 8))
PLAIN = (USER, CITY, TAGS, AGE, ITEM, CATEGORY, CLICKS, HOUR, TASTE, PAIR)
INPUTS = ModelInputs((*PLAIN, *SEQUENCE), "user_id")
