"""DSSM recall: a tower for users, one for items, one vector each (tutorial step 5.4, vector recall).

Huang et al., CIKM 2013; the model is TorchEasyRec's `dssm`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.pipeline_config.models import DSSM as DSSMConfig
from pairec_cli.domain.pipeline_config.models import Similarity
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from pairec_cli.domain.pipeline_config.towers import Tower
from pairec_cli.recall.two_towers import (
    ITEM,
    LOSSES,
    METRICS,
    USER,
    TwoTowers,
    item_group,
    tower_layers,
    user_group,
)
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_features import VectorFeatures


class DSSMRecallConfig(VectorRecallConfig):
    """DSSM recall."""

    type: Literal["dssm"] = "dssm"
    name: str = Field(default="dssm", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    hidden_units: tuple[int, ...] = ()
    """Widths of the towers' hidden layers; without any they are linear, by which ids are learned best."""
    temperature: float = Field(default=0.15, gt=0, le=10)
    """Cosines are divided by it: the lower, the sharper the model tells near items apart."""
    epochs: int = Field(default=15, ge=1, le=1000)
    """Passes over the positives, at most: training ends when four in a row were no better."""


class DSSM(TwoTowers):
    """Positives to lists by one vector a user."""

    type_name: ClassVar[str] = "dssm"
    title: ClassVar[str] = "DSSM: items whose vectors lie near the user's"
    Config: ClassVar[type[VectorRecallConfig]] = DSSMRecallConfig

    def model(self, config: DSSMRecallConfig, features: VectorFeatures) -> ModelConfig:
        layers, output_dim = tower_layers(config)
        return ModelConfig(
            feature_groups=(user_group(features), item_group(features)),
            dssm=DSSMConfig(
                user_tower=Tower(input=USER, mlp=layers),
                item_tower=Tower(input=ITEM, mlp=layers),
                output_dim=output_dim,
                similarity=Similarity.COSINE,
                temperature=config.temperature,
            ),
            losses=LOSSES,
            metrics=METRICS,
        )
