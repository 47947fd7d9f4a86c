"""PLE's model_config."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.ple import PLE
from tests.ranking.inputs import INPUTS


def test_levels_and_a_tower_per_target() -> None:
    config = PLE().config(Ranking(model="ple"), INPUTS)
    assert config.ple is not None
    levels = config.ple.extraction_networks
    assert [level.network_name for level in levels] == ["level_1", "level_2"]
    assert all(level.task_expert_net == level.share_expert_net for level in levels)
    assert [tower.tower_name for tower in config.ple.task_towers] == ["is_click", "ln_playtime"]
    assert PLE().problems(Ranking(), INPUTS) == []
