"""DCN-v2's model_config."""

from __future__ import annotations

from pairec_cli.ranking.dcn_v2 import DeepCross
from tests.ranking.inputs import INPUTS
from tests.ranking.test_multi_tower import FORM


def test_cross_and_mlp_over_one_group() -> None:
    config = DeepCross().config(FORM, INPUTS)
    assert config.dcn_v2 is not None
    assert [group.group_name for group in config.feature_groups] == ["all"]
    assert config.dcn_v2.given == ("cross", "deep", "final")
    assert [loss.which("loss") for loss in config.losses] == ["binary_cross_entropy"]
    assert DeepCross().problems(FORM, INPUTS) == []
