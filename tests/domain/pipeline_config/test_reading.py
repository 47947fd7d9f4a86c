"""Text to config: the whole tree, and every problem with its path, line and the nearest known name."""

from __future__ import annotations

import math

import pytest

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.pipeline_config import PipelineConfig, parse
from pairec_cli.domain.pipeline_config.data import DatasetType, FgMode
from pairec_cli.domain.pipeline_config.features import IdFeature
from pairec_cli.domain.pipeline_config.models import Similarity
from tests.domain.pipeline_config.configs import DBMTL, DSSM, MIND, MULTI_TOWER

PATHS = "train_input_path: ''\neval_input_path: ''\nmodel_dir: ''\n"


def problems(text: str) -> list[Problem]:
    with pytest.raises(InvalidConfig) as found:
        parse(PATHS + text)
    return found.value.problems


def test_a_single_task_config() -> None:
    config = parse(MULTI_TOWER)
    assert config.model_dir == "experiments/multi_tower"
    train, data, model = config.train_config, config.data_config, config.model
    assert train is not None
    assert data is not None
    assert model is not None
    assert train.sparse_optimizer.which("optimizer") == "adagrad_optimizer"
    adam = train.dense_optimizer.adam_optimizer
    assert adam is not None
    assert (adam.lr, adam.beta1, adam.beta2, adam.weight_decay) == (0.001, 0.9, 0.99, 0.0)
    decay = train.dense_optimizer.exponential_decay_learning_rate
    assert decay is not None
    assert (decay.decay_size, decay.decay_factor, decay.by_epoch) == (16, 0.95, True)
    assert train.dense_optimizer.part_optimizers[0].regex_pattern == r"^final\..*"
    assert train.num_epochs == 8
    assert train.grad_clipping is not None
    assert train.grad_clipping.norm_type == math.inf
    assert (data.dataset_type, data.fg_mode, data.shuffle) == (
        DatasetType.ParquetDataset,
        FgMode.FG_NONE,
        True,
    )
    assert [field.input_name for field in data.input_fields] == ["a", "b"]
    assert data.fg_encoded_multival_sep == "\x02"
    assert [feature.which("feature") for feature in config.feature_configs] == [
        *("id_feature", "id_feature", "raw_feature", "raw_feature", "lookup_feature", "custom_feature")
    ]
    city = config.feature_configs[1].feature
    assert isinstance(city, IdFeature)
    assert city.vocab_dict == {"berlin": 2, "rome": 3, "oslo": 4}
    assert config.feature_configs[2].raw_feature is not None
    assert config.feature_configs[2].raw_feature.boundaries == (-1.0, 0.5, 100.0)
    assert model.which("model") == "multi_tower"
    assert model.multi_tower is not None
    assert [tower.mlp.hidden_units for tower in model.multi_tower.towers] == [(64, 32), (64, 32)]
    assert [metric.which("metric") for metric in model.metrics] == ["auc", "grouped_auc"]


def test_free_parameters() -> None:
    custom = parse(MULTI_TOWER).feature_configs[5].custom_feature
    assert custom is not None
    assert custom.operator_params is not None
    fields = custom.operator_params.fields
    assert fields["unit"].string_value == "km"
    steps = fields["steps"].list_value
    assert steps is not None
    assert [value.which("kind") for value in steps.values] == ["number_value", "bool_value"]


def test_a_config_of_several_tasks() -> None:
    config = parse(DBMTL)
    assert config.model is not None
    model = config.model.dbmtl
    assert model is not None
    assert model.num_expert == 4
    first, second = model.task_towers
    assert (first.weight, first.relation_tower_names) == (1.0, ())
    assert (second.weight, second.relation_tower_names, second.out_task_space_weight) == (0.5, ("clk",), 0.0)
    group = config.model.feature_groups[0]
    assert group.sequence_encoders[0].which("seq_module") == "din_encoder"
    sequence = config.feature_configs[2].sequence_feature
    assert sequence is not None
    assert [member.which("feature") for member in sequence.features] == ["id_feature", "raw_feature"]


