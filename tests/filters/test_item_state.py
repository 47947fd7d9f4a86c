"""ItemStateFilter."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.conditions import FilterParam
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.feature_transforms import FeatureConf
from pairec_cli.domain.sources import ItemStateDaoConf
from pairec_cli.domain.stages import RequestContext, Resources
from tests.filters.contract import FilterContract, context, item
from tests.filters.sources import Clock, Down, memory, resources, table

DDL = "create table item_state(item_id text, state int4, price float8, title text)"
ROWS = [("a", 1, 10, "tea"), ("b", 0, 20.0, "cup"), ("c", 1, 30.5, None)]
ON_SALE = FilterParam("state", "", "equal", "int", 1)
UNSOLD = FilterParam("state", "", "not_equal", "int", 0)


def dao(**keys: Any) -> ItemStateDaoConf:
    given = {"item_field_name": "item_id", "select_fields": "state, price, title", **keys}
    return ItemStateDaoConf("hologres", hologres_table_name="item_state", **given)


class TestItemStateFilter(FilterContract):
    kind = "ItemStateFilter"
    config = {"item_state_dao_conf": dao(), "filter_params": (ON_SALE,)}

    def setup_method(self) -> None:
        self.sources = memory(item_state=table(DDL, *ROWS))

    def resources(self) -> Resources:
        if not hasattr(self, "sources"):
            self.setup_method()
        return resources(self.sources)

    def run(self, stage: Any, ids: str = "abcd", asked: RequestContext | None = None) -> list[Item]:
        return list(stage.apply([item(id, own=id) for id in ids], asked or context()))

    def kept(self, stage: Any, ids: str = "abcd", asked: RequestContext | None = None) -> str:
        return "".join(one.id for one in self.run(stage, ids, asked))

    def test_rows_that_meet_the_conditions_stay_with_their_columns_as_properties(self) -> None:
        first, second = self.run(self.make())
        assert (first.id, second.id) == ("a", "c")
        assert first.properties == {"own": "a", "state": 1, "price": 10.0, "title": "tea"}
        assert isinstance(first.properties["price"], float)
        assert second.properties == {"own": "c", "state": 1, "price": 30.5}

    def test_conditions_see_the_row_alone_until_features_show_them_all(self) -> None:
        mine = FilterParam("own", "", "in", "string", ["a", "b"])
        assert self.kept(self.make(filter_params=(mine,))) == ""
        doubled = FeatureConf("new_feature", "double", feature_store="item", normalizer="expression")
        doubled = doubled.replace(expression="price * 2")
        found = self.run(self.make(filter_params=(mine,), features=(doubled,)))
        assert [(one.id, one.properties["double"]) for one in found] == [("a", 20.0), ("b", 40.0)]

    def test_a_missing_row_is_an_empty_one_or_the_defaults(self) -> None:
        assert self.kept(self.make(filter_params=(UNSOLD,))) == "acd"
        closed = dao(default_field_values={"state": 0})
        assert self.kept(self.make(filter_params=(UNSOLD,), item_state_dao_conf=closed)) == "ac"
        open_ = dao(default_field_values={"state": 1, "price": 5.0})
        found = self.run(self.make(item_state_dao_conf=open_))
        assert [one.id for one in found] == ["a", "c", "d"]
        assert found[-1].properties == {"own": "d", "state": 1, "price": 5.0}

    def test_missing_rows_may_be_dropped_unless_there_are_defaults(self) -> None:
        assert self.kept(self.make(filter_params=(UNSOLD,), missing_rows="drop")) == "ac"
        clause = dao(where_clause="price >= 20 or price < 0")
        assert self.kept(self.make(filter_params=(), item_state_dao_conf=clause)) == "abcd"
        assert self.kept(self.make(filter_params=(), item_state_dao_conf=clause, missing_rows="drop")) == "bc"
        defaults = dao(default_field_values={"state": 1})
        assert self.kept(self.make(item_state_dao_conf=defaults, missing_rows="drop")) == "acd"
        with pytest.raises(InvalidConfig, match="MissingRows: must be drop or absent"):
            self.make(missing_rows="keep")

    def test_a_row_without_columns_is_not_missing(self) -> None:
        bare = dao(select_fields="")
        stage = self.make(item_state_dao_conf=bare, filter_params=(), missing_rows="drop")
        assert self.kept(stage) == "abc"

    def test_copies_of_an_id_are_decided_together_and_the_last_takes_the_properties(self) -> None:
        first, second = self.run(self.make(), "aba")
        assert (first.id, second.id) == ("a", "a")
        assert (len(first.properties), len(second.properties)) == (1, 4)

    def test_the_key_may_be_an_expression(self) -> None:
        self.sources.database.execute("insert into item_state values ('hz_b', 1, 1.0, 't')")
        stage = self.make(generate_user_data_expr="user.city + '_' + item.item_id")
        assert self.kept(stage, asked=context(city="hz")) == "b"
        assert self.kept(stage) == "ac", "where it fails the id is the key"

    def test_rows_that_cannot_be_read_leave_their_items_with_a_note(self) -> None:
        kind = self.registry.load(self.kind)
        stage = kind("s", kind.Config(**self.config), resources(Down()))
        asked = context()
        assert self.kept(stage, asked=asked) == "abcd"
        assert asked.notes == ["4 items were not checked: no connection"]

    def test_remembered_rows_age_from_when_they_were_read_and_so_do_missing_ones(self) -> None:
        stage = self.make(item_state_cache_size=100, item_state_cache_time=60)
        clock = stage.cache.clock = Clock()
        assert self.kept(stage) == "ac"
        self.sources.database.execute("update item_state set state = 0 where item_id = 'a'")
        self.sources.database.execute("insert into item_state values ('d', 1, 1.0, 't')")
        clock.now += 59
        found = self.run(stage)
        assert [one.id for one in found] == ["a", "c"]
        assert found[0].properties["title"] == "tea"
        clock.now += 1
        assert self.kept(stage) == "cd"

    def test_an_integer_key_is_met_by_its_decimal_text(self) -> None:
        self.sources = memory(item_state=table(DDL.replace("item_id text", "item_id int8"), (7, 1, 1.0, "t")))
        assert self.kept(self.make(), "78") == "7"

    @pytest.mark.parametrize(
        ("conf", "path"),
        [
            ({"item_state_dao_conf": dao(item_field_name="")}, "ItemStateDaoConf.ItemFieldName: is missing"),
            ({"features": (FeatureConf("raw"),)}, r"Features\[0\].FeatureType: 'raw' is not served"),
            ({"generate_user_data_expr": "user."}, "GenerateUserDataExpr"),
        ],
    )
    def test_what_cannot_work_is_refused(self, conf: dict[str, Any], path: str) -> None:
        with pytest.raises(InvalidConfig, match=path):
            self.make(**conf)

    def test_a_where_clause_alone_is_doubted(self) -> None:
        config = self.registry.load(self.kind).Config
        alone = config(dao(where_clause="state = 1"))
        ((key, message, _),) = alone.doubts()
        assert key == "ItemStateDaoConf.WhereClause"
        assert '"MissingRows": "drop"' in message
        assert list(alone.replace(missing_rows="drop").doubts()) == []
        assert list(alone.replace(filter_params=(ON_SALE,)).doubts()) == []
