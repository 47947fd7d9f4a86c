"""PLE: levels of experts, some of each target's own, some shared. Several targets."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP, ExtractionNetwork
from pairec_cli.domain.pipeline_config.models import PLE as PLEConfig
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.tasks import task_towers

LEVELS = ((128,), (64,))
OWN, SHARED = 1, 1
"""Experts of each target and of all, at each level."""


class PLE:
    """One group of all features."""

    title: ClassVar[str] = "PLE: levels of own and shared experts"
    several: ClassVar[bool] = True

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        levels = tuple(
            ExtractionNetwork(
                network_name=f"level_{level}",
                expert_num_per_task=OWN,
                share_num=SHARED,
                task_expert_net=MLP(hidden_units=units),
                share_expert_net=MLP(hidden_units=units),
            )
            for level, units in enumerate(LEVELS, start=1)
        )
        model = PLEConfig(extraction_networks=levels, task_towers=task_towers(form, inputs))
        return ModelConfig(feature_groups=(inputs.everything(),), ple=model)

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        return []
