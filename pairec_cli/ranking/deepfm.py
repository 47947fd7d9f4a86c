"""DeepFM: a linear part, a factorization machine, and an MLP over the same features. One target."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.models import DeepFM as DeepFMConfig
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType, ModelConfig
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs, names
from pairec_cli.ranking.ranking_model import single_task

DEEP, FINAL = (256, 128), (64,)


class DeepFM:
    """Groups wide and fm: ids only, whose embeddings are equally wide. Group deep: everything."""

    title: ClassVar[str] = "DeepFM: factorization machine and MLP, one target"
    several: ClassVar[bool] = False

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        ids = names(inputs.embedded)
        groups = (
            FeatureGroupConfig(group_name="wide", feature_names=ids, group_type=FeatureGroupType.WIDE),
            FeatureGroupConfig(group_name="fm", feature_names=ids, group_type=FeatureGroupType.DEEP),
            inputs.everything("deep"),
        )
        model = DeepFMConfig(deep=MLP(hidden_units=DEEP), final=MLP(hidden_units=FINAL))
        return ModelConfig(feature_groups=groups, deepfm=model, **single_task(form, inputs))

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        if len(inputs.embedded) > 1:
            return []
        message = "deepfm multiplies embeddings with each other and needs at least two features with one"
        return [Problem("ranking.select", message, form.select)]
