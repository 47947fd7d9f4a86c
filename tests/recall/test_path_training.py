"""The training node's script and the model's files."""

from __future__ import annotations

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.solution import Environment, Solution
from pairec_cli.recall.path_form import PDNRecallConfig
from pairec_cli.recall.path_training import train_node
from pairec_cli.recall.pdn import PDN
from pairec_cli.workflow.dlc_script import read_commands


def test_the_script_trains_exports_and_asks_both_nets() -> None:
    solution = Solution(name="s", environment=Environment(storage_api="ot_1_p#ot_2"))
    node = train_node(PDNRecallConfig(), solution)
    commands = read_commands(node.script, resolve_parameters(dict(node.parameters), "20260131"))
    programs = [command.program for command in commands]
    assert programs == ["tzrec.train_eval", "tzrec.export", "tzrec.predict", "tzrec.predict"]
    trigger, sim = (command.arguments for command in commands[2:])
    assert trigger["predict_input_path"].endswith("/s_pdn_users_v1/ds=20260131")
    assert (trigger["reserved_columns"], trigger["output_columns"]) == ("__user_id__", "trigger_out")
    assert sim["scripted_model_path"].endswith("/models/s_pdn/20260131/export/sim")
    assert (sim["reserved_columns"], sim["output_columns"]) == ("__pair_id__", "sim_out")
    quotas = [command.arguments.get("odps_data_quota_name") for command in commands]
    assert quotas == ["ot_1_p#ot_2", None, "ot_1_p#ot_2", "ot_1_p#ot_2"]


def test_direct_and_bias_net_may_be_left_out() -> None:
    for wanted in (True, False):
        config = PDNRecallConfig(direct_net=wanted, bias_net=wanted)
        files = PDN().package_files(config, Solution(name="s"), {})
        model = parse(files["models/s_pdn/pipeline.config"]).model
        assert model is not None
        assert model.pdn is not None
        assert (model.pdn.direct_user_dnn is not None, model.pdn.bias_dnn is not None) == (wanted, wanted)
        assert ("bias" in [group.group_name for group in model.feature_groups]) == wanted
