"""Attributes and statistics in one row."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DataTables, Features, ItemTable, Solution, UserTable
from pairec_cli.domain.tables import Column, TableRole
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


def test_columns_may_be_named_like_words_of_the_language(make_world: MakeWorld) -> None:
    tables = DataTables(
        user=UserTable(
            table="u", user_id="id", register_time="date", categorical=("desc",), numeric=(), tags=()
        ),
        item=ItemTable(table="i", item_id="id", categorical=("order",), numeric=("limit",), author=None),
    )
    world = make_world(Solution(data_tables=tables, features=Features(periods=(1,))))
    strings = [Column(name, "STRING") for name in ("id", "desc", "order")]
    numbers = [Column(name, "BIGINT") for name in ("date", "limit", "pub_time")]
    world.put("u", DS, [{"id": "1", "desc": "d", "date": at("20260130")}], [*strings[:2], numbers[0]])
    world.put("i", DS, [{"id": "5", "order": "o", "limit": 3}], [strings[0], strings[2], *numbers[1:]])
    world.put_behavior(DS, [event("1", "5", "click", event_time=at(DS))])
    world.run(feature_nodes(world.solution), DS)
    [user] = world.rows(TableNames(world.solution).all_feat(TableRole.USER), DS)
    [item] = world.rows(TableNames(world.solution).all_feat(TableRole.ITEM), DS)
    assert (user["user_id"], user["desc"], user["date"]) == ("1", "d", 1)
    assert (user["user__kv_order_click_1d"], user["user__num_click_avg_limit_1d"]) == ("o:1", 3.0)
    assert (item["item_id"], item["order"], item["item__kv_desc_click_1d"]) == ("5", "o", "d:1")


def test_the_table_holds_exactly_the_listed_features() -> None:
    solution = Solution()
    for side in (TableRole.USER, TableRole.ITEM):
        columns = [field.name for field in all_feat.fields(solution, side)]
        assert columns[1:] == [spec.name for spec in feature_specs(solution) if spec.side is side]
