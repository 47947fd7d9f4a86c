"""The whole config: EasyRecConfig and model_config (pipeline.proto, model.proto)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.data import DataConfig
from pairec_cli.domain.pipeline_config.feature_configs import FeatureConfig
from pairec_cli.domain.pipeline_config.layers import SeqEncoderConfig, VariationalDropout
from pairec_cli.domain.pipeline_config.losses import LossConfig, MetricConfig, TrainMetricConfig
from pairec_cli.domain.pipeline_config.message import Message, Uint32
from pairec_cli.domain.pipeline_config.models import (
    DBMTL,
    DSSM,
    MIND,
    PDN,
    PLE,
    CoMetricLearningI2I,
    DCNv2,
    DeepFM,
    DropoutNet,
    MMoE,
    MultiTower,
    MultiTowerDIN,
)
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig


class FeatureGroupType(StrEnum):
    """DEEP: one vector of all features. WIDE: narrow embeddings. SEQUENCE: query and sequence apart."""

    DEEP = "DEEP"
    WIDE = "WIDE"
    SEQUENCE = "SEQUENCE"
    JAGGED_SEQUENCE = "JAGGED_SEQUENCE"


class Kernel(StrEnum):
    """Which kernels the sequence models use."""

    TRITON = "TRITON"
    PYTORCH = "PYTORCH"
    CUTLASS = "CUTLASS"


class SeqGroupConfig(Message):
    """A query (features of no sequence) and the sequence that it attends to."""

    group_name: str | None = None
    feature_names: tuple[str, ...] = ()
    embedding_name_suffix: str | None = None


class FeatureGroupConfig(Message):
    """Inputs that a tower reads together."""

    always: ClassVar = ("group_type",)
    group_name: str
    feature_names: tuple[str, ...] = ()
    group_type: FeatureGroupType = FeatureGroupType.DEEP
    sequence_groups: tuple[SeqGroupConfig, ...] = ()
    sequence_encoders: tuple[SeqEncoderConfig, ...] = ()
    embedding_name_suffix: str | None = None


class ModelConfig(Message):
    """Feature groups and one model; losses and metrics stand here when the model has one task."""

    oneofs: ClassVar = {
        "model": (
            "multi_tower",
            "multi_tower_din",
            "deepfm",
            "dcn_v2",
            "mmoe",
            "ple",
            "dbmtl",
            "dssm",
            "mind",
            "dropoutnet",
            "metric_learning",
            "pdn",
        )
    }
    elsewhere: ClassVar = (
        "dlrm",
        "mask_net",
        "wide_and_deep",
        "dcn_v1",
        "xdeepfm",
        "wukong",
        "simple_multi_task",
        "dc2vr",
        "dlrm_hstu",
        "pepnet",
        "ultra_hstu",
        "dssm_v2",
        "dat",
        "hstu_match",
        "tdm",
        "rocket_launching",
        "sid_rqvae",
        "sid_rqkmeans",
    )
    """Models of TorchEasyRec that are not served here."""
    feature_groups: tuple[FeatureGroupConfig, ...] = ()
    multi_tower: MultiTower | None = None
    multi_tower_din: MultiTowerDIN | None = None
    deepfm: DeepFM | None = None
    dcn_v2: DCNv2 | None = None
    mmoe: MMoE | None = None
    ple: PLE | None = None
    dbmtl: DBMTL | None = None
    dssm: DSSM | None = None
    mind: MIND | None = None
    dropoutnet: DropoutNet | None = None
    """Not TorchEasyRec's."""
    metric_learning: CoMetricLearningI2I | None = None
    pdn: PDN | None = None
    num_class: Uint32 = 1
    losses: tuple[LossConfig, ...] = ()
    metrics: tuple[MetricConfig, ...] = ()
    train_metrics: tuple[TrainMetricConfig, ...] = ()
    variational_dropout: VariationalDropout | None = None
    kernel: Kernel = Kernel.PYTORCH
    use_pareto_loss_weight: bool = False


class PipelineConfig(Message):
    """TorchEasyRec's EasyRecConfig: one training task from data to exported model."""

    renamed: ClassVar = {"model": "model_config"}

    train_input_path: str
    eval_input_path: str
    model_dir: str
    item_input_path: str | None = None
    train_config: TrainConfig | None = None
    eval_config: EvalConfig | None = None
    export_config: ExportConfig | None = None
    data_config: DataConfig | None = None
    feature_configs: tuple[FeatureConfig, ...] = ()
    model: ModelConfig | None = None
    """`model_config` in the text; pydantic keeps that name for its own settings."""
