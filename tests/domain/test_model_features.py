"""The list of model inputs."""

from __future__ import annotations

import json

import pytest

from pairec_cli.domain.model_features import Form, ModelFeature, vocabularies

ITEM = ModelFeature("item_id", Form.ID, "item", ("item_id",), ("item_id",), ("item",), "item_id", 100, 8)
CLICKED = ModelFeature(
    "click_50_seq__item_id",
    Form.ID,
    "user",
    ("click_50_seq__item_id",),
    ("click_50_seq__item_id",),
    ("user",),
    "item_id",
    100,
    8,
    sequence="click_50_seq",
    sequence_length=50,
)
AGE = ModelFeature("age", Form.BINNED, "user", ("age",), boundaries=(18.0, 30.0), num_buckets=4)


@pytest.mark.parametrize("feature", [ITEM, CLICKED, AGE])
def test_a_feature_survives_json(feature: ModelFeature) -> None:
    assert ModelFeature.from_dict(json.loads(json.dumps(feature.as_dict()))) == feature


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="no 'colour'"):
        ModelFeature.from_dict({**AGE.as_dict(), "colour": "red"})


def test_numbers_are_dense_and_ids_are_not() -> None:
    assert ModelFeature("age", Form.RAW, "user", ("age",)).is_dense
    assert not AGE.is_dense and not ITEM.is_dense


def test_a_vocabulary_belongs_to_the_column_rather_than_to_the_sequence() -> None:
    assert vocabularies([CLICKED, AGE, ITEM]) == {"item_id": ITEM}
    assert vocabularies([CLICKED]) == {"item_id": CLICKED}
