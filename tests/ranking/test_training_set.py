"""The training set: what was known before, and a planted leak that must be found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pairec_cli.domain.ds import shift, unix_start
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import (
    BehaviorTable,
    DataTables,
    Features,
    ItemTable,
    Ranking,
    Solution,
    UserTable,
)
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features import all_feat
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.ranking import label_table, sequences, training_set
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.samples import sample_nodes
from tests.features.world import World
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row

YESTERDAY = shift(DS, -1)
SMALL = Solution(features=Features(periods=(1, 2)), ranking=Ranking(sequence_length=4))


def put_features(world: World, role: TableRole, rows: list[Row], ds: str = YESTERDAY) -> None:
    columns = [Column(field.name, field.type) for field in all_feat.fields(world.solution, role)]
    world.put(TableNames(world.solution).all_feat(role), ds, rows, columns)


def put_labels(world: World, rows: list[Row]) -> None:
    ranking = ranked(world)
    columns = [Column(field.name, field.type) for field in label_table.fields(world.solution, ranking)]
    world.put(TableNames(world.solution).ranking("rank", "label_table"), DS, rows, columns)


def put_sequences(world: World, rows: list[Row]) -> None:
    names = TableNames(world.solution)
    keys = [Column(names.user_id, "STRING"), Column("request_id", "STRING")]
    world.put(names.sequence("all_seq_feat"), DS, rows, [*keys, *sequences.columns(world.solution)])


def ranked(world: World) -> Ranking:
    assert world.solution.ranks is not None
    return world.solution.ranks


def joined(world: World) -> dict[tuple[str, str, str], Row]:
    features = model_features(world.solution)
    world.run(training_set.node(world.solution, ranked(world), features), DS)
    names = TableNames(world.solution)
    rows = world.rows(names.training_set("rank"), DS)
    return {(row["request_id"], row[names.user_id], row[names.item_id]): row for row in rows}


def test_features_of_the_day_before_and_sequences_of_the_request(make_world: MakeWorld) -> None:
    world = make_world(SMALL)
    put_labels(world, [{"request_id": "r", "user_id": "u", "item_id": "1", "is_click": 1.0, "day_h": 7}])
    put_features(world, TableRole.USER, [{"user_id": "u", "gender": "f", "user__cnt_click_1d": 3}])
    put_features(world, TableRole.USER, [{"user_id": "u", "gender": "m", "user__cnt_click_1d": 9}], DS)
    put_features(world, TableRole.ITEM, [{"item_id": "1", "category": "c"}])
    rows = [{"user_id": "u", "request_id": "r", "click_4_seq__item_id": "8;9"}]
    put_sequences(world, [*rows, {"user_id": "v", "request_id": "r", "click_4_seq__item_id": "5"}])
    (row,) = joined(world).values()
    assert (row["gender"], row["user__cnt_click_1d"], row["category"]) == ("f", 3, "c")
    assert (row["click_4_seq__item_id"], row["is_click"], row["day_h"]) == ("8;9", 1.0, 7)


def test_users_and_items_that_are_new_keep_their_rows(make_world: MakeWorld) -> None:
    world = make_world(SMALL)
    put_labels(world, [{"request_id": "r", "user_id": "new", "item_id": "new", "is_click": 1.0}])
    put_features(world, TableRole.USER, [{"user_id": "u"}])
    put_features(world, TableRole.ITEM, [{"item_id": "1"}])
    put_sequences(world, [])
    (row,) = joined(world).values()
    features = {f.name for f in training_set.fields(SMALL, ranked(world), model_features(SMALL))}
    known = {field.name for field in label_table.fields(SMALL, ranked(world))}
    assert {row[name] for name in features - known} == {None}
    assert len(features - known) > 100


def test_columns_of_one_name_keep_their_sides_apart(make_world: MakeWorld) -> None:
    tables = DataTables(
        user=UserTable(user_id="id", categorical=("city",), numeric=(), tags=()),
        item=ItemTable(item_id="id", categorical=("city",), numeric=()),
    )
    world = make_world(Solution(data_tables=tables, ranking=Ranking(sequence_events=())))
    put_labels(world, [{"request_id": "r", "user_id": "1", "item_id": "1"}])
    put_features(world, TableRole.USER, [{"user_id": "1", "city": "of the user"}])
    put_features(world, TableRole.ITEM, [{"item_id": "1", "city": "of the item"}])
    (row,) = joined(world).values()
    assert (row["user_city"], row["item_city"]) == ("of the user", "of the item")


def test_only_what_the_model_reads_is_taken_over() -> None:
    ranking = Ranking(select=("user_id", "category", "user__kv_category_click_1d"), lookup_periods=1)
    solution = SMALL.model_copy(update={"ranking": ranking})
    node = training_set.node(solution, ranking, model_features(solution))
    fields = training_set.fields(solution, ranking, model_features(solution))
    labels = label_table.fields(solution, ranking)
    assert [f.name for f in fields[len(labels) :]] == ["user__kv_category_click_1d", "category"]
    assert not any("seq" in table for table in node.inputs)


TINY = Solution(
    data_tables=DataTables(
        behavior=BehaviorTable(event_values=("expr", "click")),
        user=UserTable(categorical=("gender",), numeric=("age",)),
        item=ItemTable(author=None, numeric=("click_count",)),
    ),
    features=Features(periods=(2,), key_behaviors=("expr", "click")),
    ranking=Ranking(sequence_length=4),
)


class Chain:
    """Three days of a small random world, all nodes up to the training set."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, np.random.default_rng(seed)
        self.days = [shift(DS, -days) for days in (2, 1, 0)]
        self.log = {ds: self._events(ds) for ds in self.days}
        self.ran = False
        self.today: dict[str, list[Row]] = {"users": self._users(""), "items": self._items("")}

    def _users(self, mark: str) -> list[Row]:
        return [
            {
                "user_id": user,
                "gender": f"g{user % 2}{mark}",
                "city": f"c{user}",
                "age": 20 + user + len(mark),
            }
            | {"tags": f"t{user}|t1{mark}", "register_time": unix_start(DS) - 86400 * (9 + len(mark))}
            for user in range(4)
        ]

    def _items(self, mark: str) -> list[Row]:
        return [
            {"item_id": item, "category": f"c{item % 3}{mark}", "author": item % 2, "click_count": item}
            | {"pub_time": unix_start(DS) - 86400 * (5 + len(mark))}
            for item in range(6)
        ]

    def _events(self, ds: str) -> list[Row]:
        """Requests of the morning, each with its clicks a little later."""
        found = []
        for number in range(8):
            at, user = unix_start(ds) + 900 * number, self._draw(4)
            for item in self.rng.permutation(6)[:3]:
                row = {"request_id": f"{ds}-{number}", "user_id": str(user), "item_id": str(item)}
                row |= {"page": "home", "net_type": f"n{self._draw(2)}"}
                found.append(row | {"event": "expr", "event_time": at})
                if self._draw(2):
                    seen = float(self._draw(50))
                    found.append(row | {"event": "click", "event_time": at + 60, "playtime": seen})
        return found

    def _draw(self, limit: int) -> int:
        return int(self.rng.integers(limit))

    def alter(self) -> None:
        """Change what happens on DS after its last request, and what the tables of DS say."""
        shown = [row for row in self.log[DS] if row["event"] == "expr"]
        for place in self.rng.choice(len(shown), 10):
            late = {
                "event": "click",
                "playtime": 99.0,
                "event_time": unix_start(DS) + 40_000 + self._draw(999),
            }
            self.log[DS].append(shown[place] | late)
        self.today = {"users": self._users("+"), "items": self._items("+")}

    def features(self, plant: dict[str, str] | None = None) -> dict[tuple[Any, ...], Row]:
        """Rows of the training set of DS without their labels. `plant` replaces texts in the scripts."""
        nodes = [_planted(node, plant or {}) for node in sample_nodes(self.world.solution)]
        if not self.ran:
            for ds in self.days[:-1]:
                self._run_features(ds)
            latest = TableNames(self.world.solution).pre_t_agg()
            self.world.run([node for node in nodes if node.name == latest], YESTERDAY)
        self.ran = True
        self._run_features(DS)
        table = TableNames(self.world.solution).training_set("rank")
        names = [node.name for node in nodes]
        self.world.run(nodes[: names.index(table) + 1], DS)
        labels = {target.name for target in ranked(self.world).targets}
        return {
            (row["request_id"], row["user_id"], row["item_id"]): {
                name: value for name, value in row.items() if name not in labels
            }
            for row in self.world.rows(table, DS)
        }

    def _run_features(self, ds: str) -> None:
        self.world.put_users(ds, self.today["users"] if ds == DS else self._users(""))
        self.world.put_items(ds, self.today["items"] if ds == DS else self._items(""))
        self.world.put_behavior(ds, self.log[ds])
        nodes = feature_nodes(self.world.solution)
        first = 4 if ds == self.days[0] else len(nodes)
        self.world.run(nodes[:first], ds)


