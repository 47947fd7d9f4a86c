"""The models of model_config (rank_model.proto, multi_task_rank.proto, match_model.proto).

CoMetricLearningI2I and PDN are EasyRec's (collaborative_metric_learning.proto, pdn.proto): TorchEasyRec has
none of them. Their fields keep EasyRec's names; a layer is written as TorchEasyRec's `mlp` is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.layers import MLP, ExtractionNetwork, LowRankCross, MaskNetModule
from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.message import Int32, Message, Uint32
from pairec_cli.domain.pipeline_config.towers import BayesTaskTower, DINTower, MINDUserTower, TaskTower, Tower


class Similarity(StrEnum):
    """How two towers are compared."""

    COSINE = "COSINE"
    INNER_PRODUCT = "INNER_PRODUCT"
    EUCLID = "EUCLID"


class MultiTower(Message):
    """A tower per feature group, then one MLP."""

    towers: tuple[Tower, ...] = ()
    final: MLP


class MultiTowerDIN(Message):
    """MultiTower, and target attention per sequence group."""

    towers: tuple[Tower, ...] = ()
    din_towers: tuple[DINTower, ...] = ()
    final: MLP


class DeepFM(Message):
    """Groups `wide`, `deep` and, for the factorization machine, `fm`."""

    deep: MLP
    final: MLP | None = None
    wide_embedding_dim: Uint32 = 4
    wide_init_fn: str | None = None


class DCNv2(Message):
    """Cross layers beside or on top of an MLP."""

    backbone: MLP | None = None
    cross: LowRankCross
    deep: MLP | None = None
    final: MLP


class MMoE(Message):
    """Experts, a gate per task."""

    always: ClassVar = ("num_expert",)
    expert_mlp: MLP
    gate_mlp: MLP | None = None
    num_expert: Uint32 = 3
    task_towers: tuple[TaskTower, ...] = ()


class PLE(Message):
    """Levels of own and shared experts."""

    extraction_networks: tuple[ExtractionNetwork, ...] = ()
    task_towers: tuple[TaskTower, ...] = ()


class DBMTL(Message):
    """Shared bottom, optional experts, tasks that read each other."""

    mask_net: MaskNetModule | None = None
    bottom_mlp: MLP | None = None
    expert_mlp: MLP | None = None
    gate_mlp: MLP | None = None
    num_expert: Uint32 = 3
    task_towers: tuple[BayesTaskTower, ...] = ()


class DSSM(Message):
    """A user and an item tower."""

    user_tower: Tower
    item_tower: Tower
    output_dim: Int32
    similarity: Similarity = Similarity.INNER_PRODUCT
    temperature: float = 1.0
    in_batch_negative: bool = False


class DropoutNet(Message):
    """EasyRec's DropoutNet (dropoutnet.proto), which TorchEasyRec does not have: per side a network over
    content and one over preference, and a tower over both, whose last layer is linear. A side without one of
    its two feature groups leaves that network out."""

    user_content: MLP | None = None
    user_preference: MLP | None = None
    item_content: MLP | None = None
    item_preference: MLP | None = None
    user_tower: MLP
    item_tower: MLP
    user_dropout_rate: float = 0.0
    item_dropout_rate: float = 0.5
    temperature: float = 1.0
    """Ours, as in the other models with two towers: softmax_cross_entropy divides cosines by it."""


class MIND(Message):
    """A user tower of several interests and an item tower."""

    user_tower: MINDUserTower
    item_tower: Tower
    output_dim: Int32
    simi_pow: float = 10.0
    similarity: Similarity = Similarity.COSINE
    in_batch_negative: bool = False
    temperature: float = 1.0


class PositivePairs(StrEnum):
    """Which two items of a session are pulled together: both clicked, or both of the same label."""

    CLICKED = "CLICKED"
    SAME_LABEL = "SAME_LABEL"


class CoMetricLearningI2I(Message):
    """Vectors of items that lie near each other where sessions click both (EasyRec's `metric_learning`)."""

    oneofs: ClassVar = {"loss": ("circle_loss", "multi_similarity_loss")}
    session_id: str
    """Column that tells the sessions of the rows apart."""
    input: str | None = None
    """Feature group; default: the first."""
    dnn: MLP
    """Its last layer is linear, and as wide as the vectors."""
    output_l2_normalized_emb: bool = True
    circle_loss: CircleLoss | None = None
    multi_similarity_loss: MultiSimilarityLoss | None = None
    session_size: Uint32 = 16
    """Rows of one session in a batch. Here alone: EasyRec expects rows that are ordered so."""
    positive_pairs: PositivePairs = PositivePairs.CLICKED
    """Here alone: EasyRec knows SAME_LABEL, which pulls unclicked items of a session together too."""


class PDN(Message):
    """Trigger net and similarity net over two-hop paths; groups user, item, u2i_seq, i_seq, i2i_seq, bias."""

    user_dnn: MLP
    item_dnn: MLP
    u2i_dnn: MLP
    trigger_dnn: MLP
    i2i_dnn: MLP
    sim_dnn: MLP
    direct_user_dnn: MLP | None = None
    direct_item_dnn: MLP | None = None
    simi_func: Similarity = Similarity.COSINE
    bias_dnn: MLP | None = None
