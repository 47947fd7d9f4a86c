"""The programs around the models of recalls."""

from __future__ import annotations

from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.dssm import DSSMRecallConfig
from pairec_cli.recall.model_programs import ModelPrograms


def programs(quota: str = "pay-as-you-go") -> ModelPrograms:
    environment = Environment(oss_bucket="bucket", workflow="Flow", storage_api=quota)
    return ModelPrograms(DSSMRecallConfig(name="near"), Solution(name="s", environment=environment))


def test_training_reads_the_deployed_config_and_writes_the_days_model() -> None:
    program, arguments = programs().training(edit_config_json="{}")
    assert program == "tzrec.train_eval"
    assert arguments["pipeline_config_path"] == "oss://bucket/Flow/models/s_near/pipeline.config"
    assert arguments["model_dir"] == "oss://bucket/models/s_near/${bizdate}"
    assert arguments["edit_config_json"] == "{}"
    assert "odps_data_quota_name" not in arguments


def test_a_resource_group_is_named_to_the_programs_that_read_tables() -> None:
    bought = programs("ot_1#ot_2")
    predict = bought.predict("item", "items", "item_vectors", key="item_id", output="item_tower_emb")
    for _, arguments in (bought.training(), predict):
        assert arguments["odps_data_quota_name"] == "ot_1#ot_2"
    assert "odps_data_quota_name" not in bought.export()[1]
    assert predict[1]["reserved_columns"] == "__item_id__"
    assert predict[1]["predict_input_path"].endswith("/ds=${bizdate}")


def test_the_node_tells_what_it_reads_and_writes_its_metrics_first() -> None:
    made = programs()
    node = made.node(
        "{solution} {node} {model}\n{commands}", [made.export()], read=("items",), written=("out",)
    )
    assert node.script.startswith(f"s {node.name} s_near\n")
    assert node.outputs[0].endswith(f".{node.name}")
    assert [len(node.inputs), len(node.outputs)] == [1, 2]
