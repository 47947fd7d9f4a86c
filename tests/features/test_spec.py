"""The list of features: names, types, and which there are."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.solution import BehaviorTable, DataTables, Features, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.spec import FeatureKind, feature_specs, funnel_pairs, preferred_events, statistics


def names(solution: Solution, side: TableRole, kind: FeatureKind | None = None) -> list[str]:
    return [spec.name for spec in feature_specs(solution) if spec.side is side and kind in (None, spec.kind)]


ONE_WINDOW = Solution(features=Features(periods=(7,)))


def test_users_are_described_by_what_they_met() -> None:
    assert names(ONE_WINDOW, TableRole.USER, FeatureKind.COUNT) == [
        "user__cnt_expr_7d", "user__cnt_click_7d", "user__cnt_praise_7d",
    ]  # fmt: skip
    assert names(ONE_WINDOW, TableRole.USER, FeatureKind.RATIO) == [
        "user__ratio_click_expr_7d", "user__ratio_praise_expr_7d", "user__ratio_praise_click_7d",
    ]  # fmt: skip
    assert names(ONE_WINDOW, TableRole.USER, FeatureKind.KV) == [
        "user__kv_author_click_7d", "user__kv_author_praise_7d",
        "user__kv_category_click_7d", "user__kv_category_praise_7d",
    ]  # fmt: skip
    assert "user__kv_ratio_category_click_expr_7d" in names(ONE_WINDOW, TableRole.USER, FeatureKind.KV_RATIO)
    assert names(ONE_WINDOW, TableRole.USER, FeatureKind.NUMERIC) == [
        "user__num_click_sum_event_value_7d", "user__num_click_avg_event_value_7d",
        "user__num_praise_sum_event_value_7d", "user__num_praise_avg_event_value_7d",
        "user__num_click_avg_click_count_7d", "user__num_click_avg_praise_count_7d",
    ]  # fmt: skip


def test_items_are_described_by_their_users() -> None:
    counts = names(ONE_WINDOW, TableRole.ITEM, FeatureKind.COUNT)
    assert counts[3:] == [
        "item__cnt_expr_user_id_7d", "item__cnt_click_user_id_7d", "item__cnt_praise_user_id_7d",
    ]  # fmt: skip
    keys = {spec.attribute for spec in statistics(ONE_WINDOW, TableRole.ITEM) if spec.kind is FeatureKind.KV}
    assert keys == {"net_type", "gender", "city", "tags"}
    assert "item__num_click_avg_age_7d" in names(ONE_WINDOW, TableRole.ITEM, FeatureKind.NUMERIC)


def test_every_window_has_the_same_features() -> None:
    by_window: dict[int | None, set[str]] = {}
    for spec in feature_specs(Solution()):
        if spec.window:
            by_window.setdefault(spec.window, set()).add(spec.name.removesuffix(f"_{spec.window}d"))
    assert set(by_window) == {3, 7, 15}
    assert by_window[3] == by_window[7] == by_window[15]


def test_own_attributes_are_listed_first() -> None:
    own = [spec for spec in feature_specs(Solution()) if spec.kind is FeatureKind.PREPROCESS]
    assert [spec.name for spec in own if spec.side is TableRole.USER] == [
        "register_time", "gender", "city", "age", "item_cnt", "follow_cnt", "follower_cnt", "tags",
    ]  # fmt: skip
    assert {spec.name: spec.type for spec in own if spec.side is TableRole.ITEM} == {
        "author": "STRING", "pub_time": "BIGINT", "category": "STRING", "click_count": "DOUBLE",
        "praise_count": "DOUBLE",
    }  # fmt: skip


def test_scenes_are_counted_when_asked_for() -> None:
    solution = Solution(features=Features(periods=(3,), key_behaviors=("expr",), scene_counts=True))
    assert names(solution, TableRole.USER, FeatureKind.COUNT) == [
        "user__cnt_expr_3d", "user__cnt_expr_home_3d", "user__cnt_expr_detail_3d",
    ]  # fmt: skip


def test_a_single_event_is_its_own_preference() -> None:
    solution = Solution(features=Features(periods=(3,), key_behaviors=("expr",)))
    assert preferred_events(solution) == ("expr",)
    assert funnel_pairs(solution) == []
    assert names(solution, TableRole.USER, FeatureKind.RATIO) == []
    assert "user__kv_category_expr_3d" in names(solution, TableRole.USER, FeatureKind.KV)


def test_without_a_behavior_value_nothing_sums_it() -> None:
    tables = DataTables(behavior=BehaviorTable(event_value=None))
    found = names(Solution(data_tables=tables), TableRole.USER, FeatureKind.NUMERIC)
    assert found
    assert not any("event_value" in name for name in found)


def test_event_names_become_parts_of_column_names() -> None:
    tables = DataTables(behavior=BehaviorTable(event_values=("expr", "add-to cart")))
    solution = Solution(
        data_tables=tables, features=Features(periods=(3,), key_behaviors=("expr", "add-to cart"))
    )
    assert "user__ratio_add_to_cart_expr_3d" in names(solution, TableRole.USER)


def test_features_of_one_name_are_refused() -> None:
    tables = DataTables(behavior=BehaviorTable(event_values=("expr", "a-b", "a_b")))
    solution = Solution(data_tables=tables, features=Features(key_behaviors=("expr", "a-b", "a_b")))
    with pytest.raises(InvalidConfig, match="2 user features would be named 'user__cnt_a_b_3d'"):
        feature_specs(solution)
