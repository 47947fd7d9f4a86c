"""What a pipeline config asks of training, and which of its fields the local trainer honours.

A field that is given is one of three: honoured; of no consequence here, because it says where or how fast
TorchEasyRec works (one note names those that are given); or refused. None is passed over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass

from pairec_cli.components.losses import Objective
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.domain.pipeline_config.data import DataConfig, DatasetType, FgMode
from pairec_cli.domain.pipeline_config.message import Message
from pairec_cli.domain.pipeline_config.optimizers import DenseOptimizer, SparseOptimizer
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, GradClipping

HONOURED = {
    "data_config": {
        "batch_size", "dataset_type", "eval_batch_size", "fg_encoded_multival_sep", "fg_mode", "label_fields",
        "sample_weight_fields", "shuffle",
    },
    "train_config": {
        "dense_optimizer", "grad_clipping", "num_epochs", "num_steps", "save_checkpoints_epochs",
        "save_checkpoints_steps", "sparse_optimizer",
    },
    "eval_config": {"num_steps"},
    "export_config": {"best_exporter_metric", "exporter_type", "metric_larger_is_better"},
}  # fmt: skip
OF_NO_CONSEQUENCE = {
    "data_config": {
        "delimiter", "drop_remainder", "fg_threads", "in_order", "input_fields",
        "input_fields_str", "is_orderby_partition", "num_workers", "odps_data_compression",
        "odps_data_quota_name", "pin_memory", "shuffle_buffer_size", "with_header",
    },
    "train_config": {
        "cuda_matmul_allow_tf32", "cudnn_allow_tf32", "fine_tune_checkpoint", "is_profiling",
        "keep_checkpoint_max", "log_step_count_steps", "tensorboard_summaries", "use_tensorboard",
    },
    "eval_config": {"log_step_count_steps"},
    "export_config": {"cuda_matmul_allow_tf32", "cudnn_allow_tf32"},
}  # fmt: skip
"""Rows come from the files given, are shuffled more widely than a buffer would, and leave no remainder; which
model training begins with is an argument, as it is on TorchEasyRec's command line."""
METRICS = ("auc", "grouped_auc", "mean_squared_error", "mean_absolute_error")
"""Those of a config that are measured here; log loss is measured always."""


@dataclass(frozen=True)
class TrainingSettings:
    """How to train. Either `epochs` or `steps` is given."""

    sparse: SparseOptimizer
    dense: DenseOptimizer
    batch_size: int
    eval_batch_size: int
    shuffle: bool
    separator: str
    epochs: int | None
    steps: int | None
    save_steps: int | None
    """None: at the end of each epoch."""
    eval_steps: int | None
    clipping: GradClipping
    best_by: str | None
    """The metric of the best epoch, `auc_is_click`; empty: the mean over the targets; None: keep the last."""
    larger_is_better: bool
    notes: tuple[str, ...]


def training_settings(config: PipelineConfig, parts: tuple[Objective, ...]) -> TrainingSettings:
    """Raises InvalidConfig, which names every field that is refused or missing."""
    problems, passed = _fields(config)
    problems += _contradictions(config, parts)
    if problems or config.train_config is None:
        raise InvalidConfig("pipeline.config", problems, hint="edit the field, or train with TorchEasyRec")
    train, data = config.train_config, config.data_config or DataConfig()
    export, evaluation = config.export_config or ExportConfig(), config.eval_config or EvalConfig()
    notes = [f"of no consequence for the local trainer: {', '.join(passed)}"] if passed else []
    if data.sample_weight_fields and not any(part.sample_weight for part in parts):
        notes.append("no task names a sample_weight_name, so data_config.sample_weight_fields is not used")
    if other := _other_metrics(config):
        notes.append(f"metrics that the local trainer does not measure: {', '.join(other)}")
    return TrainingSettings(
        sparse=train.sparse_optimizer,
        dense=train.dense_optimizer,
        batch_size=data.batch_size,
        eval_batch_size=data.eval_batch_size or data.batch_size,
        shuffle=data.shuffle,
        separator=data.fg_encoded_multival_sep,
        epochs=train.num_epochs,
        steps=train.num_steps,
        save_steps=None if train.save_checkpoints_epochs else train.save_checkpoints_steps,
        eval_steps=evaluation.num_steps,
        clipping=train.grad_clipping or GradClipping(),
        best_by=_best_by(export),
        larger_is_better=export.metric_larger_is_better,
        notes=tuple(notes),
    )