def _planted(node: Node, plant: dict[str, str]) -> Node:
    script = node.script
    for old, new in plant.items():
        script = script.replace(old, new)
    return replace(node, script=script)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_comes_after_a_request_is_in_its_features(make_world: MakeWorld, seed: int) -> None:
    chain = Chain(make_world(TINY), seed)
    before = chain.features()
    chain.alter()
    after = chain.features()
    assert before == after
    assert len(before) == 24


LATER = "request.request_unix_time"
BEFORE, SAME = "WHERE ds = '${bizdate_1}'", "WHERE ds = '${bizdate}'"
USERS, ITEMS = "home_rec_sln_demo_user_table_v1", "home_rec_sln_demo_item_table_v1"
PLANTS = {
    "user features of the label's day": {f"{USERS}_all_feat_v1 {BEFORE}": f"{USERS}_all_feat_v1 {SAME}"},
    "item features of the label's day": {f"{ITEMS}_all_feat_v1 {BEFORE}": f"{ITEMS}_all_feat_v1 {SAME}"},
    "items clicked after the request": {
        f"met.event_unix_time < {LATER}": f"met.event_unix_time < {LATER} + 86400",
        f">= {LATER}": f">= {LATER} + 86400",
    },
    "attributes of sequence items on the label's day": {
        f"{ITEMS}_preprocess_v1 {BEFORE}": f"{ITEMS}_preprocess_v1 {SAME}"
    },
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_planted_leak_is_found(make_world: MakeWorld, plant: dict[str, str]) -> None:
    chain = Chain(make_world(TINY), 11)
    before = chain.features(plant)
    chain.alter()
    assert before != chain.features(plant)


def test_rows_and_labels_of_a_chain(make_world: MakeWorld) -> None:
    """The alteration that features do not see is seen by the labels."""
    chain = Chain(make_world(TINY), 3)
    chain.features()
    table = TableNames(TINY).training_set("rank")
    clicked = sum(row["is_click"] for row in chain.world.rows(table, DS))
    chain.alter()
    chain.features()
    assert sum(row["is_click"] for row in chain.world.rows(table, DS)) > clicked
