"""MultiTower: a tower per feature group, joined by a final MLP. One target."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.models import MultiTower as MultiTowerConfig
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.pipeline_config.towers import Tower
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.ranking_model import single_task

TOWER, FINAL = (128, 64), (64,)


class MultiTower:
    """Groups user, item and cross; sequences in the user's."""

    title: ClassVar[str] = "MultiTower: a tower per feature group, one target"
    several: ClassVar[bool] = False

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        groups = inputs.by_side(with_sequences=True)
        towers = tuple(Tower(input=group.group_name, mlp=MLP(hidden_units=TOWER)) for group in groups)
        return ModelConfig(
            feature_groups=tuple(groups),
            multi_tower=MultiTowerConfig(towers=towers, final=MLP(hidden_units=FINAL)),
            **single_task(form, inputs),
        )

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        return []