def test_configs_of_recall_models() -> None:
    dssm, mind = parse(DSSM), parse(MIND)
    assert dssm.model is not None
    assert dssm.model.dssm is not None
    assert (dssm.model.dssm.similarity, dssm.model.dssm.temperature) == (Similarity.COSINE, 0.05)
    assert dssm.data_config is not None
    assert dssm.data_config.which("sampler") == "negative_sampler"
    assert mind.model is not None
    assert mind.model.mind is not None
    assert mind.model.mind.user_tower.capsule_config.num_iters == 3


@pytest.mark.parametrize(
    ("text", "path", "line", "told"),
    [
        ("train_confg {}", "train_confg", 4, "unknown field; did you mean 'train_config'?"),
        ("data_config {\n batchsize: 1 }", "data_config.batchsize", 5, "did you mean 'batch_size'?"),
        ("data_config {\n zzz: 1 }", "data_config.zzz", 5, "unknown field; known: dataset_type, fg_mode"),
        (
            "model_config { dlrm {} }",
            "model_config.dlrm",
            4,
            "TorchEasyRec has dlrm, which cannot be trained here",
        ),
        ("model_dir: ''", "model_dir", 4, "is given twice, first on line 3"),
        (
            "data_config { batch_size: 'a' }",
            "data_config.batch_size",
            4,
            'expected a whole number, found "a"',
        ),
        (
            "data_config { batch_size: 1.5 }",
            "data_config.batch_size",
            4,
            "expected a whole number, found 1.5",
        ),
        ("data_config { batch_size: -1 }", "data_config.batch_size", 4, "greater than or equal to 0"),
        ("data_config { shuffle: 2 }", "data_config.shuffle", 4, "expected true or false, found 2"),
        ("data_config { shuffle {} }", "data_config.shuffle", 4, "expected true or false, found a block"),
        ("data_config: 3", "data_config", 4, "expected { … }, found 3"),
        (
            "data_config { label_fields: [\n'a', b] }",
            "data_config.label_fields[1]",
            5,
            "expected a string in quotes",
        ),
        (
            "data_config { sample_mask_prob: x }",
            "data_config.sample_mask_prob",
            4,
            "expected a number, found x",
        ),
        (
            "data_config { dataset_type: Parquet }",
            "data_config.dataset_type",
            4,
            "did you mean 'ParquetDataset'?",
        ),
        (
            "data_config { fg_mode: 'FG_NONE' }",
            "data_config.fg_mode",
            4,
            "expected one of FG_NONE, FG_NORMAL",
        ),
        ("train_config {\n dense_optimizer {} }", "train_config.sparse_optimizer", 4, "is required"),
        (
            "model_config { losses {\n l2_loss {} binary_cross_entropy {} } }",
            "model_config.losses[0]",
            4,
            "binary_cross_entropy and l2_loss exclude each other: one loss is allowed",
        ),
        (
            "feature_configs { id_feature { feature_name: 'a'\n vocab_dict: 'x' } }",
            "feature_configs[0].id_feature.vocab_dict",
            5,
            "expected { key: … value: … }",
        ),
        (
            "feature_configs { id_feature { feature_name: 'a' vocab_dict { key: 'x' } } }",
            "feature_configs[0].id_feature.vocab_dict.value",
            4,
            "is required",
        ),
        (
            "feature_configs { id_feature { feature_name: 'a' vocab_dict { key: 'x' value: 1 other: 2 } } }",
            "feature_configs[0].id_feature.vocab_dict.other",
            4,
            "unknown field; known: key, value",
        ),
    ],
)
def test_problems(text: str, path: str, line: int, told: str) -> None:
    (problem,) = problems(text)
    assert (problem.path, problem.line) == (path, line)
    assert told in problem.message


def test_all_problems_are_told_in_the_order_of_the_text() -> None:
    found = problems("data_config { x: 1\n y: 2 }\neval_config { z: 3 }")
    assert [(problem.path, problem.line) for problem in found] == [
        ("data_config.x", 4),
        ("data_config.y", 5),
        ("eval_config.z", 6),
    ]


def test_required_paths() -> None:
    with pytest.raises(InvalidConfig) as found:
        parse("model_dir: 'm'")
    assert [problem.path for problem in found.value.problems] == ["train_input_path", "eval_input_path"]


def test_an_empty_config_has_defaults() -> None:
    config = parse(PATHS)
    assert config == PipelineConfig(train_input_path="", eval_input_path="", model_dir="")
    assert config.model is None