def _best_by(export: ExportConfig) -> str | None:
    """TorchEasyRec exports the latest checkpoint unless told otherwise; we the best, unless told `latest`."""
    if "exporter_type" in export.given and export.exporter_type == "latest":
        return None
    return export.best_exporter_metric if "best_exporter_metric" in export.given else ""


def _other_metrics(config: PipelineConfig) -> list[str]:
    """Metrics of the model and its towers that are not measured here."""
    model = config.model
    own = getattr(model, model.which("model") or "", None) if model else None
    holders = [model, *getattr(own, "task_towers", ())]
    kinds = {metric.which("metric") for one in holders if one for metric in one.metrics}
    running = [
        f"train_metrics of {metric.which('metric')}" for one in holders if one for metric in one.train_metrics
    ]
    return sorted(str(kind) for kind in kinds - {*METRICS}) + sorted(set(running))


def _fields(config: PipelineConfig) -> tuple[list[Problem], list[str]]:
    """Fields that are refused, and those of no consequence."""
    problems, passed = [], []
    for section, honoured in HONOURED.items():
        message: Message | None = getattr(config, section)
        if message is None:
            continue
        for name in message.given:
            value, path = getattr(message, name), f"{section}.{name}"
            if name in OF_NO_CONSEQUENCE[section]:
                passed.append(path)
            elif name not in honoured and value != type(message).model_fields[name].default:
                problems.append(Problem(path, "is not known to the local trainer", value))
    return problems, passed


def _contradictions(config: PipelineConfig, parts: tuple[Objective, ...]) -> list[Problem]:
    """Values that no training can follow, or not ours."""
    train, data, model = config.train_config, config.data_config or DataConfig(), config.model
    if train is None:
        return [Problem("train_config", "is missing")]
    export = config.export_config or ExportConfig()
    weights = {part.sample_weight for part in parts if part.sample_weight}
    found = [
        (
            (train.num_epochs is None) == (train.num_steps is None),
            Problem("train_config", "needs either num_epochs or num_steps"),
        ),
        (data.fg_mode is not FgMode.FG_NONE, Problem("data_config.fg_mode", "only FG_NONE is known here")),
        (
            data.dataset_type in (DatasetType.CsvDataset, DatasetType.KafkaDataset),
            Problem("data_config.dataset_type", "only Parquet files and tables are read", data.dataset_type),
        ),
        (not data.batch_size, Problem("data_config.batch_size", "must be 1 or more")),
        (
            export.exporter_type not in ("latest", "best"),
            Problem("export_config.exporter_type", f"{export.exporter_type!r} is neither latest nor best"),
        ),
        (
            bool(train.dense_optimizer.part_optimizers or train.dense_optimizer.ema),
            Problem("train_config.dense_optimizer", "part_optimizers and ema are not known here"),
        ),
        (
            bool(model and (model.use_pareto_loss_weight or model.variational_dropout)),
            Problem("model_config", "use_pareto_loss_weight and variational_dropout are not known here"),
        ),
        (
            (clipping := train.grad_clipping or GradClipping()).clipping_type not in ("norm", "value", "none")
            or clipping.enable_global_grad_clip,
            Problem(
                "train_config.grad_clipping", "only norm, value and none of dense weights are known here"
            ),
        ),
    ]
    found += [
        (
            name not in data.sample_weight_fields,
            Problem(
                "model_config", f"sample_weight_name {name!r} is not in data_config.sample_weight_fields"
            ),
        )
        for name in sorted(weights)
    ]
    return [problem for wrong, problem in found if wrong]
