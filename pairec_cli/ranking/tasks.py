"""Targets as TorchEasyRec's losses, metrics and task towers."""

from __future__ import annotations

from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import (
    AUC,
    BinaryCrossEntropy,
    GroupedAUC,
    L2Loss,
    LossConfig,
    MeanAbsoluteError,
    MeanSquaredError,
    MetricConfig,
)
from pairec_cli.domain.pipeline_config.towers import TaskTower
from pairec_cli.domain.solution import Ranking, RankingTarget
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT
from pairec_cli.ranking.model_inputs import ModelInputs

THRESHOLDS = 1000
"""Bins of TorchEasyRec's AUC; its own 200 are coarse where positives are rare."""
TOWER = (64,)
"""Widths of a task's own MLP."""


def losses(target: RankingTarget) -> tuple[LossConfig, ...]:
    """Log loss of a classification, squared error of a regression."""
    if target.type == "classification":
        return (LossConfig(binary_cross_entropy=BinaryCrossEntropy()),)
    return (LossConfig(l2_loss=L2Loss()),)


def metrics(target: RankingTarget, inputs: ModelInputs) -> tuple[MetricConfig, ...]:
    """AUC and AUC by user, or the errors."""
    if target.type == "regression":
        return (
            MetricConfig(mean_squared_error=MeanSquaredError()),
            MetricConfig(mean_absolute_error=MeanAbsoluteError()),
        )
    found = (MetricConfig(auc=AUC(thresholds=THRESHOLDS)),)
    if not inputs.user_id:
        return found
    return (*found, MetricConfig(grouped_auc=GroupedAUC(grouping_key=inputs.user_id)))


def sample_weight(form: Ranking) -> str | None:
    """The column with the rows' weights, where the form has them."""
    return SAMPLE_WEIGHT if form.sample_weight else None


def task_towers(form: Ranking, inputs: ModelInputs) -> tuple[TaskTower, ...]:
    """One tower per target, in order; outputs and metrics carry the target's name."""
    return tuple(
        TaskTower(
            tower_name=target.name,
            label_name=target.name,
            losses=losses(target),
            metrics=metrics(target, inputs),
            mlp=MLP(hidden_units=TOWER),
            sample_weight_name=sample_weight(form),
            weight=target.weight,
        )
        for target in form.targets
    )
