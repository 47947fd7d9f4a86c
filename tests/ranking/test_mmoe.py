"""MMoE's model_config."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.mmoe import MMoE
from tests.ranking.inputs import INPUTS


def test_experts_and_a_tower_per_target() -> None:
    config = MMoE().config(Ranking(model="mmoe"), INPUTS)
    assert config.mmoe is not None
    assert [tower.tower_name for tower in config.mmoe.task_towers] == ["is_click", "ln_playtime"]
    assert config.losses == config.metrics == ()
    assert MMoE().problems(Ranking(), INPUTS) == []
