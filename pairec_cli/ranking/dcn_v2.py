"""DCN-v2: low-rank cross layers beside an MLP. One target."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP, LowRankCross
from pairec_cli.domain.pipeline_config.models import DCNv2
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.ranking_model import single_task

CROSSES, RANK = 3, 32
DEEP, FINAL = (256, 128), (64,)


class DeepCross:
    """One group of all features; cross layers and MLP read it side by side."""

    title: ClassVar[str] = "DCN-v2: cross layers and MLP, one target"
    several: ClassVar[bool] = False

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        model = DCNv2(
            cross=LowRankCross(cross_num=CROSSES, low_rank=RANK),
            deep=MLP(hidden_units=DEEP),
            final=MLP(hidden_units=FINAL),
        )
        return ModelConfig(feature_groups=(inputs.everything(),), dcn_v2=model, **single_task(form, inputs))

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        return []
