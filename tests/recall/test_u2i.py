"""Triggers and user lists, worked by hand over a small table of similar items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import preprocess
from pairec_cli.recall import u2i
from pairec_cli.recall.u2i import U2IConfig
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld

DS = "20260131"
PLAIN: dict[str, Any] = {
    "type": "test", "name": "r", "time_attenuation": 0, "normalize_trigger_lists": False, "drop_seen": False,
}  # fmt: skip
SIMILAR = (Column("item_id", "STRING"), Column("similar_item_ids", "STRING"))
PAIRS = (Column("user_id", "STRING"), Column("item_id", "STRING"))


def config(**fields: Any) -> U2IConfig:
    return U2IConfig(**PLAIN | fields)


def put_log(world: World, log: list[tuple[str, str, str, int]]) -> None:
    """(user, item, event, days ago) rows, preprocessed."""
    for days_ago in sorted({row[3] for row in log} | {0}):
        ds = shift(DS, -days_ago)
        rows = [event(u, i, what, event_time=at(ds)) for u, i, what, ago in log if ago == days_ago]
        world.put_behavior(ds, rows)
        world.run(preprocess.node(world.solution, TableRole.BEHAVIOR), ds)


def triggers(world: World, config: U2IConfig) -> dict[str, str]:
    """user → item:weight,…"""
    world.run(u2i.trigger_node(config, world.solution), DS)
    rows = world.rows(TableNames(world.solution).recall("r", u2i.TRIGGER), DS)
    return {row["user_id"]: row["item_ids"] for row in rows}


def lists(world: World, config: U2IConfig, similar: dict[str, str]) -> dict[str, dict[str, float]]:
    """user → item → score, in order, from the given similar items."""
    names = TableNames(world.solution)
    rows = [{"item_id": item, "similar_item_ids": text} for item, text in similar.items()]
    world.put(names.recall("r", u2i.SIMILAR), DS, rows, SIMILAR)
    triggers(world, config)
    world.run(u2i.u2i_node(config, world.solution), DS)
    return {
        row["user_id"]: {
            item: float(score) for item, score in (entry.split("::") for entry in row["item_ids"].split(","))
        }
        for row in world.rows(names.recall("r"), DS)
    }


def test_event_weights_fade_with_each_day_and_add_up(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "1", "praise", 1), ("u", "2", "click", 2)])
    assert triggers(world, config(time_attenuation=0.5)) == {"u": "1:2.0,2:0.25"}


def test_full_attenuation_leaves_today_only(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "2", "praise", 1), ("v", "2", "click", 1)])
    assert triggers(world, config(time_attenuation=1)) == {"u": "1:1.0"}


def test_the_heaviest_triggers_are_kept_and_ties_go_by_item(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", item, "click", 0) for item in ("4", "2", "3")] + [("u", "9", "praise", 0)])
    assert triggers(world, config(trigger_count=3)) == {"u": "9:2.0,2:1.0,3:1.0"}


def test_exposures_and_events_without_weight_make_no_trigger(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "expr", 0), ("u", "2", "click", 0), ("u", "3", "praise", 0)])
    weights = {"expr": 0, "click": 1}
    assert triggers(world, config(behavior_weights=weights)) == {"u": "2:1.0"}
    named = config(behavior_weights={"expr": 5, "click": 1}, trigger_events=["click"])
    assert triggers(world, named) == {"u": "2:1.0"}


def test_the_window_ends_the_triggers(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 1), ("u", "2", "click", 2)])
    assert triggers(world, config(behavior_window_days=2)) == {"u": "1:1.0"}


def test_scores_add_up_over_triggers_and_the_best_is_one(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "2", "praise", 0)])
    found = lists(world, config(), {"1": "7:0.5,8:0.4", "2": "8:0.2,9:0.3"})
    assert found == {"u": {"8": 1.0, "9": 0.75, "7": 0.625}}
    assert list(found["u"]) == ["8", "9", "7"]


def test_normalised_trigger_lists_have_the_same_say(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "2", "click", 0)])
    found = lists(world, config(normalize_trigger_lists=True), {"1": "7:0.9,8:0.9", "2": "9:0.1"})
    assert found == {"u": {"9": 1.0, "7": 0.5, "8": 0.5}}


def test_popular_candidates_are_held_back(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0)])
    users = [{"user_id": user, "item_id": item} for item, n in (("7", 4), ("8", 1)) for user in "abcd"[:n]]
    world.put(TableNames(world.solution).recall("r", u2i.INTERACTIONS), DS, users, PAIRS)
    found = lists(world, config(popularity_exponent=0.5), {"1": "7:0.5,8:0.4"})
    assert found == {"u": {"8": 1.0, "7": 0.625}}


def test_seen_items_are_dropped_before_the_best_is_one(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "8", "praise", 20), ("v", "1", "click", 0)])
    similar = {"1": "1:1.0,8:0.8,7:0.4"}
    assert lists(world, config(), similar)["u"] == {"1": 1.0, "8": 0.8, "7": 0.4}
    assert lists(world, config(drop_seen=True), similar) == {"u": {"7": 1.0}, "v": {"8": 1.0, "7": 0.5}}


def test_seen_may_mean_shown(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("u", "7", "expr", 0)])
    found = lists(world, config(drop_seen=True, seen_events=["expr"]), {"1": "1:1.0,7:0.4"})
    assert found == {"u": {"1": 1.0}}


def test_lists_are_cut_and_ties_go_by_item(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0)])
    found = lists(world, config(recall_count=2), {"1": "9:0.5,7:0.5,8:0.5"})
    assert list(found["u"]) == ["7", "8"]


def test_users_without_similar_items_have_no_row(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(world, [("u", "1", "click", 0), ("v", "5", "click", 0)])
    assert list(lists(world, config(), {"1": "7:0.5"})) == ["u"]


def test_lists_equal_a_slow_twin(make_world: MakeWorld) -> None:
    rng = np.random.default_rng(3)
    world = make_world(Solution())
    log = [(f"u{rng.integers(9)}", str(rng.integers(20)), str(rng.choice(["click", "praise", "expr"])),
            int(rng.integers(6))) for _ in range(250)]  # fmt: skip
    similar = {
        str(item): {str(other): round(float(rng.random()), 3) for other in rng.choice(20, 6, replace=False)}
        for item in range(18)
    }
    chosen = config(
        time_attenuation=0.3, trigger_count=5, recall_count=6, behavior_window_days=4,
        normalize_trigger_lists=True, drop_seen=True, seen_events=["praise"],
    )  # fmt: skip
    put_log(world, log)
    texts = {item: ",".join(f"{o}:{s}" for o, s in others.items()) for item, others in similar.items()}
    found = lists(world, chosen, texts)
    expected = _twin(log, similar, chosen)
    assert set(found) == set(expected)
    for user, scores in expected.items():
        assert found[user] == pytest.approx(scores, abs=2e-6), user


def _twin(
    log: list[tuple[str, str, str, int]], similar: dict[str, dict[str, float]], config: U2IConfig
) -> dict[str, dict[str, float]]:
    """The three formulas of the module's head, as loops."""
    lists: dict[str, dict[str, float]] = {}
    for user in {row[0] for row in log}:
        own = [row[1:] for row in log if row[0] == user]
        weights: dict[str, float] = {}
        for item, what, ago in own:
            if ago < config.behavior_window_days and what in config.weights:
                kept = (1 - config.time_attenuation) ** ago
                weights[item] = weights.get(item, 0) + config.weights[what] * kept
        best = sorted(weights.items(), key=lambda entry: (-round(entry[1], 9), entry[0]))
        scores: dict[str, float] = {}
        for trigger, weight in best[: config.trigger_count]:
            others = similar.get(trigger, {})
            for item, similarity in others.items():
                scores[item] = scores.get(item, 0) + weight * similarity / sum(others.values())
        met = {item for item, what, _ in own if what in config.seen_events}
        left = {item: score for item, score in scores.items() if item not in met}
        ranked = sorted(left.items(), key=lambda entry: (-entry[1], entry[0]))[: config.recall_count]
        if ranked:
            lists[user] = {item: score / ranked[0][1] for item, score in ranked}
    return lists


