"""What the towers read."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.model_features import Form
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.dssm import DSSMRecallConfig
from pairec_cli.recall.vector_features import vector_features

SOLUTION = Solution(name="s")


def test_attributes_describe_and_do_not_count() -> None:
    found = vector_features(DSSMRecallConfig(), SOLUTION)
    assert [feature.name for feature in found.user] == ["gender", "city", "tags"]
    assert [feature.name for feature in found.item] == ["item_id", "author", "category"]
    assert [feature.form for feature in found.user] == [Form.ID, Form.ID, Form.TAG]


def test_a_history_shares_the_items_embeddings() -> None:
    found = vector_features(DSSMRecallConfig(sequence_length=7), SOLUTION)
    assert [feature.name for feature in found.history] == [
        "history_7_seq__item_id",
        "history_7_seq__author",
        "history_7_seq__category",
    ]
    for field, own in zip(found.history, found.item, strict=True):
        assert (field.vocabulary, field.num_buckets, field.embedding_dim) == (
            own.vocabulary,
            own.num_buckets,
            own.embedding_dim,
        )


def test_attributes_are_chosen_by_name() -> None:
    config = DSSMRecallConfig(user_attributes=("gender",), item_attributes=("category",))
    found = vector_features(config, SOLUTION)
    assert [feature.name for feature in found.all] == [
        "gender",
        "item_id",
        "category",
        "history_50_seq__item_id",
        "history_50_seq__category",
    ]


def test_an_unknown_attribute_is_named_with_the_nearest() -> None:
    with pytest.raises(InvalidConfig, match="did you mean 'gender'"):
        vector_features(DSSMRecallConfig(user_attributes=("gander",)), SOLUTION)


def test_tables_are_as_large_as_the_data_asks_for() -> None:
    found = vector_features(DSSMRecallConfig(), SOLUTION, {"item_id": 100, "category": 10})
    sizes = {feature.name: (feature.num_buckets, feature.embedding_dim) for feature in found.item}
    assert sizes["item_id"] == (256, 64)
    assert sizes["category"] == (32, 8)
