"""The join of a day's behavior with its user and item."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DataTables, ItemTable, Solution
from pairec_cli.features import preprocess, wide
from tests.features.conftest import MakeWorld
from tests.features.world import at, event

DS = "20260131"


def test_each_behavior_carries_its_user_and_item_of_that_day(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    for ds, gender in (("20260130", "m"), (DS, "f")):
        world.put_users(ds, [{"user_id": 1, "gender": gender}])
        world.put_items(ds, [{"item_id": 2, "category": f"c{gender}"}])
    known, stranger = event("1", "2", event_time=at(DS)), event("8", "9", event_time=at(DS))
    world.put_behavior(DS, [known, stranger])
    world.run([*preprocess.nodes(world.solution), wide.node(world.solution)], DS)
    rows = {row["user_id"]: row for row in world.rows(TableNames(world.solution).wide(), DS)}
    assert (rows["1"]["gender"], rows["1"]["category"]) == ("f", "cf")
    assert (rows["8"]["gender"], rows["8"]["category"]) == (None, None)
    assert rows["8"]["event"] == "click"


def test_columns_of_one_name_are_told_apart(make_world: MakeWorld) -> None:
    tables = DataTables(item=ItemTable(categorical=("category", "city")))
    world = make_world(Solution(data_tables=tables))
    fields = {field.name: field.expression for field in wide.fields(world.solution)}
    assert fields["user_city"] == "u.city"
    assert fields["item_city"] == "i.city"
    assert "city" not in fields
