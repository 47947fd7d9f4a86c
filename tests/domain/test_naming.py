"""Names of generated tables, as PAI-Rec's generator gives them."""

from __future__ import annotations

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DataTables, Features, ItemTable, Solution, UserTable
from pairec_cli.domain.tables import TableName, TableRole

NAMES = TableNames(Solution(name="sln", features=Features(version="v2")))


def test_the_patterns() -> None:
    behavior = "sln_rec_sln_demo_behavior_table_v1"
    assert [
        NAMES.preprocess(TableRole.BEHAVIOR),
        NAMES.wide(),
        NAMES.static_feat(TableRole.USER),
        NAMES.static_feat(TableRole.ITEM),
        NAMES.all_feat(TableRole.ITEM),
        NAMES.recall("hot"),
        NAMES.recall("etrec", "i2i"),
        NAMES.sync(),
    ] == [
        f"{behavior}_preprocess_v2",
        f"{behavior}_wide_v2",
        "sln_user_id_static_feat_v2",
        "sln_item_id_static_feat_v2",
        "sln_rec_sln_demo_item_table_v1_all_feat_v2",
        "sln_hot_v2",
        "sln_etrec_i2i_v2",
        "sln_create_sync_onlinestore_v2",
    ]
    assert NAMES.qualified("t") == "project_mc.t"


def test_a_source_in_another_project_keeps_its_project() -> None:
    tables = DataTables(user=UserTable(table="shop.people"))
    names = TableNames(Solution(name="sln", data_tables=tables))
    assert names.source(TableRole.USER) == TableName("shop", "people")
    assert names.source(TableRole.ITEM).project == "project_mc"
    assert names.preprocess(TableRole.USER) == "sln_people_preprocess_v1"


@pytest.mark.parametrize(
    ("user", "item", "found"),
    [
        ("uid", "sku", ("uid", "sku")),
        ("id", "id", ("user_id", "item_id")),
        ("user_id", "item_id", ("user_id", "item_id")),
    ],
)
def test_join_ids_are_the_tables_own_unless_they_are_alike(
    user: str, item: str, found: tuple[str, str]
) -> None:
    tables = DataTables(user=UserTable(user_id=user), item=ItemTable(item_id=item))
    names = TableNames(Solution(data_tables=tables))
    assert (names.user_id, names.item_id) == found
