"""Attributes and statistics in one row."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Features, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import all_feat
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.features.spec import feature_specs
from tests.features.conftest import MakeWorld
from tests.features.world import at, event

DS = "20260131"


def test_entities_without_behavior_have_counts_of_zero(make_world: MakeWorld) -> None:
    world = make_world(Solution(features=Features(periods=(1,))))
    world.put_users(DS, [{"user_id": 1, "age": 20}, {"user_id": 2}])
    world.put_items(DS, [{"item_id": 5, "category": "c"}])
    world.put_behavior(DS, [event("1", "5", "click", event_time=at(DS)), event("7", "5", event_time=at(DS))])
    world.run(feature_nodes(world.solution), DS)
    active, idle = world.rows(TableNames(world.solution).all_feat(TableRole.USER), DS)
    assert (active["user_id"], active["age"], active["user__cnt_click_1d"]) == ("1", 20.0, 1)
    assert active["user__kv_category_click_1d"] == "c:1"
    assert (idle["user__cnt_click_1d"], idle["user__ratio_click_expr_1d"]) == (0, None)
    assert idle["user__kv_category_click_1d"] is None
    [item] = world.rows(TableNames(world.solution).all_feat(TableRole.ITEM), DS)
    assert item["item__cnt_click_user_id_1d"] == 2, "users who left the user table still count"


def test_the_table_holds_exactly_the_listed_features() -> None:
    solution = Solution()
    for side in (TableRole.USER, TableRole.ITEM):
        columns = [field.name for field in all_feat.fields(solution, side)]
        assert columns[1:] == [spec.name for spec in feature_specs(solution) if spec.side is side]
