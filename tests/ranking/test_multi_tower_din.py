"""MultiTowerDIN's model_config."""

from __future__ import annotations

from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupType
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.multi_tower_din import MultiTowerDIN
from tests.ranking.inputs import INPUTS, PLAIN, SEQUENCE, USER
from tests.ranking.test_multi_tower import FORM


def test_a_sequence_group_and_its_tower() -> None:
    config = MultiTowerDIN().config(FORM, INPUTS)
    assert config.multi_tower_din is not None
    *deep, sequence = config.feature_groups
    assert (sequence.group_name, sequence.group_type) == ("click_50_seq", FeatureGroupType.SEQUENCE)
    assert sequence.feature_names == INPUTS.members(SEQUENCE)
    assert not any(group.sequence_groups for group in deep)
    assert [tower.input for tower in config.multi_tower_din.din_towers] == ["click_50_seq"]
    assert [tower.input for tower in config.multi_tower_din.towers] == ["user", "item", "cross"]


def test_it_needs_a_sequence_and_something_to_compare_it_with() -> None:
    model = MultiTowerDIN()
    assert model.problems(FORM, INPUTS) == []
    (problem,) = model.problems(Ranking(sequence_events=()), ModelInputs(PLAIN))
    assert problem.path == "ranking.sequence_events"
    (problem,) = model.problems(FORM, ModelInputs((USER, *SEQUENCE)))
    assert problem.message.startswith("multi_tower_din compares click_50_seq with the item")
