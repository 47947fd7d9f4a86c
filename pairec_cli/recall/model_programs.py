"""What the trainings of all recalls with a model share: pipeline.config around the model, the TorchEasyRec
programs of the node that trains, and the files that are deployed with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode
from pairec_cli.domain.pipeline_config.optimizers import (
    AdamOptimizer,
    ConstantLR,
    DenseOptimizer,
    FusedAdagradOptimizer,
    SparseOptimizer,
)
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig, PipelineConfig
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from pairec_cli.domain.solution import RecallConfig, Solution
from pairec_cli.features.script import day_parameters, days_before
from pairec_cli.ranking.feature_configs import feature_configs
from pairec_cli.ranking.pipeline import MULTIVALUE, WORKERS, odps_path
from pairec_cli.ranking.train_node import CONFIG_FILE, FEATURES_FILE, PAY_AS_YOU_GO, command, features_text
from pairec_cli.recall.item_model import EVAL_ROWS, TRAIN_ROWS, TRAINING, model_name
from pairec_cli.recall.sample_encoding import project_table

Program = tuple[str, dict[str, str]]
"""A program's name and its arguments."""


@dataclass(frozen=True)
class ModelPrograms:
    """The programs of one recall's model; what they read and write is that of bizdate."""

    config: RecallConfig
    solution: Solution

    @property
    def model(self) -> str:
        return model_name(self.config, self.solution)

    @property
    def folder(self) -> str:
        return f"oss://{self.solution.environment.oss_bucket}/models/{self.model}"

    def path(self, part: str) -> str:
        """One of the recall's tables, without a day."""
        return odps_path(project_table(self.solution, self.config.name, part))

    def of_day(self, part: str) -> str:
        return f"{self.path(part)}/ds={days_before(0)}"

    def training(self, **more: str) -> Program:
        environment = self.solution.environment
        file = f"{environment.workflow}/models/{self.model}/{CONFIG_FILE}"
        arguments = {
            "pipeline_config_path": f"oss://{environment.oss_bucket}/{file}",
            "train_input_path": self.of_day(TRAIN_ROWS),
            "eval_input_path": self.of_day(EVAL_ROWS),
            "model_dir": f"{self.folder}/{days_before(0)}",
        }
        return "tzrec.train_eval", arguments | more | self._quota

    def export(self) -> Program:
        folder = f"{self.folder}/{days_before(0)}"
        arguments = {"pipeline_config_path": f"{folder}/{CONFIG_FILE}", "export_dir": f"{folder}/export"}
        return "tzrec.export", arguments

    def predict(self, part: str, source: str, target: str, *, key: str, output: str) -> Program:
        """`part` of the model, asked for the rows of the table `source`, which `key` names."""
        arguments = {
            "scripted_model_path": f"{self.folder}/{days_before(0)}/export/{part}",
            "predict_input_path": self.of_day(source),
            "predict_output_path": self.of_day(target),
            "reserved_columns": f"__{key}__",
            "output_columns": output,
        }
        return "tzrec.predict", arguments | self._quota

    @property
    def _quota(self) -> dict[str, str]:
        quota = self.solution.environment.storage_api
        return {} if quota == PAY_AS_YOU_GO else {"odps_data_quota_name": quota}

    def node(
        self, script: str, programs: Sequence[Program], *, read: Sequence[str], written: Sequence[str]
    ) -> Node:
        """The node that runs them. `script` has places for solution, node, model and commands; the node's own
        table holds the metrics, `written` are the others."""
        name = TableNames(self.solution).recall(self.config.name, TRAINING)
        text = script.format(
            solution=self.solution.name,
            node=name,
            model=self.model,
            commands="\n\n".join(command(*program) for program in programs),
        )
        return Node(
            name=name,
            kind=NodeKind.PAI_DLC,
            script=text,
            inputs=tuple(project_table(self.solution, self.config.name, part) for part in read),
            outputs=tuple(
                project_table(self.solution, self.config.name, part) for part in (TRAINING, *written)
            ),
            parameters=day_parameters(text),
            description=f"Training of the recall model {self.model}",
        )

    def files(self, config: str, features: Sequence[ModelFeature]) -> dict[str, str]:
        """Path in the package → text: the text of pipeline.config and the model's inputs."""
        folder = f"models/{self.model}"
        return {f"{folder}/{CONFIG_FILE}": config, f"{folder}/{FEATURES_FILE}": features_text(features)}

    def pipeline_config(
        self,
        model: ModelConfig,
        features: Sequence[ModelFeature],
        data: DataConfig,
        *,
        epochs: int,
        sparse_rate: float,
        dense_rate: float,
    ) -> PipelineConfig:
        """The config with `model`; its paths leave the day out, which the command line gives. The rates are
        those at which embeddings and other weights learn."""
        return PipelineConfig(
            train_input_path=self.path(TRAIN_ROWS),
            eval_input_path=self.path(EVAL_ROWS),
            model_dir=self.folder,
            train_config=TrainConfig(
                sparse_optimizer=SparseOptimizer(
                    adagrad_optimizer=FusedAdagradOptimizer(lr=sparse_rate),
                    constant_learning_rate=ConstantLR(),
                ),
                dense_optimizer=DenseOptimizer(
                    adam_optimizer=AdamOptimizer(lr=dense_rate), constant_learning_rate=ConstantLR()
                ),
                num_epochs=epochs,
                save_checkpoints_epochs=1,
            ),
            eval_config=EvalConfig(log_step_count_steps=100),
            export_config=ExportConfig(),
            data_config=data,
            feature_configs=feature_configs(features),
            model=model,
        )


def encoded_data(label: str, batch_size: int, **more: Any) -> DataConfig:
    """Encoded rows in tables, shuffled; `more` are further fields of data_config."""
    return DataConfig(
        dataset_type=DatasetType.OdpsDataset,
        fg_mode=FgMode.FG_NONE,
        fg_encoded_multival_sep=MULTIVALUE,
        label_fields=(label,),
        batch_size=batch_size,
        shuffle=True,
        num_workers=WORKERS,
        **more,
    )
