"""MIND recall: the contract of recalls with a model, and its model_config."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupType
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.vector_features import vector_features
from tests.recall.vector_contract import VectorContract


class TestMIND(VectorContract):
    type_name: ClassVar[str] = "mind"

    def test_the_history_is_a_group_of_its_own(self, method: Any, solution: Solution, config: Any) -> None:
        features = vector_features(config, solution)
        model = method.model(config, features)
        assert model.which("model") == "mind"
        history = next(group for group in model.feature_groups if group.group_name == "hist")
        assert history.group_type is FeatureGroupType.SEQUENCE
        assert history.feature_names == tuple(feature.name for feature in features.history)
        capsules = model.mind.user_tower.capsule_config
        assert capsules.max_k == config.interests
        assert capsules.max_seq_len == config.sequence_length
        assert len(model.mind.user_tower.user_mlp.hidden_units) >= 2, "TorchEasyRec fails with a single layer"
