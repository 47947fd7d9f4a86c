"""MMoE: shared experts, mixed by a gate per target. Several targets."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.models import MMoE as MMoEConfig
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.tasks import task_towers

EXPERT, EXPERTS = (128, 64), 3


class MMoE:
    """One group of all features."""

    title: ClassVar[str] = "MMoE: shared experts and a gate per target"
    several: ClassVar[bool] = True

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        model = MMoEConfig(
            expert_mlp=MLP(hidden_units=EXPERT), num_expert=EXPERTS, task_towers=task_towers(form, inputs)
        )
        return ModelConfig(feature_groups=(inputs.everything(),), mmoe=model)

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        return []
