"""The training node's script and the model's files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch

from pairec_cli.components.co_metric_learning import CoMetricLearningI2I
from pairec_cli.components.encoded_rows import RowForm, decode
from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.pipeline_config.models import PositivePairs
from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.metric_form import CoMetricLearningConfig, MetricLoss
from pairec_cli.recall.metric_training import pipeline_config, train_node
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


def test_items_begin_apart() -> None:
    """With a bias behind the small embeddings all cosines would begin near 1, and training stay there."""
    name = "item_id"
    item = ModelFeature(name, Form.ID, "item", (name,), vocabulary=name, num_buckets=2_000, embedding_dim=64)
    [rows] = pa.table({name: np.arange(2, 202)}).to_batches()
    given = decode(rows, RowForm((item,))).batch(np.arange(200))
    torch.manual_seed(0)
    model = CoMetricLearningI2I(pipeline_config(CoMetricLearningConfig(), Solution(name="s"), (item,)))
    vectors = model.items(given).detach()
    assert float((vectors @ vectors.T).triu(1).abs().max()) < 0.8
    assert abs(float((vectors @ vectors.T).triu(1).mean())) < 0.05
