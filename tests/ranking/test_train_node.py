"""The training node: its script is read by the local runner, its files are the model's."""

from __future__ import annotations

import json
from typing import Any

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.package import NodeKind
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.solution import Environment, Ranking, Solution
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.train_node import package_files, train_node
from pairec_cli.workflow.dlc_script import model_path, read_commands, table_path

DAYS = {"bizdate": "20260131", "bizdate_1": "20260130"}


def arguments(**form: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Of training and of export."""
    environment = Environment(storage_api=form.pop("storage_api", "pay-as-you-go"))
    node = train_node(Solution(environment=environment, ranking=Ranking(**form)))
    train, export = read_commands(node.script, DAYS)
    assert (train.program, export.program) == ("tzrec.train_eval", "tzrec.export")
    return dict(train.arguments), dict(export.arguments)


def test_the_commands() -> None:
    train, export = arguments()
    assert train == {
        "pipeline_config_path": "oss://pairec-bucket/Flow/models/home_rank/pipeline.config",
        "train_input_path": "odps://project_mc/tables/home_rank_fg_encoded_v1/ds=20260131",
        "eval_input_path": "odps://project_mc/tables/home_rank_fg_encoded_eval_v1/ds=20260131",
        "model_dir": "oss://pairec-bucket/models/home_rank/20260131",
    }
    assert export == {
        "pipeline_config_path": "oss://pairec-bucket/models/home_rank/20260131/pipeline.config",
        "export_dir": "oss://pairec-bucket/models/home_rank/20260131/export",
    }
    table, days = table_path(train["train_input_path"])
    assert (str(table), days) == ("project_mc.home_rank_fg_encoded_v1", ["20260131"])
    assert model_path(train["model_dir"]).name == "home_rank"


def test_incremental_training_begins_with_yesterdays_model() -> None:
    train, _ = arguments(incremental=True)
    assert train["fine_tune_checkpoint"] == "oss://pairec-bucket/models/home_rank/20260130"


def test_a_quota_reaches_the_program_whole() -> None:
    """To the shell a bare # begins a comment."""
    train, _ = arguments(storage_api="ot_1234_p#ot_5678")
    assert train["odps_data_quota_name"] == "ot_1234_p#ot_5678"


def test_the_node() -> None:
    node = train_node(Solution(ranking=Ranking(incremental=True)))
    assert (node.name, node.kind) == ("home_rank_train_v1", NodeKind.PAI_DLC)
    assert node.inputs == (
        "project_mc.home_rank_fg_encoded_v1",
        "project_mc.home_rank_fg_encoded_eval_v1",
    )
    assert node.outputs == ("project_mc.home_rank_train_v1",)
    assert node.parameters == {"bizdate": "$[yyyymmdd-1]", "bizdate_1": "$[yyyymmdd-2]"}


def test_the_files() -> None:
    solution, sizes = Solution(ranking=Ranking()), {"user_id": 10, "item_id": 1000}
    files = package_files(solution, sizes)
    assert set(files) == {"models/home_rank/pipeline.config", "models/home_rank/features.json"}
    features = [ModelFeature.from_dict(f) for f in json.loads(files["models/home_rank/features.json"])]
    assert features == model_features(solution, sizes)
    config = parse(files["models/home_rank/pipeline.config"])
    user = config.feature_configs[0].id_feature
    assert user is not None
    assert (user.feature_name, user.num_buckets) == ("user_id", 32)
