"""ItemCustomFilter."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Resources
from pairec_cli.filters.item_custom import FilterVal
from tests.filters.contract import FilterContract, context, item
from tests.filters.sources import Clock, Down, Unreachable, memory, resources, table

DAO = DaoConf("hologres", hologres_name="holo", hologres_table_name="blocked")


class TestItemCustomFilter(FilterContract):
    kind = "ItemCustomFilter"
    config = {"dao_conf": DAO, "filter_val": FilterVal("item_id", "state = 1"), "time_interval": 600}

    def setup_method(self) -> None:
        rows = [("a", 1), ("b", 0), ("c", 1), ("a,d", 1)]
        self.sources = memory(blocked=table("create table blocked(item_id text, state int)", *rows))

    def resources(self) -> Resources:
        if not hasattr(self, "sources"):
            self.setup_method()
        return resources(self.sources)

    def kept(self, stage: Any, asked: Any = None) -> str:
        return "".join(one.id for one in stage.apply([item(id) for id in "abcd"], asked or context()))

    def test_listed_items_go_and_commas_are_not_split(self) -> None:
        assert self.kept(self.make()) == "bd"
        assert self.kept(self.make(filter_val=FilterVal("item_id"))) == "d"

    def test_the_list_is_read_again_after_the_interval(self) -> None:
        stage = self.make()
        clock = stage.clock = Clock()
        assert self.kept(stage) == "bd"
        self.sources.database.execute("update blocked set state = 1")
        clock.now += 599
        assert self.kept(stage) == "bd"
        clock.now += 1
        assert self.kept(stage) == "d"

    def test_an_empty_list_leaves_the_one_before_but_is_asked_for_again_while_there_is_none(self) -> None:
        stage = self.make()
        clock = stage.clock = Clock()
        self.kept(stage)
        self.sources.database.execute("delete from blocked")
        clock.now += 600
        assert self.kept(stage) == "bd"
        empty = self.make()
        assert self.kept(empty) == "abcd"
        self.sources.database.execute("insert into blocked values ('b', 1)")
        assert self.kept(empty) == "acd"

    def test_a_source_that_fails_leaves_the_list_before_with_a_note_or_raises(self) -> None:
        stage = self.make()
        clock = stage.clock = Clock()
        self.kept(stage)
        stage.list.database = Unreachable()
        clock.now += 600
        asked = context()
        assert self.kept(stage, asked) == "bd"
        assert asked.notes == ["an older list was used: no connection"]
        kind = self.registry.load(self.kind)
        with pytest.raises(DataError):
            self.kept(kind("ic", kind.Config(**self.config), resources(Down())))

    def test_a_column_must_be_named(self) -> None:
        with pytest.raises(InvalidConfig, match="SelectCol: is missing"):
            self.make(filter_val=FilterVal())
