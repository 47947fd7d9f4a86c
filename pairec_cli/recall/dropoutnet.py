"""Cold-start recall: DropoutNet, vectors also for users and items of whom only content is known
(tutorial step 5.4, cold start).

    user_content      categorical, tag and numerical attributes        item_content      attributes
    user_preference   the items taken before                           item_preference   its id, and how many
                                                                                         users took it

Volkovs et al., NeurIPS 2017; the model is EasyRec's `DropoutNet`. All users and items of the tables of
bizdate have a vector, so that an item is recalled on the day of its publication. A user's vector is computed
with the request, from the attributes that the views or the request itself give, and from the history where
there is one: whoever registered a minute ago is served by the request's features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.data import DataConfig
from pairec_cli.domain.pipeline_config.feature_configs import FeatureConfig
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import (
    LossConfig,
    SoftmaxCrossEntropyWithNegativeMining,
)
from pairec_cli.domain.pipeline_config.models import DropoutNet as DropoutNetConfig
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, ModelConfig, PipelineConfig
from pairec_cli.domain.solution import Form, Names, Solution
from pairec_cli.recall.model_programs import ModelPrograms
from pairec_cli.recall.two_towers import LOSSES, METRICS, TwoTowers, history_encoder, names
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_features import VectorFeatures, vector_features
from pairec_cli.recall.vector_training import pipeline_config

SPARSE_RATE, DENSE_RATE = 0.03, 0.001
"""A third of what the others learn at: people without a history are few, and soon learned by heart."""

_NOTE = """\
# TorchEasyRec has no DropoutNet. `dropoutnet` and `softmax_cross_entropy_with_negative_mining` have the
# fields of EasyRec's messages; temperature is ours. The local trainer reads this file, TorchEasyRec does not.
"""


class NegativeMining(Form):
    """The batch's other items as negatives, for `loss: softmax_cross_entropy_with_negative_mining`."""

    num_negative_samples: int = Field(default=64, ge=1, le=65_536)
    """Other rows of the batch whose items are a row's negatives."""
    margin: float = Field(default=0.0, ge=0, le=2)
    """By how much the taken item must be nearer than others."""
    gamma: float = Field(default=10.0, gt=0, le=1000)
    """Cosines are multiplied by it."""
    coefficient_of_support_vector: float = Field(default=1.0, ge=1, le=10)
    """How much harder a negative is made that is nearer than the taken item; 1 leaves it as it is."""


