"""Towers (tower.proto)."""

from __future__ import annotations

from enum import StrEnum

from pairec_cli.domain.pipeline_config.layers import MLP, B2ICapsule
from pairec_cli.domain.pipeline_config.losses import LossConfig, MetricConfig, TrainMetricConfig
from pairec_cli.domain.pipeline_config.message import Message, Uint32


class Tower(Message):
    """An MLP over one feature group."""

    input: str
    mlp: MLP


class DINTower(Message):
    """Target attention over one SEQUENCE group."""

    input: str
    attn_mlp: MLP


class TaskTower(Message):
    """One task; `tower_name` forms the names of its outputs and metrics."""

    tower_name: str
    label_name: str
    metrics: tuple[MetricConfig, ...] = ()
    train_metrics: tuple[TrainMetricConfig, ...] = ()
    losses: tuple[LossConfig, ...] = ()
    num_class: Uint32 = 1
    mlp: MLP | None = None
    weight: float = 1.0
    sample_weight_name: str | None = None
    task_space_indicator_label: str | None = None
    in_task_space_weight: float = 1.0
    out_task_space_weight: float = 1.0
    pareto_min_loss_weight: float = 0.0


class BayesTaskTower(Message):
    """One task of DBMTL; it reads the last hidden vectors of the towers it names, which stand before it."""

    tower_name: str
    label_name: str | None = None
    """Default: label_fields by order."""
    metrics: tuple[MetricConfig, ...] = ()
    train_metrics: tuple[TrainMetricConfig, ...] = ()
    losses: tuple[LossConfig, ...] = ()
    num_class: Uint32 = 1
    mlp: MLP | None = None
    relation_tower_names: tuple[str, ...] = ()
    relation_mlp: MLP | None = None
    weight: float = 1.0
    sample_weight_name: str | None = None
    task_space_indicator_label: str | None = None
    in_task_space_weight: float = 1.0
    out_task_space_weight: float = 1.0
    pareto_min_loss_weight: float = 0.0


class UserSeqCombineMethod(StrEnum):
    """How MIND joins a user and an interest."""

    CONCAT = "CONCAT"
    SUM = "SUM"


class MINDUserTower(Message):
    """A user as several interests."""

    input: str
    history_input: str
    user_mlp: MLP
    hist_seq_mlp: MLP | None = None
    user_seq_combine: UserSeqCombineMethod = UserSeqCombineMethod.SUM
    capsule_config: B2ICapsule
    concat_mlp: MLP
