"""DeepFM's model_config."""

from __future__ import annotations

from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupType
from pairec_cli.ranking.deepfm import DeepFM
from pairec_cli.ranking.model_inputs import ModelInputs
from tests.ranking.inputs import AGE, CITY, INPUTS, TASTE
from tests.ranking.test_multi_tower import FORM

IDS = ("user_id", "user_city", "tags", "item_id", "category", "clicks", "day_h", "city_x_category")


def test_only_embeddings_are_multiplied_and_everything_is_deep() -> None:
    wide, fm, deep = DeepFM().config(FORM, INPUTS).feature_groups
    assert (wide.group_name, wide.group_type, wide.feature_names) == ("wide", FeatureGroupType.WIDE, IDS)
    assert (fm.group_name, fm.group_type, fm.feature_names) == ("fm", FeatureGroupType.DEEP, IDS)
    assert (deep.group_name, deep.feature_names) == ("deep", tuple(f.name for f in INPUTS.plain))
    assert len(deep.sequence_groups) == 1


def test_two_embeddings_are_the_least() -> None:
    (problem,) = DeepFM().problems(FORM, ModelInputs((CITY, AGE, TASTE)))
    assert "at least two features" in problem.message
    assert DeepFM().problems(FORM, INPUTS) == []
