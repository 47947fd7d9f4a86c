"""Each form of model feature as TorchEasyRec's config of it."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.ranking.feature_configs import feature_configs
from tests.ranking.inputs import (
    AGE,
    CATEGORY,
    CITY,
    CLICKS,
    HOUR,
    ITEM,
    PAIR,
    PLAIN,
    SEQUENCE,
    TAGS,
    TASTE,
)


def given(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.given}


@pytest.mark.parametrize(
    ("feature", "kind", "fields"),
    [
        (
            CITY,
            "id_feature",
            {"feature_name": "user_city", "expression": "user:city", "embedding_dim": 4, "num_buckets": 16},
        ),
        (
            TAGS,
            "id_feature",
            {
                "feature_name": "tags",
                "expression": "user:tags",
                "embedding_dim": 4,
                "num_buckets": 32,
                "value_dim": 0,
            },
        ),
        (AGE, "raw_feature", {"feature_name": "age", "expression": "user:age"}),
        (
            CLICKS,
            "id_feature",
            {"feature_name": "clicks", "expression": "item:clicks", "embedding_dim": 4, "num_buckets": 5},
        ),
        (
            HOUR,
            "id_feature",
            {"feature_name": "day_h", "expression": "context:day_h", "embedding_dim": 4, "num_buckets": 24},
        ),
        (
            TASTE,
            "lookup_feature",
            {"feature_name": "kv_category", "map": "user:kv_category", "key": "item:category"},
        ),
        (
            PAIR,
            "combo_feature",
            {
                "feature_name": "city_x_category",
                "expression": ("user:city", "item:category"),
                "embedding_dim": 8,
                "hash_bucket_size": 256,
            },
        ),
    ],
)
def test_a_form(feature: ModelFeature, kind: str, fields: dict[str, Any]) -> None:
    (config,) = feature_configs([feature])
    assert config.which("feature") == kind
    assert given(config.feature) == fields


def test_a_sequence_is_one_entry_with_its_fields() -> None:
    sequences = [c for c in feature_configs([ITEM, *SEQUENCE, CATEGORY]) if c.sequence_feature]
    (sequence,) = [c.sequence_feature for c in sequences]
    assert sequence is not None
    assert (sequence.sequence_name, sequence.sequence_length, sequence.sequence_delim) == (
        *("click_50_seq", 50, ";"),
    )
    fields = [member.id_feature for member in sequence.features]
    assert [(f.feature_name, f.embedding_name, f.num_buckets) for f in fields if f] == [
        ("ts", None, 5),
        ("category", "category_emb", 16),
        ("item_id", "item_id_emb", 128),
    ]


def test_entries_stand_in_the_order_of_the_features() -> None:
    kinds = [config.which("feature") for config in feature_configs([AGE, *SEQUENCE, *PLAIN[4:6]])]
    assert kinds == ["raw_feature", "sequence_feature", "id_feature", "id_feature"]