def test_interactions_are_each_pair_once(make_world: MakeWorld) -> None:
    world = make_world(Solution())
    put_log(
        world,
        [("u", "1", "click", 0), ("u", "1", "praise", 3), ("u", "2", "expr", 0), ("v", "1", "click", 5)],
    )
    chosen = config(training_days=5, behavior_window_days=5)
    world.engine.run_script(
        u2i.interactions(chosen, world.solution),
        parameters={"bizdate": DS, "bizdate_5": shift(DS, -5)},
        project="project_mc",
        fingerprint="f",
        command=None,
        log=lambda line: None,
    )
    rows = world.rows(TableNames(world.solution).recall("r", u2i.INTERACTIONS), DS)
    assert [(row["user_id"], row["item_id"]) for row in rows] == [("u", "1")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"behavior_weights": {"click": 0}}, "no trigger event has a behavior weight above 0"),
        ({"behavior_weights": {"click": -1}}, "greater than or equal to 0"),
        ({"trigger_events": []}, "at least 1 item"),
        ({"time_attenuation": 1.1}, "less than or equal to 1"),
        ({"trigger_count": 0}, "greater than or equal to 1"),
        ({"training_days": 7}, "behavior_window_days may not exceed training_days"),
    ],
)
def test_settings_that_cannot_work_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**fields)
