"""What a pipeline config says of its features."""

from __future__ import annotations

import pytest

from pairec_cli.components.embedding_tables import Table
from pairec_cli.components.model_inputs import ModelInput, model_inputs, suffixed, wide
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.pipeline_config import parse


def inputs(features: str) -> dict[str, ModelInput]:
    text = f'train_input_path: "a" eval_input_path: "b" model_dir: "c" {features}'
    return model_inputs(parse(text).feature_configs)


def one(kind: str, fields: str) -> ModelInput:
    (found,) = inputs(f'feature_configs {{ {kind} {{ feature_name: "f" {fields} }} }}').values()
    return found


@pytest.mark.parametrize(
    ("kind", "fields", "rows"),
    [
        ("id_feature", "num_buckets: 30", 30),
        ("id_feature", "hash_bucket_size: 40", 40),
        ("id_feature", "vocab_list: 'x' vocab_list: 'y'", 4),
        ("id_feature", "vocab_list: 'x' vocab_list: 'y' default_bucketize_value: 1", 2),
        ("id_feature", "vocab_dict { key: 'x' value: 2 } vocab_dict { key: 'y' value: 7 }", 8),
        ("id_feature", "num_buckets: 1", 2),
        ("raw_feature", "boundaries: 1 boundaries: 2", 3),
        ("combo_feature", "expression: 'user:a' expression: 'item:b' hash_bucket_size: 9", 9),
        ("lookup_feature", "map: 'user:a' key: 'item:b' boundaries: 0.5", 2),
    ],
)
def test_the_rows_of_a_table(kind: str, fields: str, rows: int) -> None:
    assert one(kind, f"{fields} embedding_dim: 4").table == Table("f_emb", rows, 4)


def test_numbers_have_no_table() -> None:
    assert one("raw_feature", "") == ModelInput("f")
    assert one("lookup_feature", "map: 'user:a' key: 'item:b'").width == 1


def test_a_table_may_be_shared_and_begin_in_its_own_way() -> None:
    found = one("id_feature", "embedding_name: 'e' num_buckets: 8 embedding_dim: 4 init_fn: 'nn.init.zeros_'")
    assert found.table == Table("e", 8, 4, "nn.init.zeros_")


def test_several_ids_a_row_and_how_they_are_pooled() -> None:
    found = one("id_feature", "num_buckets: 8 embedding_dim: 4 value_dim: 0 pooling: 'mean'")
    assert (found.several, found.pooling) == (True, "mean")
    assert not one("id_feature", "num_buckets: 8 embedding_dim: 4 value_dim: 1").several


def test_fields_of_sequences_bear_the_sequence_name() -> None:
    found = inputs("""feature_configs { sequence_feature { sequence_name: "s" sequence_length: 9
        features { id_feature { feature_name: "a" num_buckets: 8 embedding_dim: 4 } }
        features { raw_feature { feature_name: "b" } } } }
      feature_configs { sequence_id_feature { feature_name: "alone" num_buckets: 5 embedding_dim: 2 } }""")
    assert {name: one.sequence for name, one in found.items()} == {"s__a": "s", "s__b": "s", "alone": "alone"}
    assert found["s__a"].table == Table("s__a_emb", 8, 4)


def test_groups_may_have_tables_of_their_own() -> None:
    found = one("id_feature", "num_buckets: 8 embedding_dim: 4")
    assert wide(found, 2, "nn.init.zeros_").table == Table("f_emb_wide", 8, 2, "nn.init.zeros_")
    assert suffixed(found, "_x").table == Table("f_emb_x", 8, 4)
    assert suffixed(found, None) is found
    number = one("raw_feature", "")
    assert wide(number, 2, None) is number
    assert suffixed(number, "_x") is number


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("id_feature", "num_buckets: 8", "no embedding_dim"),
        ("id_feature", "num_buckets: 8 embedding_dim: 4 pooling: 'max'", "pools by 'max'"),
        ("raw_feature", "value_dim: 3", "value_dim 3"),
        ("raw_feature", "embedding_dim: 4 mlp {}", "autodis or mlp"),
        ("id_feature", "zch { zch_size: 9 } embedding_dim: 4", "zch"),
        ("id_feature", "vocab_file: 'v' embedding_dim: 4", "vocab_file"),
    ],
)
def test_what_is_not_trained_here_is_refused(kind: str, fields: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        one(kind, fields)


def test_two_features_of_one_name_are_refused() -> None:
    same = 'feature_configs { raw_feature { feature_name: "f" } }'
    with pytest.raises(InvalidInput, match="'f' twice"):
        inputs(same * 2)


def test_an_empty_feature_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        inputs("feature_configs {}")
    with pytest.raises(InvalidInput, match="sequence 's' is empty"):
        inputs('feature_configs { sequence_feature { sequence_name: "s" sequence_length: 1 features {} } }')
