"""Feature groups: who stands where, and what a sequence attends to."""

from __future__ import annotations

from dataclasses import replace

from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupType
from pairec_cli.ranking.model_inputs import ModelInputs
from tests.ranking.inputs import AGE, CATEGORY, CITY, INPUTS, ITEM, PLAIN, SEQUENCE, TASTE, USER

MEMBERS = ("category", "item_id", "click_50_seq__category", "click_50_seq__item_id", "click_50_seq__ts")


def test_query_and_sequence_begin_with_the_same_fields_in_the_same_order() -> None:
    assert INPUTS.members(SEQUENCE) == MEMBERS
    without_item = ModelInputs((CATEGORY, *SEQUENCE))
    assert without_item.members(SEQUENCE) == (
        *("category", "click_50_seq__category", "click_50_seq__ts", "click_50_seq__item_id"),
    )


def test_a_query_is_of_the_item() -> None:
    """A context feature with the item's vocabulary is the request's, not the candidate's."""
    seen = replace(ITEM, name="last_item", side="context")
    assert ModelInputs((seen, *SEQUENCE)).query(SEQUENCE) == []


def test_one_group_of_everything() -> None:
    group = INPUTS.everything()
    assert (group.group_name, group.group_type) == ("all", FeatureGroupType.DEEP)
    assert group.feature_names == tuple(feature.name for feature in PLAIN)
    (sequence,) = group.sequence_groups
    assert (sequence.group_name, sequence.feature_names) == ("click_50_seq", MEMBERS)
    (encoder,) = group.sequence_encoders
    assert encoder.din_encoder is not None
    assert encoder.din_encoder.input == "click_50_seq"


def test_a_sequence_without_a_query_is_pooled() -> None:
    (encoder,) = ModelInputs((USER, *SEQUENCE)).everything().sequence_encoders
    assert encoder.which("seq_module") == "pooling_encoder"


def test_groups_by_side() -> None:
    groups = INPUTS.by_side(with_sequences=True)
    assert [(group.group_name, group.feature_names) for group in groups] == [
        ("user", ("user_id", "user_city", "tags", "age", "day_h")),
        ("item", ("item_id", "category", "clicks")),
        ("cross", ("kv_category", "city_x_category")),
    ]
    assert [len(group.sequence_groups) for group in groups] == [1, 0, 0]
    assert not any(group.sequence_groups for group in INPUTS.by_side(with_sequences=False))


def test_empty_groups_are_left_out_and_sequences_find_another() -> None:
    (group,) = ModelInputs((ITEM, *SEQUENCE)).by_side(with_sequences=True)
    assert (group.group_name, len(group.sequence_groups)) == ("item", 1)


def test_features_with_an_embedding() -> None:
    assert ModelInputs((AGE, CITY, TASTE, *SEQUENCE)).embedded == [CITY]
