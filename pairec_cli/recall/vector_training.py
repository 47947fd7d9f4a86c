"""The training of a vector recall: pipeline.config, features.json, and the node of TorchEasyRec programs."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import write
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode, NegativeSampler
from pairec_cli.domain.pipeline_config.optimizers import (
    AdamOptimizer,
    ConstantLR,
    DenseOptimizer,
    FusedAdagradOptimizer,
    SparseOptimizer,
)
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig, PipelineConfig
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from pairec_cli.domain.solution import Solution
from pairec_cli.features.script import day_parameters, days_before
from pairec_cli.ranking.feature_configs import feature_configs
from pairec_cli.ranking.pipeline import MULTIVALUE, WORKERS, odps_path
from pairec_cli.ranking.train_node import CONFIG_FILE, FEATURES_FILE, PAY_AS_YOU_GO, command, features_text
from pairec_cli.recall.vector import (
    EVAL_ROWS,
    ITEM_VECTORS,
    ITEMS,
    SAMPLER,
    TRAIN_ROWS,
    TRAINING,
    USER_VECTORS,
    USERS,
    VOCABULARY,
    VectorRecallConfig,
    model_name,
    table,
)
from pairec_cli.recall.vector_encoding import ATTRIBUTE_DELIMITER
from pairec_cli.recall.vector_features import VectorFeatures

SPARSE_RATE, DENSE_RATE = 0.1, 0.003
EVAL_BATCH = 1024

_SCRIPT = """\
# Solution {solution}, node {node}
# Trains the recall model {model} with TorchEasyRec on the encoded rows, measures it on the rows held out,
# exports its two towers, and writes the vectors of {whose}.

set -e

{commands}
"""


def pipeline_config(
    config: VectorRecallConfig,
    solution: Solution,
    features: VectorFeatures,
    model: ModelConfig,
    *,
    sparse_rate: float = SPARSE_RATE,
    dense_rate: float = DENSE_RATE,
) -> PipelineConfig:
    """The config with `model`; its paths leave the day out, which the command line gives. The rates are
    those at which embeddings and other weights learn."""
    return PipelineConfig(
        train_input_path=_path(config, solution, TRAIN_ROWS),
        eval_input_path=_path(config, solution, EVAL_ROWS),
        model_dir=_model_folder(config, solution),
        train_config=TrainConfig(
            sparse_optimizer=SparseOptimizer(
                adagrad_optimizer=FusedAdagradOptimizer(lr=sparse_rate), constant_learning_rate=ConstantLR()
            ),
            dense_optimizer=DenseOptimizer(
                adam_optimizer=AdamOptimizer(lr=dense_rate), constant_learning_rate=ConstantLR()
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
            label_fields=(config.target.name,),
            batch_size=config.batch_size,
            eval_batch_size=EVAL_BATCH,
            shuffle=True,
            num_workers=WORKERS,
            negative_sampler=NegativeSampler(
                input_path=_path(config, solution, SAMPLER),
                num_sample=config.negative_sampler.num_sample,
                attr_fields=tuple(feature.name for feature in features.item),
                item_id_field=features.item[0].name,
                attr_delimiter=ATTRIBUTE_DELIMITER,
            ),
        ),
        feature_configs=feature_configs(features.all),
        model=model,
    )


def package_files(
    config: VectorRecallConfig, solution: Solution, features: VectorFeatures, model: ModelConfig
) -> dict[str, str]:
    """Path in the package → text: the model's config and its inputs."""
    return files_of(config, solution, features, write(pipeline_config(config, solution, features, model)))


def files_of(
    config: VectorRecallConfig, solution: Solution, features: VectorFeatures, text: str
) -> dict[str, str]:
    """The same with the text of a pipeline.config."""
    folder = f"models/{model_name(config, solution)}"
    return {f"{folder}/{CONFIG_FILE}": text, f"{folder}/{FEATURES_FILE}": features_text(features.all)}


