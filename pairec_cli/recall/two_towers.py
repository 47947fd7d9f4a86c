"""What every recall with two towers gives the workflow; a method adds its form and its model_config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.pipeline_config.layers import MLP, PoolingEncoder, SeqEncoderConfig
from pairec_cli.domain.pipeline_config.losses import LossConfig, MetricConfig, RecallAtK, SoftmaxCrossEntropy
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, ModelConfig, SeqGroupConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.vector import VectorRecallConfig
from pairec_cli.recall.vector_encoding import encoding_nodes
from pairec_cli.recall.vector_features import VectorFeatures, vector_features
from pairec_cli.recall.vector_online import history_node, history_publication, online_conf
from pairec_cli.recall.vector_samples import positives_node, samples_node
from pairec_cli.recall.vector_search import engine_conf, publications, search_node
from pairec_cli.recall.vector_training import package_files, train_node

USER, ITEM, HISTORY = "user", "item", "hist"
"""Feature groups."""
LOSSES = (LossConfig(softmax_cross_entropy=SoftmaxCrossEntropy()),)
METRICS = (MetricConfig(recall_at_k=RecallAtK(top_k=20)),)


class TwoTowers:
    """Base of the methods: everything but the model."""

    Config: ClassVar[type[VectorRecallConfig]]
    is_fallback: ClassVar[bool] = False

    def model(self, config: Any, features: VectorFeatures) -> ModelConfig:
        """model_config of TorchEasyRec for this form and these features."""
        raise NotImplementedError

    def features(self, config: Any, solution: Solution, sizes: Mapping[str, int]) -> VectorFeatures:
        """The model's inputs. `sizes` maps vocabularies to distinct values in the data, where known."""
        return vector_features(config, solution, sizes)

    def nodes(self, config: VectorRecallConfig, solution: Solution) -> list[Node]:
        return self.sized_nodes(config, solution, {})

    def sized_nodes(
        self, config: VectorRecallConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> list[Node]:
        features = self.features(config, solution, sizes)
        return [
            positives_node(config, solution),
            samples_node(config, solution, features),
            *encoding_nodes(config, solution, features),
            train_node(config, solution),
            history_node(config, solution, features)
            if config.is_online_mode
            else search_node(config, solution),
        ]

    def package_files(self, config: Any, solution: Solution, sizes: Mapping[str, int]) -> dict[str, str]:
        features = self.features(config, solution, sizes)
        return package_files(config, solution, features, self.model(config, features))

    def publications(self, config: VectorRecallConfig, solution: Solution) -> list[Publication]:
        if config.is_online_mode:
            return [history_publication(config, solution, self.features(config, solution, {}))]
        return publications(config, solution)

    def engine_conf(self, config: VectorRecallConfig, solution: Solution) -> Mapping[str, Any]:
        return online_conf(config, solution) if config.is_online_mode else engine_conf(config, solution)


def tower_layers(config: VectorRecallConfig) -> tuple[MLP, int]:
    """A tower's mlp and the model's output_dim: hidden layers and a linear one, or one linear layer alone."""
    if config.hidden_units:
        return MLP(hidden_units=config.hidden_units), config.output_dim
    return MLP(hidden_units=(config.output_dim,), activation=""), 0


def user_group(features: VectorFeatures) -> FeatureGroupConfig:
    """The user's attributes and the mean of the history."""
    return FeatureGroupConfig(
        group_name=USER, feature_names=names(features.user), **history_encoder(features)
    )


def history_encoder(features: VectorFeatures) -> dict[str, Any]:
    """The fields of a feature group that reads the mean of the history."""
    history = names(features.history)
    return {
        "sequence_groups": (SeqGroupConfig(group_name=features.sequence, feature_names=history),),
        "sequence_encoders": (
            SeqEncoderConfig(pooling_encoder=PoolingEncoder(input=features.sequence, pooling_type="mean")),
        ),
    }


def item_group(features: VectorFeatures) -> FeatureGroupConfig:
    return FeatureGroupConfig(group_name=ITEM, feature_names=names(features.item))


def names(features: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(feature.name for feature in features)
