"""Labels: one row per impression, and what becomes of odd logs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import BehaviorTable, DataTables, Features, Ranking, RankingTarget, Solution
from pairec_cli.ranking import label_table
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row, behave, put_log

CLICK = RankingTarget()
PRAISE = RankingTarget(name="is_praise", expression="max(if(event='praise',1,0))", depends=("is_click",))


def labels(make_world: MakeWorld, log: list[Row], solution: Solution | None = None) -> list[Row]:
    """The label rows of DS, in the order of request, user and item."""
    solution = solution or Solution(ranking=Ranking())
    world = make_world(solution)
    put_log(world, log)
    assert solution.ranks is not None
    world.run(label_table.node(solution, solution.ranks), DS)
    names = TableNames(solution)
    rows = world.rows(names.ranking("rank", "label_table"), DS)
    return sorted(rows, key=lambda row: (row["request_id"], row[names.user_id], row[names.item_id]))


def picked(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def test_an_impression_is_a_row_and_its_request_gives_the_labels(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr", 10), behave("u", "1", "click", 12, playtime=4.0)]
    log += [behave("u", "1", "click", 20, playtime=2.5), behave("u", "2", "expr", 10)]
    log += [behave("u", "2", "click", 90, request_id="other")]
    found = labels(make_world, log)
    assert picked(found, "request_id", "user_id", "item_id", "is_click") == [
        ("r", "u", "1", 1.0),
        ("r", "u", "2", 0.0),
    ]
    assert found[0]["ln_playtime"] == pytest.approx(math.log(7.5))
    assert found[1]["ln_playtime"] == 0.0, "the sum of nothing is no label that a trainer can read"
    assert picked(found, "sample_weight") == [(1.0,), (1.0,)]


def test_the_hour_and_the_weekday_are_those_of_the_first_impression(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr", 7 * 3600 + 5), behave("u", "1", "expr", 9 * 3600)]
    (row,) = labels(make_world, [*log, behave("u", "1", "click", 3)])
    assert (row["day_h"], row["week_day"]) == (7, 5), "the last of January 2026 is a Saturday"
    assert row["event_unix_time"] == behave("u", "1", "expr", 7 * 3600 + 5)["event_unix_time"]


def test_several_impressions_are_one_row_with_the_greatest_context(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr", 5, net_type="4g"), behave("u", "1", "expr", 6, net_type="5g")]
    log += [behave("u", "1", "click", 7, net_type="wifi"), behave("u", "2", "expr", 5, net_type=None)]
    assert picked(labels(make_world, log), "item_id", "net_type") == [("1", "5g"), ("2", None)]


def test_what_the_log_holds_twice_counts_once(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr"), behave("u", "1", "click", 4, playtime=3.0)]
    once, twice = labels(make_world, log), labels(make_world, log * 2)
    assert once == twice
    assert once[0]["ln_playtime"] == pytest.approx(math.log(4))


def test_a_click_that_was_not_shown_makes_no_row(make_world: MakeWorld) -> None:
    assert labels(make_world, [behave("u", "1", "click"), behave("u", "2", "praise")]) == []


def test_without_an_impression_event_the_first_key_behavior_stands_in(make_world: MakeWorld) -> None:
    buy = RankingTarget(name="is_buy", expression="max(if(event='buy',1,0))")
    ranking = Ranking(targets=(buy,), rank_score="${probs_is_buy}")
    solution = Solution(features=Features(key_behaviors=("click", "buy")), ranking=ranking)
    log = [behave("u", "1", "click"), behave("u", "1", "buy", 4), behave("u", "2", "click")]
    found = labels(make_world, [*log, behave("u", "3", "expr")], solution)
    assert picked(found, "item_id", "is_buy") == [("1", 1.0), ("2", 0.0)]


def test_without_request_ids_a_row_is_a_user_an_item_and_a_day(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr"), behave("u", "1", "expr", 50), behave("u", "1", "click", 60)]
    log += [behave("u", "2", "expr", 60), behave("v", "1", "expr", 70)]
    found = labels(make_world, [row | {"request_id": None} for row in log])
    assert picked(found, "user_id", "item_id", "is_click") == [
        ("u", "1", 1.0),
        ("v", "1", 0.0),
        ("u", "2", 0.0),
    ]
    assert len({(row["user_id"], row["request_id"]) for row in found}) == 3
    empty = labels(make_world, [row | {"request_id": ""} for row in log])
    assert empty == found


def test_requests_of_one_id_by_two_users_stay_apart(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr"), behave("v", "1", "expr"), behave("v", "1", "click")]
    assert picked(labels(make_world, log), "user_id", "is_click") == [("u", 0.0), ("v", 1.0)]


def test_only_impressions_in_the_rankings_scenes_train(make_world: MakeWorld) -> None:
    solution = Solution(ranking=Ranking(scenes=("home:top", "detail")))
    log = [behave("u", "1", "expr", scene="home_top"), behave("u", "1", "click", scene="player")]
    log += [behave("u", "2", "expr", scene="search"), behave("u", "3", "expr", scene=None)]
    found = labels(make_world, log, solution)
    assert picked(found, "item_id", "scene", "is_click") == [("1", "home_top", 1.0)]


def test_the_sample_weight_is_an_aggregate_too(make_world: MakeWorld) -> None:
    ranking = Ranking(sample_weight="sum(if(event='click', playtime, null)) - 1")
    log = [behave("u", "1", "expr"), behave("u", "1", "click", playtime=5.0), behave("u", "2", "expr")]
    log += [behave("u", "3", "expr"), behave("u", "3", "click", playtime=0.5)]
    found = labels(make_world, log, Solution(ranking=ranking))
    assert picked(found, "sample_weight") == [(4.0,), (1.0,), (0.0,)], "none is 1, none is below 0"


def test_a_label_may_name_the_value_and_the_scene_by_their_own_columns(make_world: MakeWorld) -> None:
    targets = (CLICK, PRAISE, RankingTarget(name="playtime", expression="sum(playtime)", type="regression"))
    detail = RankingTarget(name="in_detail", expression="""max(if(page="detail" and event='click', 1, 0))""")
    log = [behave("u", "1", "expr"), behave("u", "1", "click", playtime=5.0, page="detail")]
    ranking = Ranking(targets=(*targets, detail), rank_score="${probs_is_click}")
    (row,) = labels(make_world, log, Solution(ranking=ranking))
    assert (row["is_praise"], row["playtime"], row["in_detail"]) == (0.0, 5.0, 1.0)


def test_a_behavior_without_a_time_still_counts(make_world: MakeWorld) -> None:
    (row,) = labels(make_world, [behave("u", "1", "expr", None), behave("u", "1", "click", None)])
    assert (row["is_click"], row["event_unix_time"], row["day_h"]) == (1.0, None, None)


def test_a_day_without_impressions_is_an_empty_partition(make_world: MakeWorld) -> None:
    assert labels(make_world, []) == []


def test_columns_that_are_words_of_the_language_are_quoted(make_world: MakeWorld) -> None:
    log_table = BehaviorTable(user_categorical=("order",), user_numeric=("limit",))
    solution = Solution(data_tables=DataTables(behavior=log_table), ranking=Ranking())
    (row,) = labels(make_world, [behave("u", "1", "expr", order="a", limit=2.0)], solution)
    assert (row["order"], row["limit"]) == ("a", 2.0)