def train_node(config: VectorRecallConfig, solution: Solution) -> Node:
    """The node that trains and writes the vectors. Locally its table holds the metrics."""
    names, node = TableNames(solution), table(config, solution, TRAINING)
    online = config.is_online_mode
    programs = (_training, _export, _item_vectors) if online else _OFFLINE
    script = _SCRIPT.format(
        solution=solution.name,
        node=node,
        model=model_name(config, solution),
        whose="items; the user tower answers with the request" if online else "items and users",
        commands="\n\n".join(command(*program(config, solution)) for program in programs),
    )
    read = (TRAIN_ROWS, EVAL_ROWS, SAMPLER, ITEMS, *(() if online else (USERS,)), VOCABULARY)
    written = (TRAINING, ITEM_VECTORS, *(() if online else (USER_VECTORS,)))
    return Node(
        name=node,
        kind=NodeKind.PAI_DLC,
        script=script,
        inputs=tuple(names.qualified(table(config, solution, part)) for part in read),
        outputs=tuple(names.qualified(table(config, solution, part)) for part in written),
        parameters=day_parameters(script),
        description=f"Training of the recall model {model_name(config, solution)}",
    )


def _path(config: VectorRecallConfig, solution: Solution, part: str) -> str:
    return odps_path(TableNames(solution).qualified(table(config, solution, part)))


def _of_day(config: VectorRecallConfig, solution: Solution, part: str) -> str:
    return f"{_path(config, solution, part)}/ds={days_before(0)}"


def _model_folder(config: VectorRecallConfig, solution: Solution) -> str:
    return f"oss://{solution.environment.oss_bucket}/models/{model_name(config, solution)}"


def _training(config: VectorRecallConfig, solution: Solution) -> tuple[str, dict[str, str]]:
    environment, sampler = solution.environment, _of_day(config, solution, SAMPLER)
    file = f"{environment.workflow}/models/{model_name(config, solution)}/{CONFIG_FILE}"
    return "tzrec.train_eval", {
        "pipeline_config_path": f"oss://{environment.oss_bucket}/{file}",
        "train_input_path": _of_day(config, solution, TRAIN_ROWS),
        "eval_input_path": _of_day(config, solution, EVAL_ROWS),
        "model_dir": f"{_model_folder(config, solution)}/{days_before(0)}",
        "edit_config_json": f'{{"data_config.negative_sampler.input_path":"{sampler}"}}',
    } | _quota(solution)


def _export(config: VectorRecallConfig, solution: Solution) -> tuple[str, dict[str, str]]:
    folder = f"{_model_folder(config, solution)}/{days_before(0)}"
    arguments = {"pipeline_config_path": f"{folder}/{CONFIG_FILE}", "export_dir": f"{folder}/export"}
    return "tzrec.export", arguments


def _item_vectors(config: VectorRecallConfig, solution: Solution) -> tuple[str, dict[str, str]]:
    return _predict(config, solution, "item", TableNames(solution).item_id, ITEMS, ITEM_VECTORS)


def _user_vectors(config: VectorRecallConfig, solution: Solution) -> tuple[str, dict[str, str]]:
    return _predict(config, solution, "user", TableNames(solution).user_id, USERS, USER_VECTORS)


def _predict(
    config: VectorRecallConfig, solution: Solution, side: str, key: str, source: str, target: str
) -> tuple[str, dict[str, str]]:
    return "tzrec.predict", {
        "scripted_model_path": f"{_model_folder(config, solution)}/{days_before(0)}/export/{side}",
        "predict_input_path": _of_day(config, solution, source),
        "predict_output_path": _of_day(config, solution, target),
        "reserved_columns": f"__{key}__",
        "output_columns": f"{side}_tower_emb",
    } | _quota(solution)


_OFFLINE = (_training, _export, _item_vectors, _user_vectors)


def _quota(solution: Solution) -> dict[str, str]:
    quota = solution.environment.storage_api
    return {} if quota == PAY_AS_YOU_GO else {"odps_data_quota_name": quota}
