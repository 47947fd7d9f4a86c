"""Sequences: what stood before a request, in a slow twin too, and nothing of what came after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pairec_cli.domain.ds import shift, unix_start
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DerivedFeature, Features, Ranking, Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.ranking import sequences
from tests.features.world import World
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row, behave, put_attributes, put_log

LENGTH, WINDOW = 3, 4
SOLUTION = Solution(
    features=Features(periods=(1, WINDOW)),
    ranking=Ranking(sequence_length=LENGTH, sequence_events=("click", "praise")),
)
YESTERDAY = shift(DS, -1)


def before(days: int, second: int = 0) -> dict[str, Any]:
    return {"event_unix_time": unix_start(shift(DS, -days)) + second, "ds": shift(DS, -days)}


def run(world: World, log: list[Row], items: list[Row] | None = None) -> None:
    """Run the nodes for the day before DS and for DS. Rows of `log` may name their day."""
    names = TableNames(world.solution)
    for days in range(WINDOW + 1):
        ds = shift(DS, -days)
        put_log(world, [row for row in log if row.get("ds", DS) == ds], ds)
    for ds in (YESTERDAY, DS):
        put_attributes(world, TableRole.ITEM, items or [], ds)
    assert world.solution.ranks is not None
    for node in sequences.nodes(world.solution, world.solution.ranks):
        if node.name == names.pre_t_agg():
            world.run(node, YESTERDAY)
        world.run(node, DS)


def per_request(world: World) -> dict[tuple[str, str], Row]:
    rows = world.rows(TableNames(world.solution).sequence("all_seq_feat"), DS)
    return {(row["user_id"], row["request_id"]): row for row in rows}


def items_of(make_world: MakeWorld, log: list[Row], solution: Solution = SOLUTION) -> dict[str, str | None]:
    """The clicked items of each request."""
    world = make_world(solution)
    run(world, log)
    column = f"click_{LENGTH}_seq__item_id"
    return {request: row[column] for (_, request), row in per_request(world).items()}


def shown(second: int | None, request: str = "q", user: str = "u", item: str = "x") -> Row:
    return behave(user, item, "expr", second, request_id=request)


def test_items_of_the_day_come_first_then_those_of_the_days_before(make_world: MakeWorld) -> None:
    log = [behave("u", "old", "click", **before(2)), behave("u", "older", "click", **before(3))]
    log += [behave("u", "today", "click", 50), shown(100)]
    world = make_world(SOLUTION)
    run(world, log, [{"item_id": "today", "category": "c", "author": "a"}])
    row = per_request(world)["u", "q"]
    assert row["click_3_seq__item_id"] == "today;old;older"
    assert row["click_3_seq__category"] == "c;;"
    assert row["click_3_seq__author"] == "a;;"
    assert row["click_3_seq__ts"] == f"50;{2 * 86400 + 100};{3 * 86400 + 100}"
    assert row["praise_3_seq__item_id"] is None


def test_an_item_is_there_once_with_its_latest_time(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", **before(1)), behave("u", "1", "click", 20), shown(100)]
    log += [behave("u", "1", "click", 10), behave("u", "2", "click", 15)]
    assert items_of(make_world, log) == {"q": "1;2"}


def test_it_is_cut_to_the_length(make_world: MakeWorld) -> None:
    log = [behave("u", f"d{second}", "click", second) for second in range(1, 6)]
    log += [behave("u", "h", "click", **before(1)), shown(100)]
    assert items_of(make_world, log) == {"q": "d5;d4;d3"}


def test_only_what_came_strictly_before_the_request_counts(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", 99), behave("u", "2", "click", 100), behave("u", "3", "click", 101)]
    assert items_of(make_world, [*log, shown(100)]) == {"q": "1"}


def test_a_request_never_sees_itself(make_world: MakeWorld) -> None:
    own = [behave("u", "9", "click", 40, request_id="q"), behave("u", "1", "click", 30), shown(100)]
    assert items_of(make_world, own) == {"q": "1"}, "its click was logged before its impression"


def test_users_and_events_are_apart(make_world: MakeWorld) -> None:
    log = [behave("v", "1", "click", 5), behave("u", "2", "praise", 5), shown(100)]
    assert items_of(make_world, log) == {"q": None}


def test_a_request_that_shows_nothing_has_no_sequence(make_world: MakeWorld) -> None:
    assert items_of(make_world, [behave("u", "1", "click", 5)]) == {}


def test_a_request_of_a_new_user_has_no_sequence(make_world: MakeWorld) -> None:
    assert items_of(make_world, [shown(100)]) == {}


def test_history_ends_with_its_window(make_world: MakeWorld) -> None:
    log = [behave("u", "in", "click", **before(WINDOW)), shown(100)]
    assert items_of(make_world, log) == {"q": "in"}, "four days up to the day before"
    short = SOLUTION.model_copy(update={"features": Features(periods=(1, WINDOW - 1))})
    assert items_of(make_world, log, short) == {}


def test_behavior_without_a_time_is_in_no_sequence(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", None), behave("u", "2", "click", 3), shown(100)]
    assert items_of(make_world, log) == {"q": "2"}


def test_a_request_without_a_time_has_the_days_before(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "click", 3), behave("u", "2", "click", **before(1)), shown(None)]
    assert items_of(make_world, log) == {"q": "2"}


def test_behavior_that_a_day_before_holds_but_that_comes_later_is_left_out(make_world: MakeWorld) -> None:
    late = behave("u", "1", "click", 200) | {"ds": YESTERDAY}
    assert items_of(make_world, [late, shown(100)]) == {}


def test_without_request_ids_each_item_is_a_request(make_world: MakeWorld) -> None:
    log = [behave("u", "1", "expr", 10), behave("u", "1", "click", 12), behave("u", "2", "expr", 20)]
    found = items_of(make_world, [row | {"request_id": None} for row in log])
    assert found == {"no_request_2": "1"}


def test_the_history_that_serving_reads_ends_with_its_day(make_world: MakeWorld) -> None:
    young = DerivedFeature(name="kind", side="item", expression="length(title)", type="BIGINT")
    solution = SOLUTION.model_copy(update={"features": Features(periods=(WINDOW,), derived=(young,))})
    world = make_world(solution)
    log = [
        behave("u", "1", "click", 7),
        behave("u", "2", "click", **before(1)),
        behave("u", "3", "praise", 9),
    ]
    run(world, log, [{"item_id": "1", "category": "c", "kind": 12}])
    (row,) = world.rows(TableNames(solution).sequence("pre_t_seq"), DS)
    assert row["user_id"] == "u"
    assert (row["click_3_seq__item_id"], row["praise_3_seq__item_id"]) == ("1;2", "3")
    assert (row["click_3_seq__category"], row["click_3_seq__kind"]) == ("c;", "12;")
    assert row["click_3_seq__ts"] == f"{unix_start(DS) + 7};{unix_start(YESTERDAY)}", "Unix seconds"
    assert row["praise_3_seq__category"] == "", "one item, of which nothing is known"


def test_attributes_are_those_of_the_day_before(make_world: MakeWorld) -> None:
    world = make_world(SOLUTION)
    run(world, [behave("u", "1", "click", 5), shown(100)], [{"item_id": "1", "category": "c"}])
    put_attributes(world, TableRole.ITEM, [{"item_id": "1", "category": "new"}], DS)
    assert world.solution.ranks is not None
    whole = sequences.nodes(world.solution, world.solution.ranks)[-1]
    world.run(whole, DS)
    assert per_request(world)["u", "q"]["click_3_seq__category"] == "c"


def test_a_form_without_sequence_events_has_no_such_nodes() -> None:
    assert sequences.nodes(Solution(ranking=Ranking(sequence_events=())), Ranking(sequence_events=())) == []


def twin(log: list[Row], user: str, request: str) -> str | None:
    """The clicked items of a request, by the words of the module."""
    own = [row for row in log if (row["user_id"], row["request_id"], row["ds"]) == (user, request, DS)]
    asked = min(row["event_unix_time"] for row in own)
    clicks = [
        r for r in log if r["user_id"] == user and r["event"] == "click" and r["event_unix_time"] < asked
    ]
    order = sorted({(-row["event_unix_time"], row["item_id"]) for row in clicks if row["ds"] == DS})
    history: dict[str, int] = {}
    for row in clicks:
        if row["ds"] < DS:
            item = row["item_id"]
            history[item] = max(history.get(item, 0), row["event_unix_time"])
    kept = sorted((-time, item) for item, time in history.items())[:LENGTH]
    met: dict[str, int] = {}
    for negative, item in [*_latest_events(order), *kept]:
        met[item] = max(met.get(item, 0), -negative)
    return ";".join(item for _, item in sorted((-time, item) for item, time in met.items())[:LENGTH]) or None


def _latest_events(order: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The last LENGTH events; of equal times the last item ids, as the SQL's window has them."""
    ascending = sorted((-negative, item) for negative, item in order)
    return [(-time, item) for time, item in ascending[-LENGTH:]]


@pytest.mark.parametrize("seed", range(3))
def test_sequences_equal_their_slow_twin(make_world: MakeWorld, seed: int) -> None:
    rng = np.random.default_rng(seed)
    log = []
    for _ in range(500):
        ds = shift(DS, -int(rng.choice([0, 0, 1, 2])))
        event, user = rng.choice(["click", "click", "expr"]), f"u{rng.integers(4)}"
        time: Row = {"event_unix_time": unix_start(ds) + int(rng.integers(60)), "ds": ds}
        row = behave(user, f"i{rng.integers(9)}", str(event), **time)
        log.append(row | {"request_id": f"{ds}-{rng.integers(12)}"})
    world = make_world(SOLUTION)
    run(world, log)
    found = per_request(world)
    requests = {(r["user_id"], r["request_id"]) for r in log if r["ds"] == DS and r["event"] == "expr"}
    expected = {(user, request): twin(log, user, request) for user, request in requests}
    assert {key: row["click_3_seq__item_id"] for key, row in found.items()} == {
        key: text for key, text in expected.items() if text is not None
    }
    assert len(found) > 20
