"""The training node's script and the model's files."""

from __future__ import annotations

import json

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.dssm import DSSM, DSSMRecallConfig
from pairec_cli.recall.vector_training import train_node
from pairec_cli.workflow.dlc_script import read_commands

CONFIG = DSSMRecallConfig(epochs=3, temperature=0.2)


def test_the_script_trains_exports_and_writes_both_sides_vectors() -> None:
    node = train_node(CONFIG, Solution(name="s"))
    commands = read_commands(node.script, resolve_parameters(dict(node.parameters), "20260131"))
    programs = [command.program for command in commands]
    assert programs == ["tzrec.train_eval", "tzrec.export", "tzrec.predict", "tzrec.predict"]
    edits = json.loads(commands[0].arguments["edit_config_json"])
    path = "odps://project_mc/tables/s_dssm_sampler_v1/ds=20260131"
    assert edits == {"data_config.negative_sampler.input_path": path}
    item, user = (command.arguments for command in commands[2:])
    assert item["predict_output_path"].endswith("/s_dssm_item_vectors_v1/ds=20260131")
    assert user["scripted_model_path"].endswith("/models/s_dssm/20260131/export/user")
    assert (user["reserved_columns"], user["output_columns"]) == ("__user_id__", "user_tower_emb")


def test_a_quota_is_named_where_tables_are_read() -> None:
    solution = Solution(name="s", environment=Environment(storage_api="ot_1_p#ot_2"))
    node = train_node(CONFIG, solution)
    commands = read_commands(node.script, resolve_parameters(dict(node.parameters), "20260131"))
    quotas = [command.arguments.get("odps_data_quota_name") for command in commands]
    assert quotas == ["ot_1_p#ot_2", None, "ot_1_p#ot_2", "ot_1_p#ot_2"]


def test_files_say_what_the_form_says() -> None:
    files = DSSM().package_files(CONFIG, Solution(name="s"), {})
    config = parse(files["models/s_dssm/pipeline.config"])
    assert config.train_config is not None and config.train_config.num_epochs == 3
    assert config.data_config is not None and config.data_config.negative_sampler is not None
    assert config.data_config.negative_sampler.attr_fields == ("item_id", "author", "category")
    features = [ModelFeature.from_dict(body) for body in json.loads(files["models/s_dssm/features.json"])]
    assert [feature.name for feature in features][:4] == ["gender", "city", "tags", "item_id"]
