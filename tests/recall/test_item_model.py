"""Attributes by name, and the sizes of embeddings."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.model_features import Form
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.recall.item_model import ItemModelConfig, attributes, model_name, sized
from pairec_cli.recall.sample_encoding import id_feature

CONFIG = ItemModelConfig(type="x", name="mine")


def test_all_categorical_and_tag_attributes_unless_some_are_named() -> None:
    found = attributes(CONFIG, "item_attributes", Solution(), TableRole.ITEM)
    assert [feature.name for feature in found] == ["author", "category"]
    named = CONFIG.model_copy(update={"item_attributes": ("category",)})
    assert [f.name for f in attributes(named, "item_attributes", Solution(), TableRole.ITEM)] == ["category"]


def test_an_unknown_attribute_is_named_with_the_nearest() -> None:
    wrong = CONFIG.model_copy(update={"item_attributes": ("categry",)})
    with pytest.raises(InvalidConfig, match="did you mean 'category'"):
        attributes(wrong, "item_attributes", Solution(), TableRole.ITEM)


def test_tables_are_as_large_as_the_counts_ask_for() -> None:
    item = id_feature("item_id", "item")
    assert (sized(item, CONFIG, "item_id", {"item_id": 10}).num_buckets, item.form) == (32, Form.ID)
    assert sized(item, CONFIG, "item_id", {"item_id": 10_000}).embedding_dim == 64
    by_policy = CONFIG.model_copy(update={"id_embed_dim": 0})
    assert sized(item, by_policy, "item_id", {"item_id": 10_000}).embedding_dim == 16
    assert sized(id_feature("city", "user"), CONFIG, "item_id", {"city": 5}).embedding_dim == 8


def test_the_model_is_named_after_solution_and_recall() -> None:
    assert model_name(CONFIG, Solution(name="s")) == "s_mine"
