"""DBMTL's model_config: towers in order, relations as the targets depend."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking, RankingTarget
from pairec_cli.ranking.dbmtl import DBMTL
from tests.ranking.inputs import INPUTS

PRAISE = RankingTarget(name="is_praise", expression="max(1)", depends=("is_click", "ln_playtime"), weight=2)


def test_towers_read_the_towers_they_depend_on() -> None:
    config = DBMTL().config(Ranking(targets=(*Ranking().targets, PRAISE), sample_weight="max(1)"), INPUTS)
    assert config.dbmtl is not None
    towers = config.dbmtl.task_towers
    assert [(t.tower_name, t.relation_tower_names, t.relation_mlp is not None) for t in towers] == [
        ("is_click", (), False),
        ("ln_playtime", ("is_click",), True),
        ("is_praise", ("is_click", "ln_playtime"), True),
    ]
    assert [tower.weight for tower in towers] == [1.0, 1.0, 2.0]
    assert {tower.sample_weight_name for tower in towers} == {"sample_weight"}
    assert [tower.label_name for tower in towers] == [tower.tower_name for tower in towers]
    assert [group.group_name for group in config.feature_groups] == ["all"]
    assert DBMTL().problems(Ranking(), INPUTS) == []
