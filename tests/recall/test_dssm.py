"""DSSM recall: the contract of recalls with a model, and its model_config."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.vector_features import vector_features
from tests.recall.vector_contract import VectorContract


class TestDSSM(VectorContract):
    type_name: ClassVar[str] = "dssm"

    def test_the_towers_read_users_and_items(self, method: Any, solution: Solution, config: Any) -> None:
        features = vector_features(config, solution)
        model = method.model(config, features)
        assert model.which("model") == "dssm"
        user, item = model.feature_groups
        assert (user.group_name, item.group_name) == ("user", "item")
        assert item.feature_names[0] == "item_id"
        assert user.sequence_groups[0].feature_names[0] == f"{features.sequence}__item_id"
        assert "user_id" not in user.feature_names
        assert model.dssm.similarity is Similarity.COSINE
        assert model.dssm.temperature == config.temperature
