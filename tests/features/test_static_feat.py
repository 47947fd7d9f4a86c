"""Statistics: every type worked by hand, all of them against a slow twin, and no look into the future."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DerivedFeature, Features, Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import static_feat, wide
from pairec_cli.features.spec import SIDES, statistics
from tests.features import twin
from tests.features.conftest import MakeWorld
from tests.features.world import World

DS = "20260131"
SHORT = Solution(features=Features(periods=(1, 3), kv_top_n=2))
Row = dict[str, Any]


def behave(user: str, item: str, what: str, days_ago: int = 0, **more: Any) -> Row:
    row = {"user_id": user, "item_id": item, "event": what, "scene": "home", "ds": shift(DS, -days_ago)}
    return row | {"author": f"a{item}", "category": f"c{item}"} | more


def put_wide(world: World, rows: list[Row]) -> None:
    """Write the wide table directly, a partition per day."""
    columns = [Column(field.name, field.type) for field in wide.fields(world.solution)]
    table = TableNames(world.solution).wide()
    for ds in sorted({row["ds"] for row in rows}):
        world.put(table, ds, [row for row in rows if row["ds"] == ds], columns)


def features(world: World, side: TableRole, rows: list[Row]) -> dict[str, Row]:
    """Features by entity id."""
    put_wide(world, rows)
    world.run(static_feat.node(world.solution, side), DS)
    found = world.rows(TableNames(world.solution).static_feat(side), DS)
    return {row[static_feat.key_column(world.solution, side)]: row for row in found}


def test_counts_and_ratios_follow_the_window(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr"), behave("u", "2", "expr", 1), behave("u", "2", "expr", 2)]
    log += [behave("u", "2", "click", 2), behave("u", "1", "praise", 3), behave("u", "1", "expr", 3)]
    row = features(make_world(SHORT), TableRole.USER, log)["u"]
    assert (row["user__cnt_expr_1d"], row["user__cnt_expr_3d"]) == (1, 3)
    assert (row["user__cnt_click_1d"], row["user__cnt_click_3d"], row["user__cnt_praise_3d"]) == (0, 1, 0)
    assert row["user__ratio_click_expr_1d"] == 0.0
    assert row["user__ratio_click_expr_3d"] == 0.333333
    assert row["user__ratio_praise_click_1d"] is None, "nothing to divide by"


def test_distinct_users_are_counted_once(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click"), behave("u", "1", "click"), behave("v", "1", "click", 2)]
    row = features(make_world(SHORT), TableRole.ITEM, log)["1"]
    assert (row["item__cnt_click_1d"], row["item__cnt_click_3d"]) == (2, 3)
    assert (row["item__cnt_click_user_id_1d"], row["item__cnt_click_user_id_3d"]) == (1, 2)
    assert row["item__cnt_expr_user_id_3d"] == 0


def test_preferences_are_ordered_by_count_then_key_and_cut(make_world: MakeWorld) -> None:
    clicks = [behave("u", item, "click") for item in ("3", "2", "2", "1")]
    row = features(make_world(SHORT), TableRole.USER, [*clicks, behave("u", "9", "expr")])["u"]
    assert row["user__kv_category_click_3d"] == "c2:2,c1:1"
    assert row["user__kv_category_praise_3d"] is None


def test_preference_ratios_need_both_events(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click"), *[behave("u", "1", "expr")] * 3]
    log += [behave("u", "2", "click"), *[behave("u", "2", "expr")] * 2, behave("u", "3", "expr")]
    log += [behave("u", "4", "click")]
    row = features(make_world(SHORT), TableRole.USER, log)["u"]
    assert row["user__kv_ratio_category_click_expr_3d"] == "c2:0.5,c1:0.3333"
    assert row["user__kv_ratio_category_praise_click_3d"] is None


def test_values_are_summed_and_averaged_where_there_are_any(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", event_value=value, click_count=3.0) for value in (1.0, 2.0, None)]
    log += [behave("u", "1", "expr", event_value=50.0, click_count=9.0)]
    row = features(make_world(SHORT), TableRole.USER, log)["u"]
    assert row["user__num_click_sum_event_value_1d"] == 3.0
    assert row["user__num_click_avg_event_value_1d"] == 1.5
    assert row["user__num_praise_avg_event_value_1d"] is None
    assert row["user__num_click_avg_click_count_1d"] == 3.0


def test_tags_are_split_before_they_are_counted(make_world: MakeWorld) -> None:
    log = [
        behave("u", "1", "click", tags="x|y|"),
        behave("v", "1", "click", tags="y"),
        behave("w", "1", "click"),
    ]
    row = features(make_world(SHORT), TableRole.ITEM, log)["1"]
    assert row["item__kv_tags_click_3d"] == "y:2,x:1"


def test_other_scenes_and_other_events_are_not_counted(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", scene="search"), behave("u", "1", "share")]
    log += [behave("v", "1", "click", scene="detail")]
    found = features(make_world(SHORT), TableRole.USER, log)
    assert list(found) == ["v"]


def test_scenes_are_counted_apart_when_asked_for(make_world: MakeWorld) -> None:
    solution = Solution(features=Features(periods=(1,), scene_counts=True))
    log = [behave("u", "1", "click", scene="detail"), *[behave("u", "1", "click")] * 2]
    row = features(make_world(solution), TableRole.USER, log)["u"]
    counted = [row[f"user__cnt_click{scene}_1d"] for scene in ("", "_home", "_detail")]
    assert counted == [3, 2, 1]


def test_derived_features_are_counted_like_any_attribute(make_world: MakeWorld) -> None:
    young = DerivedFeature(name="young", expression="if(age < 30, 'y', 'n')")
    solution = Solution(features=Features(periods=(1,), derived=(young,)))
    log = [behave("u", "1", "click", young="y"), behave("v", "1", "click", young="n")]
    row = features(make_world(solution), TableRole.ITEM, log)["1"]
    assert row["item__kv_young_click_1d"] == "n:1,y:1"


def test_an_event_name_may_hold_a_quote(make_world: MakeWorld) -> None:
    solution = Solution(features=Features(periods=(1,), key_behaviors=("expr", "it's")))
    row = features(make_world(solution), TableRole.USER, [behave("u", "1", "it's")])["u"]
    assert row["user__cnt_it_s_1d"] == 1


def random_log(seed: int, rows: int, last_days: int, ahead: int = 0) -> list[Row]:
    """Wide rows of a few users and items over the `last_days` days and `ahead` days of the future."""
    rng = np.random.default_rng(seed)

    def pick(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    return [
        {
            "user_id": f"u{rng.integers(12)}",
            "item_id": f"i{rng.integers(15)}",
            "event": pick("expr", "expr", "expr", "click", "praise"),
            "event_value": pick(None, 0.5, 1.25, 7.0),
            "scene": pick("home", "detail", "search", None),
            "ds": shift(DS, int(rng.integers(1 - last_days, 1 + ahead))),
            "net_type": pick("4g", "5g", None),
            "gender": pick("m", "f", ""),
            "city": f"city{rng.integers(6)}",
            "age": pick(20.0, 31.0, None),
            "tags": pick("x|y", "y", "z|x|w", None),
            "author": f"a{rng.integers(5)}",
            "category": f"c{rng.integers(7)}",
            "click_count": pick(1.0, 2.5, None),
        }
        for _ in range(rows)
    ]


@pytest.mark.parametrize("side", SIDES)
def test_every_feature_equals_its_slow_twin(make_world: MakeWorld, side: TableRole) -> None:
    solution = Solution(features=Features(periods=(1, 3, 7), kv_top_n=3, scene_counts=True))
    world = make_world(solution)
    rows = random_log(5, 3000, 9)
    found = features(world, side, rows)
    key = static_feat.key_column(solution, side)
    assert len(found) == (12 if side is TableRole.USER else 15)
    for entity, row in found.items():
        own = [r for r in rows if r[key] == entity]
        expected = {spec.name: twin.feature(spec, own, DS, solution) for spec in statistics(solution, side)}
        for name, value in expected.items():
            given = row[name]
            assert given == (pytest.approx(value) if isinstance(value, float) else value), (entity, name)


@pytest.mark.parametrize("side", SIDES)
def test_no_statistic_looks_behind_its_day(make_world: MakeWorld, side: TableRole) -> None:
    rows = random_log(6, 600, 4, ahead=3)
    past = [row for row in rows if row["ds"] <= DS]
    assert len(past) < len(rows)
    assert features(make_world(SHORT), side, rows) == features(make_world(SHORT), side, past)
