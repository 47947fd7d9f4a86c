"""User2ItemCustomFilter."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Resources
from tests.filters.contract import FilterContract, context, item
from tests.filters.sources import Clock, Down, memory, resources, table

DAO = DaoConf("hologres", hologres_name="holo", hologres_table_name="u2i")


class TestUser2ItemCustomFilter(FilterContract):
    kind = "User2ItemCustomFilter"
    config = {"dao_conf": DAO}

    def setup_method(self) -> None:
        rows = [("u1", "a,, b,"), ("u1", "d"), ("u2", "c"), ("u1", None)]
        self.sources = memory(u2i=table("create table u2i(user_id text, item_ids text)", *rows))

    def resources(self) -> Resources:
        if not hasattr(self, "sources"):
            self.setup_method()
        return resources(self.sources)

    def kept(self, stage: object) -> str:
        return "".join(one.id for one in stage.apply([item(id) for id in "abcd"], context()))  # type: ignore[attr-defined]  # any filter

    def test_the_ids_of_every_row_of_the_user_go_blanks_are_not_trimmed(self) -> None:
        assert self.kept(self.make()) == "bc"

    def test_mysql_is_served_as_the_page_says(self) -> None:
        assert self.kept(self.make(dao_conf=DaoConf("mysql", mysql_name="m", mysql_table="u2i"))) == "bc"

    def test_a_remembered_list_slides_with_its_use(self) -> None:
        stage = self.make(item_state_cache_size=10, item_state_cache_time=100)
        clock = stage.cache.clock = Clock()
        assert self.kept(stage) == "bc"
        self.sources.database.execute("update u2i set item_ids = 'c'")
        for _ in range(3):
            clock.now += 99
            assert self.kept(stage) == "bc"
        clock.now += 100
        assert self.kept(stage) == "abd"

    def test_an_empty_list_is_not_remembered(self) -> None:
        self.sources.database.execute("delete from u2i")
        stage = self.make(item_state_cache_size=10)
        assert self.kept(stage) == "abcd"
        self.sources.database.execute("insert into u2i values ('u1', 'a')")
        assert self.kept(stage) == "bcd"

    def test_a_source_that_fails_raises(self) -> None:
        stage = self.registry.load(self.kind)
        with pytest.raises(DataError):
            self.kept(stage("uc", stage.Config(DAO), resources(Down())))

    def test_a_source_without_lists_is_refused(self) -> None:
        with pytest.raises(InvalidConfig, match=r"DaoConf\.AdapterType: redis holds no lists of users"):
            self.make(dao_conf=DaoConf("redis", "r", "p_"))
