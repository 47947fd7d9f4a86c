"""User2ItemExposureFilter on Redis lists, Hologres rows and MySQL rows."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import DataError, InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.sources import DaoConf
from pairec_cli.domain.stages import Aftermath, RequestContext, Resources
from pairec_cli.online.memory import MemorySources
from tests.filters.contract import FilterContract, context, item
from tests.filters.sources import HISTORY, NOW, Clock, Down, batches, memory, resources, table

REDIS = DaoConf("redis", "redis_info", "shown_")
HOLOGRES = DaoConf("hologres", hologres_name="holo", hologres_table_name="shown")
MYSQL = DaoConf("mysql", mysql_name="m", mysql_table="article_log")
ITEMS = "abcd"


def request(scene: str = "home", size: int = 2, uid: str = "u1", **keys: Any) -> RequestContext:
    return RequestContext(RecommendRequest(uid, scene, size, **keys), {"uid": uid})


class ExposureContract(FilterContract):
    """Filters on a source in memory; `sources` is made anew for each."""

    clock: Clock
    sources: MemorySources

    def setup_method(self) -> None:
        self.clock = Clock()
        self.sources = memory(
            self.clock,
            shown=table(HISTORY),
            article_log=table("create table article_log(article_id text, uid text, add_time int)"),
        )

    def resources(self) -> Resources:
        if not hasattr(self, "sources"):
            self.setup_method()
        return resources(self.sources)

    def kept(self, stage: Any, asked: RequestContext | None = None) -> str:
        return "".join(one.id for one in stage.apply([item(id) for id in ITEMS], asked or request()))

    def answer(self, stage: Any, asked: RequestContext | None = None) -> str:
        """One request: filtered, cut, written. What was shown."""
        asked = asked or request()
        shown = stage.apply([item(id) for id in ITEMS], asked)[: asked.request.size]
        stage.after_answer(shown, asked)
        return "".join(one.id for one in shown)


class EverySource(ExposureContract):
    """What holds whatever the source is."""

    kind = "User2ItemExposureFilter"

    def test_what_was_shown_is_not_shown_again(self) -> None:
        stage = self.make(write_log=True)
        assert [self.answer(stage) for _ in range(3)] == ["ab", "cd", ""]

    def test_two_answers_in_one_second_are_both_remembered(self) -> None:
        keyed = HISTORY.replace("int4 not null", "int4 not null, primary key(uid, create_time)")
        self.sources = memory(
            self.clock,
            shown=table(keyed),
            article_log=table("create table article_log(article_id text, uid text, add_time int)"),
        )
        stage = self.make(write_log=True)
        assert [self.answer(stage) for _ in range(3)] == ["ab", "cd", ""]

    def test_users_do_not_share_a_history(self) -> None:
        stage = self.make(write_log=True)
        assert self.answer(stage) == "ab"
        assert self.answer(stage, request(uid="u2")) == "ab"
        assert self.answer(stage, request(uid="u2' or '1'='1")) == "ab"

    def test_nothing_is_written_without_write_log_nor_for_excluded_scenes_nor_of_nothing(self) -> None:
        silent = self.make()
        excluding = self.make(write_log=True, write_log_exclude_scenes=("detail",))
        assert [self.answer(silent) for _ in range(2)] == ["ab", "ab"]
        assert [self.answer(excluding, request("detail")) for _ in range(2)] == ["ab", "ab"]
        excluding.after_answer([], request())
        assert self.kept(silent) == ITEMS

    def test_every_scene_is_written_unless_told_otherwise(self) -> None:
        stage = self.make(write_log=True)
        stage.after_answer([item("a")], request("search"))
        own = self.make(write_log=True, write_log_only_where_used=True)
        own.after_answer([item("b")], request("search"))
        assert self.kept(stage) == "bcd"
        assert self.answer(own) == "bc"
        assert self.kept(stage) == "d"

    def test_a_short_answer_clears_the_history_in_the_named_scene_alone(self) -> None:
        stage = self.make(write_log=True, clear_log_if_not_enough_scene="home")
        assert self.answer(stage, request(size=3)) == "abc"
        assert self.answer(stage, request("detail", size=3)) == "d"
        assert self.answer(stage, request(size=3)) == ""
        assert self.kept(stage) == ITEMS

    def test_the_flag_marks_instead_of_dropping(self) -> None:
        stage = self.make(write_log=True, only_log_user_expose_flag=True)
        self.answer(stage)
        marked = stage.apply([item(id) for id in ITEMS], request())
        assert [one.properties.get("_is_exposure_") for one in marked] == [1, 1, None, None]


class TestOnRedis(EverySource):
    config = {"dao_conf": REDIS}


class TestOnHologres(EverySource):
    config = {"dao_conf": HOLOGRES}


class TestOnMysql(EverySource):
    config = {"dao_conf": MYSQL}


class TestUser2ItemExposureFilter(ExposureContract):
    kind = "User2ItemExposureFilter"
    config = {"dao_conf": HOLOGRES}

    def test_it_has_an_aftermath(self) -> None:
        assert isinstance(self.make(), Aftermath)

    def test_limits_of_redis(self) -> None:
        self.sources.lists.lists["shown_u1"] = batches((10, ["a"]), (20, ["b"]), (500, ["c"]))
        assert self.kept(self.make(dao_conf=REDIS)) == "d"
        assert self.kept(self.make(dao_conf=REDIS, max_items=1)) == "bcd"
        assert self.kept(self.make(dao_conf=REDIS, time_interval=100)) == "cd"

    def test_limits_of_hologres(self) -> None:
        for ago, joined in ((10, "a"), (20, "b"), (500, "c")):
            self.sources.database.execute("insert into shown values ('u1', ?, ?)", (joined, NOW - ago))
        assert self.kept(self.make()) == "d"
        assert self.kept(self.make(max_items=1)) == "bcd"
        assert self.kept(self.make(time_interval=100)) == "cd"
        assert self.kept(self.make(filter_type_version="v2", max_items=5)) == "d"
        assert self.kept(self.make(filter_type_version="v2")) == ITEMS
        self.clock.now += 90 * 86_400
        assert self.kept(self.make(filter_type_version="v2", max_items=5)) == ITEMS

    def test_the_data_of_an_item_and_a_user_may_be_expressions(self) -> None:
        stage = self.make(
            write_log=True,
            generate_item_data_expr="sprintf('%s_%v', item_id, item.cat)",
            generate_user_data_expr="uid + '_' + context.features.device",
        )
        asked = request(features={"device": "pc"})
        items = [item("a", cat="x"), item("b", cat="y")]
        stage.after_answer(items[:1], asked)
        assert self.sources.database.rows("shown") == [("u1_pc", "a_x", NOW)]
        assert [one.id for one in stage.apply(items, asked)] == ["b"]

    def test_without_a_user_key_nothing_is_dropped_or_written(self) -> None:
        stage = self.make(write_log=True, generate_user_data_expr="context.features.device")
        assert [self.answer(stage) for _ in range(2)] == ["ab", "ab"]
        assert self.sources.database.rows("shown") == []

    def test_where_the_item_expression_fails_the_id_counts(self) -> None:
        stage = self.make(write_log=True, generate_item_data_expr="item.tags.first")
        assert [self.answer(stage) for _ in range(2)] == ["ab", "cd"]

    def test_a_source_that_fails_raises_and_so_costs_the_filter_alone(self) -> None:
        stage = self.registry.load(self.kind)("e", self.make().config, resources(Down()))
        with pytest.raises(DataError, match="no connection"):
            self.kept(stage)

    @pytest.mark.parametrize(
        ("dao", "path"),
        [
            (DaoConf(), "DaoConf.AdapterType: is missing"),
            (DaoConf("sqlite"), "DaoConf.AdapterType: 'sqlite' is not served"),
            (DaoConf("hologres"), "DaoConf.HologresTableName: is missing"),
            (DaoConf("hologres", hologres_table_name="a; drop table b"), "is not the name of a table"),
        ],
    )
    def test_a_source_that_cannot_be_is_refused(self, dao: DaoConf, path: str) -> None:
        with pytest.raises(InvalidConfig, match=path):
            self.make(dao_conf=dao)

    def test_what_has_no_effect_is_doubted(self) -> None:
        config = self.registry.load(self.kind).Config
        doubted = config(filter_type_version="v2", generate_item_data_func_name="mine")
        assert [key for key, _, _ in doubted.doubts()] == ["GenerateItemDataFuncName", "MaxItems"]
        assert list(config(generate_item_data_func_name="package.module:function").doubts()) == []

    def test_no_candidates_ask_nothing(self) -> None:
        stage = self.registry.load(self.kind)("e", self.make().config, resources(Down()))
        assert stage.apply([], context()) == []
