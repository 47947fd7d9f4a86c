"""MultiTower's model_config."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.multi_tower import MultiTower
from tests.ranking.inputs import INPUTS

FORM = Ranking(model="multi_tower", targets=Ranking().targets[:1], rank_score="${probs_is_click}")


def test_a_tower_per_group() -> None:
    config = MultiTower().config(FORM, INPUTS)
    assert config.multi_tower is not None
    groups = [group.group_name for group in config.feature_groups]
    assert [tower.input for tower in config.multi_tower.towers] == groups == ["user", "item", "cross"]
    assert [loss.which("loss") for loss in config.losses] == ["binary_cross_entropy"]
    assert [metric.which("metric") for metric in config.metrics] == ["auc", "grouped_auc"]
    assert MultiTower().problems(FORM, INPUTS) == []
