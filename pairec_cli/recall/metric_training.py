"""The training of collaborative metric learning: pipeline.config, features.json, and the node that trains.

The config is TorchEasyRec's but for the model, which only EasyRec has: on PAI the node's programs need a
TorchEasyRec with that model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import CircleLoss, MultiSimilarityLoss
from pairec_cli.domain.pipeline_config.models import CoMetricLearningI2I, PositivePairs
from pairec_cli.domain.pipeline_config.optimizers import (
    AdamOptimizer,
    ConstantLR,
    DenseOptimizer,
    FusedAdagradOptimizer,
    SparseOptimizer,
)
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, ModelConfig, PipelineConfig
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.features.script import day_parameters, days_before
from pairec_cli.ranking.feature_configs import feature_configs
from pairec_cli.ranking.pipeline import MULTIVALUE, WORKERS, odps_path
from pairec_cli.ranking.train_node import CONFIG_FILE, FEATURES_FILE, PAY_AS_YOU_GO, command, features_text
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, TRAIN_ROWS, TRAINING, VOCABULARY, model_name
from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss
from pairec_cli.recall.sample_encoding import project_table
from pairec_cli.recall.session_samples import ITEMS, SESSION_ID

ITEM_VECTORS = "item_vectors"
VECTOR = "item_tower_emb"
"""Column of the vectors."""
SPARSE_RATE, DENSE_RATE = 0.1, 0.003

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
    return PipelineConfig(
        train_input_path=odps_path(project_table(solution, config.name, TRAIN_ROWS)),
        eval_input_path=odps_path(project_table(solution, config.name, EVAL_ROWS)),
        model_dir=_folder(config, solution),
        train_config=TrainConfig(
            sparse_optimizer=SparseOptimizer(
                adagrad_optimizer=FusedAdagradOptimizer(lr=SPARSE_RATE), constant_learning_rate=ConstantLR()
            ),
            dense_optimizer=DenseOptimizer(
                adam_optimizer=AdamOptimizer(lr=DENSE_RATE), constant_learning_rate=ConstantLR()
            ),
            num_epochs=config.epochs,
            save_checkpoints_epochs=1,
        ),
        eval_config=EvalConfig(log_step_count_steps=100),
        export_config=ExportConfig(),
        data_config=DataConfig(
            dataset_type=DatasetType.OdpsDataset,
            fg_mode=FgMode.FG_NONE,
            fg_encoded_multival_sep=MULTIVALUE,
            label_fields=(LABEL,),
            batch_size=config.batch_size,
            shuffle=True,
            num_workers=WORKERS,
        ),
        feature_configs=feature_configs(features),
        model=_model(config, features),
    )


def _model(config: CoMetricLearningConfig, features: Sequence[ModelFeature]) -> ModelConfig:
    return ModelConfig(
        feature_groups=(
            FeatureGroupConfig(group_name="item", feature_names=tuple(feature.name for feature in features)),
        ),
        metric_learning=CoMetricLearningI2I(
            session_id=SESSION_ID,
            input="item",
            dnn=MLP(hidden_units=(*config.hidden_units, config.output_dim)),
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
    folder = f"models/{model_name(config, solution)}"
    return {
        f"{folder}/{CONFIG_FILE}": write(pipeline_config(config, solution, features)),
        f"{folder}/{FEATURES_FILE}": features_text(features),
    }


def train_node(config: CoMetricLearningConfig, solution: Solution) -> Node:
    """The node that trains and writes the vectors. Locally its table holds the metrics."""
    names, node = TableNames(solution), TableNames(solution).recall(config.name, TRAINING)
    programs = (_training, _export, _vectors)
    script = _SCRIPT.format(
        solution=solution.name,
        node=node,
        model=model_name(config, solution),
        commands="\n\n".join(command(*program(config, solution)) for program in programs),
    )
    read = (TRAIN_ROWS, EVAL_ROWS, ITEMS, VOCABULARY)
    return Node(
        name=node,
        kind=NodeKind.PAI_DLC,
        script=script,
        inputs=tuple(project_table(solution, config.name, part) for part in read),
        outputs=(names.qualified(node), project_table(solution, config.name, ITEM_VECTORS)),
        parameters=day_parameters(script),
        description=f"Training of the recall model {model_name(config, solution)}",
    )


def _folder(config: CoMetricLearningConfig, solution: Solution) -> str:
    return f"oss://{solution.environment.oss_bucket}/models/{model_name(config, solution)}"


def _of_day(config: CoMetricLearningConfig, solution: Solution, part: str) -> str:
    return f"{odps_path(project_table(solution, config.name, part))}/ds={days_before(0)}"


def _training(config: CoMetricLearningConfig, solution: Solution) -> tuple[str, Mapping[str, str]]:
    environment = solution.environment
    file = f"{environment.workflow}/models/{model_name(config, solution)}/{CONFIG_FILE}"
    return "tzrec.train_eval", {
        "pipeline_config_path": f"oss://{environment.oss_bucket}/{file}",
        "train_input_path": _of_day(config, solution, TRAIN_ROWS),
        "eval_input_path": _of_day(config, solution, EVAL_ROWS),
        "model_dir": f"{_folder(config, solution)}/{days_before(0)}",
    } | _quota(solution)


def _export(config: CoMetricLearningConfig, solution: Solution) -> tuple[str, Mapping[str, str]]:
    folder = f"{_folder(config, solution)}/{days_before(0)}"
    return "tzrec.export", {
        "pipeline_config_path": f"{folder}/{CONFIG_FILE}",
        "export_dir": f"{folder}/export",
    }


def _vectors(config: CoMetricLearningConfig, solution: Solution) -> tuple[str, Mapping[str, str]]:
    return "tzrec.predict", {
        "scripted_model_path": f"{_folder(config, solution)}/{days_before(0)}/export/item",
        "predict_input_path": _of_day(config, solution, ITEMS),
        "predict_output_path": _of_day(config, solution, ITEM_VECTORS),
        "reserved_columns": f"__{TableNames(solution).item_id}__",
        "output_columns": VECTOR,
    } | _quota(solution)


def _quota(solution: Solution) -> dict[str, str]:
    quota = solution.environment.storage_api
    return {} if quota == PAY_AS_YOU_GO else {"odps_data_quota_name": quota}
