"""The training of collaborative metric learning: pipeline.config, features.json, and the node that trains.

The config is TorchEasyRec's but for the model, which only EasyRec has: on PAI the node's programs need a
TorchEasyRec with that model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.models import CoMetricLearningI2I, PositivePairs
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, ModelConfig, PipelineConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, TRAIN_ROWS, VOCABULARY
from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss
from pairec_cli.recall.model_programs import ModelPrograms, encoded_data
from pairec_cli.recall.session_samples import ITEMS, SESSION_ID

ITEM_VECTORS = "item_vectors"
VECTOR = "item_tower_emb"
"""Column of the vectors."""
SPARSE_RATE, DENSE_RATE = 0.02, 0.001

_SCRIPT = """\
# Solution {solution}, node {node}
# Trains the recall model {model} on sessions, measures it on the clicks held out of them, exports it, and
# writes the vectors of the items.

set -e

{commands}
"""


def pipeline_config(
    config: CoMetricLearningConfig, solution: Solution, features: Sequence[ModelFeature]
) -> PipelineConfig:
    """The config; its paths leave the day out, which the command line gives."""
    return ModelPrograms(config, solution).pipeline_config(
        _model(config, features),
        features,
        encoded_data(LABEL, config.batch_size),
        epochs=config.epochs,
        sparse_rate=SPARSE_RATE,
        dense_rate=DENSE_RATE,
    )


def _model(config: CoMetricLearningConfig, features: Sequence[ModelFeature]) -> ModelConfig:
    """Without bias: embeddings begin near 0, a bias does not, and all items would begin as one vector."""
    return ModelConfig(
        feature_groups=(
            FeatureGroupConfig(group_name="item", feature_names=tuple(feature.name for feature in features)),
        ),
        metric_learning=CoMetricLearningI2I(
            session_id=SESSION_ID,
            input="item",
            dnn=MLP(hidden_units=(*config.hidden_units, config.output_dim), bias=False),
            session_size=config.session_size,
            positive_pairs=PositivePairs(config.positive_pairs.upper()),
            **_loss(config.loss),
        ),
    )


def _loss(form: MetricLoss) -> dict[str, Any]:
    if form.type == "circle":
        return {"circle_loss": CircleLoss(margin=form.margin, gamma=form.gamma)}
    return {"multi_similarity_loss": MultiSimilarityLoss(alpha=form.alpha, beta=form.beta, lamb=form.lamb)}


def package_files(
    config: CoMetricLearningConfig, solution: Solution, features: Sequence[ModelFeature]
) -> dict[str, str]:
    """Path in the package → text: the model's config and its inputs."""
    text = write(pipeline_config(config, solution, features))
    return ModelPrograms(config, solution).files(text, features)


def train_node(config: CoMetricLearningConfig, solution: Solution) -> Node:
    """The node that trains and writes the vectors. Locally its table holds the metrics."""
    programs, key = ModelPrograms(config, solution), TableNames(solution).item_id
    vectors = programs.predict("item", ITEMS, ITEM_VECTORS, key=key, output=VECTOR)
    return programs.node(
        _SCRIPT,
        (programs.training(), programs.export(), vectors),
        read=(TRAIN_ROWS, EVAL_ROWS, ITEMS, VOCABULARY),
        written=(ITEM_VECTORS,),
    )