class DropoutNetRecallConfig(VectorRecallConfig):
    """Cold-start recall."""

    for_cold_start: ClassVar[bool] = True

    type: Literal["dropoutnet"] = "dropoutnet"
    name: str = Field(default="dropoutnet", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    """Name in the engine (RecallNames) and in generated tables."""
    is_online_mode: bool = True
    """Compute users' vectors at request time, which alone serves users whom the tables of the day lack.
    Otherwise lists are made once a day for those in the tables."""
    user_attributes: Names = ()
    """Attributes of users that the model reads; empty means all categorical, tag and numerical attributes."""
    item_attributes: Names = ()
    """Attributes of items that the model reads; empty means all categorical and tag attributes. Name a number
    only if it is known of a new item: one that counts what happened puts new items last."""
    user_dropout_rate: float = Field(default=0.5, ge=0, lt=1)
    """Share of the rows in which training takes the user for a new one."""
    item_dropout_rate: float = Field(default=0.15, ge=0, lt=1)
    """Share of the rows in which training takes an item for a new one."""
    content_mask_rate: float = Field(default=0.1, ge=0, lt=1)
    """Share of the rows in which training takes an attribute for unknown, for each on its own."""
    epochs: int = Field(default=40, ge=1, le=1000)
    """Passes over the positives, at most: training ends when four in a row were no better."""
    content_units: tuple[int, ...] = Field(default=(64,), min_length=1)
    """Widths of the layers over content."""
    preference_units: tuple[int, ...] = Field(default=(128,), min_length=1)
    """Widths of the layers over preference."""
    loss: Literal["softmax_cross_entropy", "softmax_cross_entropy_with_negative_mining"] = (
        "softmax_cross_entropy"
    )
    """What training minimises: against items of the whole catalog, which learns how popular items are too, or
    EasyRec's, against items of the batch, where popular items are the usual negatives."""
    negative_mining: NegativeMining = NegativeMining()
    """Negatives of the second loss."""


class DropoutNet(TwoTowers):
    """Positives and content to lists by one vector a user."""

    type_name: ClassVar[str] = "dropoutnet"
    title: ClassVar[str] = "DropoutNet: items for new users, new items for all"
    Config: ClassVar[type[VectorRecallConfig]] = DropoutNetRecallConfig

    def package_files(self, config: Any, solution: Solution, sizes: Mapping[str, int]) -> dict[str, str]:
        features = self.features(config, solution, sizes)
        text = _NOTE + write(self.pipeline(config, solution, features))
        return ModelPrograms(config, solution).files(text, features.all)

    def pipeline(
        self, config: DropoutNetRecallConfig, solution: Solution, features: VectorFeatures
    ) -> PipelineConfig:
        """The config of the training."""
        plain = pipeline_config(
            config,
            solution,
            features,
            self.model(config, features),
            sparse_rate=SPARSE_RATE,
            dense_rate=DENSE_RATE,
        )
        return _with_masks(plain, config, features)

    def features(
        self, config: DropoutNetRecallConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> VectorFeatures:
        """Raises InvalidConfig where a side has no content."""
        found = vector_features(config, solution, sizes)
        problems = [
            Problem(
                f"data_tables.{side}", f"has no attribute for recall {config.name} to tell a new {side} by"
            )
            for side, content in (("user", found.user), ("item", found.item_content))
            if not content
        ]
        if problems:
            raise InvalidConfig(
                "recall", problems, hint="name attributes in data_tables, or leave the recall out"
            )
        return found

    def model(self, config: DropoutNetRecallConfig, features: VectorFeatures) -> ModelConfig:
        content = MLP(hidden_units=config.content_units)
        preference = MLP(hidden_units=config.preference_units)
        tower = MLP(hidden_units=(*config.hidden_units, config.output_dim))
        return ModelConfig(
            feature_groups=(
                FeatureGroupConfig(group_name="user_content", feature_names=names(features.user)),
                FeatureGroupConfig(group_name="user_preference", **history_encoder(features)),
                FeatureGroupConfig(group_name="item_content", feature_names=names(features.item_content)),
                FeatureGroupConfig(
                    group_name="item_preference", feature_names=names(features.item_preference)
                ),
            ),
            dropoutnet=DropoutNetConfig(
                user_content=content,
                user_preference=preference,
                item_content=content,
                item_preference=preference,
                user_tower=tower,
                item_tower=tower,
                user_dropout_rate=config.user_dropout_rate,
                item_dropout_rate=config.item_dropout_rate,
                temperature=config.temperature,
            ),
            losses=_losses(config),
            metrics=METRICS,
        )


def _losses(config: DropoutNetRecallConfig) -> tuple[LossConfig, ...]:
    if config.loss == "softmax_cross_entropy":
        return LOSSES
    mining = SoftmaxCrossEntropyWithNegativeMining(**config.negative_mining.model_dump())
    return (LossConfig(softmax_cross_entropy_with_negative_mining=mining),)


def _with_masks(
    plain: PipelineConfig, config: DropoutNetRecallConfig, features: VectorFeatures
) -> PipelineConfig:
    """The config with content that is blanked now and then."""
    if not config.content_mask_rate:
        return plain
    rates = dict.fromkeys(("sample_mask_prob", "negative_sample_mask_prob"), config.content_mask_rate)
    data = (plain.data_config or DataConfig()).model_copy(update=rates)
    content = {feature.name for feature in (*features.user, *features.item_content)}
    configs = tuple(_masked(one) if _name(one) in content else one for one in plain.feature_configs)
    return plain.model_copy(update={"data_config": data, "feature_configs": configs})


def _name(config: FeatureConfig) -> str:
    return config.id_feature.feature_name if config.id_feature else ""


def _masked(config: FeatureConfig) -> FeatureConfig:
    assert config.id_feature is not None
    return FeatureConfig(id_feature=config.id_feature.model_copy(update={"use_mask": True}))
