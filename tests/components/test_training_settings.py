"""Which fields of a pipeline config the local trainer honours."""

from __future__ import annotations

import pytest

from pairec_cli.components.losses import objectives
from pairec_cli.components.ranking_model import tasks
from pairec_cli.components.training_settings import (
    HONOURED,
    OF_NO_CONSEQUENCE,
    TrainingSettings,
    training_settings,
)
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.pipeline_config import PipelineConfig
from pairec_cli.domain.pipeline_config.data import DataConfig
from pairec_cli.domain.pipeline_config.training import EvalConfig, ExportConfig, TrainConfig
from tests.components.encoded_tables import DBMTL, MULTI_TOWER, pipeline


def settings_of(config: PipelineConfig) -> TrainingSettings:
    own = config.model and getattr(config.model, config.model.which("model") or "")
    return training_settings(
        config, tuple(objectives(config, tasks(config, getattr(own, "task_towers", None))))
    )


def test_what_the_config_says() -> None:
    found = settings_of(pipeline(train="num_steps: 7", data='sample_weight_fields: "w"'))
    assert (found.epochs, found.steps, found.save_steps) == (None, 7, 1000)
    assert (found.batch_size, found.eval_batch_size, found.shuffle, found.separator) == (64, 256, True, ",")
    assert (found.best_by, found.larger_is_better, found.eval_steps, found.notes) == ("", True, None, ())
    found = settings_of(pipeline(rest="eval_config { num_steps: 3 }"))
    assert (found.epochs, found.save_steps, found.eval_steps) == (2, None, 3)


@pytest.mark.parametrize(
    ("export", "best_by"),
    [
        ("", ""),
        ("export_config {}", ""),
        ('export_config { exporter_type: "latest" }', None),
        ('export_config { exporter_type: "best" }', ""),
        ('export_config { exporter_type: "best" best_exporter_metric: "auc_x" }', "auc_x"),
    ],
)
def test_which_epoch_is_kept(export: str, best_by: str | None) -> None:
    assert settings_of(pipeline(rest=export)).best_by == best_by


def test_fields_of_no_consequence_are_told() -> None:
    config = pipeline(
        data="num_workers: 4 shuffle_buffer_size: 9", train="num_epochs: 1 use_tensorboard: false"
    )
    assert settings_of(config).notes == (
        "of no consequence for the local trainer: data_config.shuffle_buffer_size, data_config.num_workers, "
        "train_config.use_tensorboard",
    )


def test_weights_and_metrics_that_are_not_used_are_told() -> None:
    notes = settings_of(pipeline(DBMTL, data='sample_weight_fields: "w"')).notes
    assert notes == ("no task names a sample_weight_name, so data_config.sample_weight_fields is not used",)
    metrics = "metrics { xauc {} } metrics { auc {} } train_metrics { auc {} }"
    assert settings_of(pipeline(MULTI_TOWER + metrics)).notes == (
        "metrics that the local trainer does not measure: xauc, train_metrics of auc",
    )


SAMPLER = 'negative_sampler { input_path: "x" num_sample: 1 item_id_field: "i" }'


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (pipeline(data="sample_mask_prob: 0.1"), "data_config.sample_mask_prob"),
        (pipeline(data=SAMPLER), "data_config.negative_sampler"),
        (pipeline(data="dataset_type: CsvDataset"), "data_config.dataset_type"),
        (pipeline(data="fg_mode: FG_DAG"), "data_config.fg_mode"),
        (pipeline(data="batch_size: 0"), "data_config.batch_size"),
        (pipeline(train='num_epochs: 1 mixed_precision: "BF16"'), "train_config.mixed_precision"),
        (
            pipeline(train="num_epochs: 1 gradient_accumulation_steps: 2"),
            "train_config.gradient_accumulation",
        ),
        (pipeline(train="num_epochs: 1 num_steps: 1"), "train_config: needs either"),
        (pipeline(train=""), "train_config: needs either"),
        (pipeline(train='num_epochs: 1 grad_clipping { clipping_type: "x" }'), "train_config.grad_clipping"),
        (pipeline(rest='export_config { exporter_type: "x" }'), "export_config.exporter_type"),
        (pipeline(rest="export_config { use_dense_ema: true }"), "export_config.use_dense_ema"),
        (pipeline(rest="eval_config { use_dense_ema: true }"), "eval_config.use_dense_ema"),
        (pipeline(MULTI_TOWER + "variational_dropout {}"), "model_config: use_pareto_loss_weight"),
        (
            pipeline(DBMTL.replace("losses { l2_loss {} }", 'losses { l2_loss {} } sample_weight_name: "w"')),
            "'w'",
        ),
    ],
)
def test_what_is_not_honoured_is_refused_by_name(config: PipelineConfig, path: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        settings_of(config)
    assert path in refused.value.message
    assert len(refused.value.problems) == 1


def test_the_tables_name_fields_that_exist_and_none_twice() -> None:
    messages = {
        "data_config": DataConfig,
        "train_config": TrainConfig,
        "eval_config": EvalConfig,
        "export_config": ExportConfig,
    }
    for section, message in messages.items():
        assert HONOURED[section] | OF_NO_CONSEQUENCE[section] <= set(message.model_fields)
        assert not HONOURED[section] & OF_NO_CONSEQUENCE[section]
