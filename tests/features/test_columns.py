"""Names of columns, on every side."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.solution import (
    BehaviorTable,
    DataTables,
    DerivedFeature,
    Features,
    ItemTable,
    Solution,
    UserTable,
)
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.columns import Kind, attributes, context_attributes, entity_attributes, event_fields


def solution(
    behavior: BehaviorTable | None = None,
    user: UserTable | None = None,
    item: ItemTable | None = None,
    derived: tuple[DerivedFeature, ...] = (),
) -> Solution:
    tables = DataTables(
        behavior=behavior or BehaviorTable(), user=user or UserTable(), item=item or ItemTable()
    )
    return Solution(data_tables=tables, features=Features(derived=derived))


def wide_names(solution: Solution, role: TableRole) -> list[str]:
    return [attribute.wide for attribute in attributes(solution, role)]


def test_the_demo_needs_no_prefixes() -> None:
    demo = Solution()
    assert wide_names(demo, TableRole.USER) == [
        "net_type", "register_time", "gender", "city", "age", "item_cnt", "follow_cnt", "follower_cnt",
        "tags",
    ]  # fmt: skip
    assert wide_names(demo, TableRole.ITEM) == [
        "author", "pub_time", "category", "click_count", "praise_count",
    ]  # fmt: skip


def test_a_name_that_both_tables_use_gets_its_side() -> None:
    both = solution(item=ItemTable(categorical=("category", "city")))
    assert "user_city" in wide_names(both, TableRole.USER)
    assert "item_city" in wide_names(both, TableRole.ITEM)
    assert [a.field.name for a in entity_attributes(both, TableRole.ITEM)].count("city") == 1


def test_capitals_make_no_other_name() -> None:
    both = solution(item=ItemTable(categorical=("category", "City")))
    assert "user_city" in wide_names(both, TableRole.USER)
    assert "item_City" in wide_names(both, TableRole.ITEM)


def test_a_name_of_the_behavior_log_stays_with_the_log() -> None:
    both = solution(behavior=BehaviorTable(user_categorical=("net_type", "city")))
    assert wide_names(both, TableRole.USER)[:2] == ["net_type", "city"]
    assert "user_city" in wide_names(both, TableRole.USER)
    reserved = solution(user=UserTable(categorical=("scene",)))
    assert "user_scene" in wide_names(reserved, TableRole.USER)


def test_event_fields_repeat_the_scene_and_value_under_their_own_names() -> None:
    names = [field.name for field in event_fields(Solution())]
    assert names[:9] == [
        "request_id", "user_id", "item_id", "event", "event_value", "event_unix_time", "scene", "day_h",
        "week_day",
    ]  # fmt: skip
    assert names[9:] == ["page", "playtime"]
    same = solution(behavior=BehaviorTable(scene="scene", event_value="event_value"))
    assert [field.name for field in event_fields(same)] == names[:9]


def test_fields_that_a_log_does_not_have_are_null() -> None:
    bare = solution(behavior=BehaviorTable(request_id=None, scene=None, event_value=None))
    expressions = {field.name: field.expression for field in event_fields(bare)}
    assert expressions["request_id"] == expressions["scene"] == "CAST(NULL AS STRING)"
    assert expressions["event_value"] == "CAST(NULL AS DOUBLE)"
    assert "page" not in expressions


def test_context_attributes_are_told_apart_by_side() -> None:
    log = solution(
        behavior=BehaviorTable(user_numeric=("battery",), item_categorical=("slot",), item_numeric=("price",))
    )
    user = {a.wide: a.kind for a in context_attributes(log, TableRole.USER)}
    item = {a.wide: a.kind for a in context_attributes(log, TableRole.ITEM)}
    assert user == {"net_type": Kind.CATEGORICAL, "battery": Kind.NUMERIC}
    assert item == {"slot": Kind.CATEGORICAL, "price": Kind.NUMERIC}


def test_derived_features_join_their_side() -> None:
    young = DerivedFeature(name="young", expression="if(age < 30, 'y', 'n')")
    ratio = DerivedFeature(
        name="rate", side="item", expression="praise_count / click_count", type="DOUBLE", kind="numeric"
    )
    found = solution(derived=(young, ratio))
    assert entity_attributes(found, TableRole.USER)[-1].kind is Kind.CATEGORICAL
    assert entity_attributes(found, TableRole.ITEM)[-1].kind is Kind.NUMERIC


def test_a_column_given_twice_is_refused() -> None:
    again = DerivedFeature(name="city", expression="'x'")
    with pytest.raises(InvalidConfig, match="'city' is given 2 times"):
        entity_attributes(solution(derived=(again,)), TableRole.USER)
