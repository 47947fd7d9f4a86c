"""The models of model_config (rank_model.proto, multi_task_rank.proto, match_model.proto)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pairec_cli.domain.pipeline_config.layers import MLP, ExtractionNetwork, LowRankCross, MaskNetModule
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
