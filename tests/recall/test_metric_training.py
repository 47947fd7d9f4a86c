"""The training node's script and the model's files."""

from __future__ import annotations

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.pipeline_config.models import PositivePairs
from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss
from pairec_cli.recall.metric_training import train_node
from pairec_cli.workflow.dlc_script import read_commands
from tests.recall.test_co_metric_learning_i2i import METHOD


def test_the_script_trains_exports_and_writes_the_items_vectors() -> None:
    solution = Solution(name="s", environment=Environment(storage_api="ot_1_p#ot_2"))
    node = train_node(CoMetricLearningConfig(name="cml"), solution)
    commands = read_commands(node.script, resolve_parameters(dict(node.parameters), "20260131"))
    assert [command.program for command in commands] == ["tzrec.train_eval", "tzrec.export", "tzrec.predict"]
    predict = commands[2].arguments
    assert predict["scripted_model_path"].endswith("/models/s_cml/20260131/export/item")
    assert predict["predict_output_path"].endswith("/s_cml_item_vectors_v1/ds=20260131")
    assert (predict["reserved_columns"], predict["output_columns"]) == ("__item_id__", "item_tower_emb")
    quotas = [command.arguments.get("odps_data_quota_name") for command in commands]
    assert quotas == ["ot_1_p#ot_2", None, "ot_1_p#ot_2"]


def test_the_config_holds_the_forms_loss() -> None:
    for form, expected in (
        (MetricLoss(type="multi_similarity"), "multi_similarity_loss"),
        (MetricLoss(), "circle_loss"),
    ):
        config = CoMetricLearningConfig(loss=form, positive_pairs="same_label")
        text = METHOD.package_files(config, Solution(name="s"), {})[
            "models/s_co_metric_learning_i2i/pipeline.config"
        ]
        own = parse(text).model
        assert own is not None and own.metric_learning is not None
        assert own.metric_learning.which("loss") == expected
        assert own.metric_learning.positive_pairs is PositivePairs.SAME_LABEL
        assert own.metric_learning.dnn.hidden_units == (64,)
