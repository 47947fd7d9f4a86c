"""DBMTL: a shared bottom, and towers that read the towers of the targets they depend on. Several targets.

Deep Bayesian Multi-Target Learning (arXiv 1902.09154).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.models import DBMTL as DBMTLConfig
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.pipeline_config.towers import BayesTaskTower
from pairec_cli.domain.solution import Ranking, RankingTarget
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.tasks import TOWER, losses, metrics, sample_weight

BOTTOM, RELATION = (256, 128), (32,)


class DBMTL:
    """One group of all features; towers in the order of the targets."""

    title: ClassVar[str] = "DBMTL: shared bottom, targets that read each other"
    several: ClassVar[bool] = True

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        towers = tuple(_tower(form, target, inputs) for target in form.targets)
        model = DBMTLConfig(bottom_mlp=MLP(hidden_units=BOTTOM), task_towers=towers)
        return ModelConfig(feature_groups=(inputs.everything(),), dbmtl=model)

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        return []


def _tower(form: Ranking, target: RankingTarget, inputs: ModelInputs) -> BayesTaskTower:
    """A relation MLP stands where there is a relation; TorchEasyRec reads no relation without one."""
    relation: dict[str, Any] = {}
    if target.depends:
        relation = {"relation_tower_names": target.depends, "relation_mlp": MLP(hidden_units=RELATION)}
    return BayesTaskTower(
        tower_name=target.name,
        label_name=target.name,
        losses=losses(target),
        metrics=metrics(target, inputs),
        mlp=MLP(hidden_units=TOWER),
        weight=target.weight,
        sample_weight_name=sample_weight(form),
        **relation,
    )
