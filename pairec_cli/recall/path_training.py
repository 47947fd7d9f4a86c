"""The training of PDN: pipeline.config, features.json, and the node that trains.

The config is TorchEasyRec's but for the model, which only EasyRec has: on PAI the node's programs need a
TorchEasyRec with that model.
"""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import (
    AUC,
    BinaryCrossEntropy,
    LossConfig,
    MetricConfig,
)
from pairec_cli.domain.pipeline_config.models import PDN
from pairec_cli.domain.pipeline_config.pipeline import (
    FeatureGroupConfig,
    FeatureGroupType,
    ModelConfig,
    PipelineConfig,
)
from pairec_cli.domain.solution import Solution
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, TRAIN_ROWS, VOCABULARY
from pairec_cli.recall.model_programs import ModelPrograms, encoded_data
from pairec_cli.recall.path_form import PathFeatures, PDNRecallConfig
from pairec_cli.recall.path_lists import SIM_OUT, TRIGGER_OUT
from pairec_cli.recall.path_samples import PAIR_ID, PAIRS, USERS

SPARSE_RATE, DENSE_RATE = 0.02, 0.003
EVAL_BATCH = 4096

_SCRIPT = """\
# Solution {solution}, node {node}
# Trains the recall model {model} on paths, measures it on the users held out, exports its two nets, and
# writes what they tell of users' triggers and of triggers' similar items.

set -e

{commands}
"""


def pipeline_config(config: PDNRecallConfig, solution: Solution, features: PathFeatures) -> PipelineConfig:
    """The config; its paths leave the day out, which the command line gives."""
    return ModelPrograms(config, solution).pipeline_config(
        _model(config, features),
        features.all,
        encoded_data(LABEL, config.batch_size, eval_batch_size=EVAL_BATCH),
        epochs=config.epochs,
        sparse_rate=SPARSE_RATE,
        dense_rate=DENSE_RATE,
    )


def _model(config: PDNRecallConfig, features: PathFeatures) -> ModelConfig:
    groups = [_group("user", features.user), _group("item", features.item)]
    groups += [
        _group(name, fields, FeatureGroupType.SEQUENCE)
        for name, fields in (
            ("u2i_seq", features.u2i),
            ("i_seq", features.trigger),
            ("i2i_seq", features.i2i),
        )
    ]
    groups += [_group("bias", features.item)] if config.bias_net else []
    layers, ended = MLP(hidden_units=config.hidden_units), MLP(hidden_units=(*config.hidden_units, 1))
    return ModelConfig(
        feature_groups=tuple(groups),
        pdn=PDN(
            user_dnn=layers,
            item_dnn=layers,
            u2i_dnn=layers,
            trigger_dnn=ended,
            i2i_dnn=layers,
            sim_dnn=ended,
            direct_user_dnn=layers if config.direct_net else None,
            direct_item_dnn=layers if config.direct_net else None,
            bias_dnn=ended if config.bias_net else None,
        ),
        losses=(LossConfig(binary_cross_entropy=BinaryCrossEntropy()),),
        metrics=(MetricConfig(auc=AUC()),),
    )


def _group(
    name: str, fields: Sequence[ModelFeature], kind: FeatureGroupType = FeatureGroupType.DEEP
) -> FeatureGroupConfig:
    return FeatureGroupConfig(
        group_name=name, feature_names=tuple(field.name for field in fields), group_type=kind
    )


def package_files(config: PDNRecallConfig, solution: Solution, features: PathFeatures) -> dict[str, str]:
    """Path in the package → text: the model's config and its inputs."""
    text = write(pipeline_config(config, solution, features))
    return ModelPrograms(config, solution).files(text, features.all)


def train_node(config: PDNRecallConfig, solution: Solution) -> Node:
    """The node that trains and writes what the nets tell. Locally its table holds the metrics."""
    programs, user = ModelPrograms(config, solution), TableNames(solution).user_id
    return programs.node(
        _SCRIPT,
        (
            programs.training(),
            programs.export(),
            programs.predict("trigger", USERS, TRIGGER_OUT, key=user, output="trigger_out"),
            programs.predict("sim", PAIRS, SIM_OUT, key=PAIR_ID, output="sim_out"),
        ),
        read=(TRAIN_ROWS, EVAL_ROWS, USERS, PAIRS, VOCABULARY),
        written=(TRIGGER_OUT, SIM_OUT),
    )
