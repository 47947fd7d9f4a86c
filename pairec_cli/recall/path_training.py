"""The training of PDN: pipeline.config, features.json, and the node that trains.

The config is TorchEasyRec's but for the model, which only EasyRec has: on PAI the node's programs need a
TorchEasyRec with that model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.losses import (
    AUC,
    BinaryCrossEntropy,
    LossConfig,
    MetricConfig,
)
from pairec_cli.domain.pipeline_config.models import PDN
from pairec_cli.domain.pipeline_config.optimizers import (
    AdamOptimizer,
    ConstantLR,
    DenseOptimizer,
    FusedAdagradOptimizer,
    SparseOptimizer,
)
from pairec_cli.domain.pipeline_config.pipeline import (
    FeatureGroupConfig,
    FeatureGroupType,
    ModelConfig,
    PipelineConfig,
)
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.features.script import day_parameters, days_before
from pairec_cli.ranking.feature_configs import feature_configs
from pairec_cli.ranking.pipeline import MULTIVALUE, WORKERS, odps_path
from pairec_cli.ranking.train_node import CONFIG_FILE, FEATURES_FILE, PAY_AS_YOU_GO, command, features_text
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, TRAIN_ROWS, TRAINING, VOCABULARY, model_name
from pairec_cli.recall.path_form import PathFeatures, PDNRecallConfig
from pairec_cli.recall.path_lists import SIM_OUT, TRIGGER_OUT
from pairec_cli.recall.path_samples import PAIR_ID, PAIRS, USERS
from pairec_cli.recall.sample_encoding import project_table

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
            eval_batch_size=EVAL_BATCH,
            shuffle=True,
            num_workers=WORKERS,
        ),
        feature_configs=feature_configs(features.all),
        model=_model(config, features),
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
    folder = f"models/{model_name(config, solution)}"
    return {
        f"{folder}/{CONFIG_FILE}": write(pipeline_config(config, solution, features)),
        f"{folder}/{FEATURES_FILE}": features_text(features.all),
    }


def train_node(config: PDNRecallConfig, solution: Solution) -> Node:
    """The node that trains and writes what the nets tell. Locally its table holds the metrics."""
    names, node = TableNames(solution), TableNames(solution).recall(config.name, TRAINING)
    user = f"__{names.user_id}__"
    programs = [
        ("tzrec.train_eval", _training(config, solution)),
        ("tzrec.export", _export(config, solution)),
        ("tzrec.predict", _predict(config, solution, "trigger", USERS, TRIGGER_OUT, user)),
        ("tzrec.predict", _predict(config, solution, "sim", PAIRS, SIM_OUT, f"__{PAIR_ID}__")),
    ]
    script = _SCRIPT.format(
        solution=solution.name,
        node=node,
        model=model_name(config, solution),
        commands="\n\n".join(command(*program) for program in programs),
    )
    read = (TRAIN_ROWS, EVAL_ROWS, USERS, PAIRS, VOCABULARY)
    return Node(
        name=node,
        kind=NodeKind.PAI_DLC,
        script=script,
        inputs=tuple(project_table(solution, config.name, part) for part in read),
        outputs=(
            names.qualified(node),
            *(project_table(solution, config.name, part) for part in (TRIGGER_OUT, SIM_OUT)),
        ),
        parameters=day_parameters(script),
        description=f"Training of the recall model {model_name(config, solution)}",
    )


def _folder(config: PDNRecallConfig, solution: Solution) -> str:
    return f"oss://{solution.environment.oss_bucket}/models/{model_name(config, solution)}"


def _of_day(config: PDNRecallConfig, solution: Solution, part: str) -> str:
    return f"{odps_path(project_table(solution, config.name, part))}/ds={days_before(0)}"


def _training(config: PDNRecallConfig, solution: Solution) -> Mapping[str, str]:
    environment = solution.environment
    file = f"{environment.workflow}/models/{model_name(config, solution)}/{CONFIG_FILE}"
    return {
        "pipeline_config_path": f"oss://{environment.oss_bucket}/{file}",
        "train_input_path": _of_day(config, solution, TRAIN_ROWS),
        "eval_input_path": _of_day(config, solution, EVAL_ROWS),
        "model_dir": f"{_folder(config, solution)}/{days_before(0)}",
    } | _quota(solution)


def _export(config: PDNRecallConfig, solution: Solution) -> Mapping[str, str]:
    folder = f"{_folder(config, solution)}/{days_before(0)}"
    return {"pipeline_config_path": f"{folder}/{CONFIG_FILE}", "export_dir": f"{folder}/export"}


def _predict(
    config: PDNRecallConfig, solution: Solution, net: str, source: str, target: str, key: str
) -> Mapping[str, str]:
    return {
        "scripted_model_path": f"{_folder(config, solution)}/{days_before(0)}/export/{net}",
        "predict_input_path": _of_day(config, solution, source),
        "predict_output_path": _of_day(config, solution, target),
        "reserved_columns": key,
        "output_columns": f"{net}_out",
    } | _quota(solution)


def _quota(solution: Solution) -> dict[str, str]:
    quota = solution.environment.storage_api
    return {} if quota == PAY_AS_YOU_GO else {"odps_data_quota_name": quota}
