"""Cleaning, on rows one can check by eye."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import (
    BehaviorTable,
    DataTables,
    DerivedFeature,
    Features,
    ItemTable,
    Solution,
    UserTable,
)
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import preprocess
from tests.features.conftest import MakeWorld
from tests.features.world import at, event

DS = "20260131"
USER = {
    "user_id": 1,
    "gender": "f",
    "city": "Oslo",
    "age": 20,
    "register_time": at("20260101"),
    "tags": "a|b",
}


def test_users_have_text_ids_clean_texts_and_ages_in_days(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    world.put_users(DS, [USER | {"city": "a:b,c;d#e", "register_time": at("20260101", 23)}])
    world.run(preprocess.node(world.solution, TableRole.USER), DS)
    [row] = world.rows(TableNames(world.solution).preprocess(TableRole.USER), DS)
    assert row["user_id"] == "1"
    assert row["city"] == "a_b_c_d_e"
    assert row["register_time"] == 30
    assert row["age"] == 20.0
    assert row["tags"] == "a|b"
    assert row["follow_cnt"] is None


def test_ages_are_never_negative_and_unknown_times_stay_unknown(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    items = [
        {"item_id": 1, "pub_time": at("20260205")},
        {"item_id": 2},
        {"item_id": 3, "pub_time": at(DS, 12), "author": 7},
    ]
    world.put_items(DS, items)
    world.run(preprocess.node(world.solution, TableRole.ITEM), DS)
    rows = world.rows(TableNames(world.solution).preprocess(TableRole.ITEM), DS)
    assert [row["pub_time"] for row in rows] == [0, None, 0]
    assert rows[2]["author"] == "7"


def test_ids_that_would_end_an_entry_of_a_list_are_left_out(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    pairs = [("1", "2"), ("1:1", "2"), ("1", "2,3"), ("1", "2;3"), ("1", "#2"), ("1", "2-3_4.5 |é")]
    world.put_behavior(DS, [event(user, item, event_time=at(DS)) for user, item in pairs])
    world.run(preprocess.node(world.solution, TableRole.BEHAVIOR), DS)
    rows = world.rows(TableNames(world.solution).preprocess(TableRole.BEHAVIOR), DS)
    assert sorted((row["user_id"], row["item_id"]) for row in rows) == [("1", "2"), ("1", "2-3_4.5 |é")]


def test_only_the_days_rows_with_an_id_are_kept_once(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    twice = [USER | {"age": 20}, USER | {"age": 31}, USER | {"user_id": None}]
    world.put_users("20260130", [USER | {"user_id": 9}])
    for rows in (twice, twice[::-1]):
        world.put_users(DS, rows)
        world.run(preprocess.node(world.solution, TableRole.USER), DS)
        [row] = world.rows(TableNames(world.solution).preprocess(TableRole.USER), DS)
        assert row["age"] == 31.0, "the greatest copy is kept, whatever the row order"


def test_derived_features_see_the_registered_columns(make_world: MakeWorld) -> None:
    derived = (
        DerivedFeature(name="young", expression="if(age < 30, 'y:es', 'no')"),
        DerivedFeature(name="fans", expression="follower_cnt * 2", type="BIGINT", kind="numeric"),
        DerivedFeature(name="year", side="item", expression="year(from_unixtime(pub_time))", type="BIGINT"),
    )
    world = make_world(Solution(features=Features(derived=derived)))
    world.put_users(DS, [USER | {"follower_cnt": 4}])
    world.put_items(DS, [{"item_id": 1, "pub_time": at("20250101")}])
    names = TableNames(world.solution)
    for role in (TableRole.USER, TableRole.ITEM):
        world.run(preprocess.node(world.solution, role), DS)
    [user] = world.rows(names.preprocess(TableRole.USER), DS)
    [item] = world.rows(names.preprocess(TableRole.ITEM), DS)
    assert (user["young"], user["fans"], item["year"]) == ("y_es", 8, 2025)


def test_tags_keep_their_separator(make_world: MakeWorld) -> None:
    world = make_world(Solution(data_tables=DataTables(user=UserTable(tag_separator=","))))
    world.put_users(DS, [USER | {"tags": "a:1,b;2"}])
    world.run(preprocess.node(world.solution, TableRole.USER), DS)
    [row] = world.rows(TableNames(world.solution).preprocess(TableRole.USER), DS)
    assert row["tags"] == "a_1,b_2"


def test_behavior_gets_its_usual_names_and_calendar(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    time = at(DS, 13) + 59
    world.put_behavior(DS, [event("1", "2", "click", event_time=time, playtime=2.5, net_type="4g;x")])
    world.run(preprocess.node(world.solution, TableRole.BEHAVIOR), DS)
    [row] = world.rows(TableNames(world.solution).preprocess(TableRole.BEHAVIOR), DS)
    assert row == {
        "request_id": "r",
        "user_id": "1",
        "item_id": "2",
        "event": "click",
        "event_value": 2.5,
        "event_unix_time": time,
        "scene": "home",
        "day_h": 13,
        "week_day": 5,  # a Saturday
        "page": "home",
        "playtime": 2.5,
        "net_type": "4g_x",
        "ds": DS,
    }


def test_behavior_without_ids_or_event_is_left_out(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    broken = [{"user_id": None}, {"user_id": ""}, {"item_id": None}, {"item_id": ""}, {"event": None}]
    rows = [event("1", "2", event_time=at(DS)) | change for change in ({}, {"page": None}, *broken)]
    world.put_behavior(DS, rows)
    world.run(preprocess.node(world.solution, TableRole.BEHAVIOR), DS)
    kept = world.rows(TableNames(world.solution).preprocess(TableRole.BEHAVIOR), DS)
    assert sorted(str(row["scene"]) for row in kept) == ["None", "home"]


def test_tables_may_name_and_partition_their_columns_otherwise(make_world: MakeWorld) -> None:
    tables = DataTables(
        behavior=BehaviorTable(
            table="log", event="act", event_value=None, event_time="t", scene=None, request_id=None,
            user_id="uid", item_id="iid", user_categorical=(), lifecycle=30,
        ),
        user=UserTable(
            table="people", user_id="id", register_time=None, categorical=(), numeric=(), tags=()
        ),
        item=ItemTable(
            table="things", item_id="id", author=None, pub_time=None, categorical=("kind",), numeric=(),
        ),
    )  # fmt: skip
    world = make_world(Solution(name="s", data_tables=tables))
    world.put("people", DS, [{"id": "u1"}], [Column("id", "STRING")])
    world.put("things", DS, [{"id": 5, "kind": "k"}], [Column("id", "BIGINT"), Column("kind", "STRING")])
    columns = [Column(name, "STRING") for name in ("uid", "iid", "act")] + [Column("t", "BIGINT")]
    world.put("log", DS, [{"uid": "u1", "iid": "5", "act": "click", "t": at(DS)}], columns)
    world.run(preprocess.nodes(world.solution), DS)
    assert world.rows("s_people_preprocess_v1", DS) == [{"user_id": "u1", "ds": DS}]
    assert world.rows("s_things_preprocess_v1", DS) == [{"item_id": "5", "kind": "k", "ds": DS}]
    [row] = world.rows("s_log_preprocess_v1", DS)
    assert (row["user_id"], row["item_id"], row["event"], row["event_value"]) == ("u1", "5", "click", None)
    assert "LIFECYCLE 30" in preprocess.node(world.solution, TableRole.BEHAVIOR).script
