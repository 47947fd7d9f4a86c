"""MIND recall: several vectors a user, one per interest (tutorial step 5.4, vector recall).

Li et al., arXiv 1904.08030; the model is TorchEasyRec's `mind`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.pipeline_config.layers import MLP, B2ICapsule
from pairec_cli.domain.pipeline_config.models import MIND as MINDConfig
from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType, ModelConfig
from pairec_cli.domain.pipeline_config.towers import MINDUserTower, Tower, UserSeqCombineMethod
from pairec_cli.recall.two_towers import (
    HISTORY,
    ITEM,
    LOSSES,
    METRICS,
    USER,
    TwoTowers,
    item_group,
    names,
    tower_layers,
    user_group,
)
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_features import VectorFeatures


class MINDRecallConfig(VectorRecallConfig):
    """MIND recall."""

    type: Literal["mind"] = "mind"
    name: str = Field(default="mind", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    hidden_units: tuple[int, ...] = ()
    """Widths of the towers' hidden layers; without any they are linear, by which ids are learned best."""
    temperature: float = Field(default=0.15, gt=0, le=10)
    """Cosines are divided by it: the lower, the sharper the model tells near items apart."""
    epochs: int = Field(default=15, ge=1, le=1000)
    """Passes over the positives, at most: training ends when four in a row were no better."""
    interests: int = Field(default=4, ge=1, le=16)
    """Interests of a user, at most: a user with n items has log2(n) of them, rounded up."""
    routing_rounds: int = Field(default=3, ge=1, le=10)
    """Rounds in which a history's items find their interest."""
    squash_power: float = Field(default=0.2, gt=0, le=2)
    """How much the length of an interest counts; a value in 0.1 … 1 to search."""
    attention_power: float = Field(default=100.0, gt=0, le=1000)
    """How sharply the interest nearest to an item is picked in training: from 100 on it alone, as in the
    search."""


class MIND(TwoTowers):
    """Positives to lists by several vectors a user."""

    type_name: ClassVar[str] = "mind"
    title: ClassVar[str] = "MIND: items near one of the user's interests"
    Config: ClassVar[type[VectorRecallConfig]] = MINDRecallConfig

    def model(self, config: MINDRecallConfig, features: VectorFeatures) -> ModelConfig:
        width = config.output_dim
        layers, output_dim = tower_layers(config)
        user = MINDUserTower(
            input=USER,
            history_input=HISTORY,
            user_mlp=MLP(
                hidden_units=(*(config.hidden_units or (width,)), width), activation=layers.activation
            ),
            user_seq_combine=UserSeqCombineMethod.CONCAT,
            capsule_config=B2ICapsule(
                max_k=config.interests,
                max_seq_len=config.sequence_length,
                high_dim=width,
                num_iters=config.routing_rounds,
                squash_pow=config.squash_power,
            ),
            concat_mlp=layers,
        )
        history = FeatureGroupConfig(
            group_name=HISTORY,
            feature_names=names(features.history),
            group_type=FeatureGroupType.SEQUENCE,
        )
        return ModelConfig(
            feature_groups=(user_group(features), history, item_group(features)),
            mind=MINDConfig(
                user_tower=user,
                item_tower=Tower(input=ITEM, mlp=layers),
                output_dim=output_dim,
                simi_pow=config.attention_power,
                similarity=Similarity.COSINE,
                temperature=config.temperature,
            ),
            losses=LOSSES,
            metrics=METRICS,
        )
