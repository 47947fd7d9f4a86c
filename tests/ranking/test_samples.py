"""The whole way from the logs of a generated world to encoded rows."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.datagen.world import World as Generated
from pairec_cli.datagen.world import WorldConfig
from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import DataTables, Features, ItemTable, Ranking, Solution, UserTable
from pairec_cli.domain.tables import DEMO_COLUMNS, TableRole, TableSchema
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.samples import sample_nodes
from tests.features.world import World
from tests.ranking import twin
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row

DAYS = 3
SOLUTION = Solution(
    data_tables=DataTables(
        user=UserTable(categorical=("gender",), numeric=("age",)), item=ItemTable(numeric=("click_count",))
    ),
    features=Features(periods=(2,), key_behaviors=("expr", "click")),
    ranking=Ranking(training_days=DAYS, sequence_length=5, combos=(("gender", "category"),)),
)
SAMPLES = {
    "home_rank_label_table_v1",
    "home_rec_sln_demo_behavior_table_v1_pre_t_agg_v1",
    "home_user_id_pre_t_seq_v1",
    "home_user_id_t_seq_v1",
    "home_user_id_all_seq_feat_v1",
    "pairec_fs_home_rank_v1_training_set",
}
ENCODED = ["home_rank_vocabulary_v1", "home_rank_fg_encoded_v1", "home_rank_fg_encoded_eval_v1"]


def fill(world: World) -> None:
    """Sources and features of every day that the labels need, then all sample nodes."""
    generated = Generated(WorldConfig(epoch=shift(DS, -10), users=40, items=60, events_per_day=300))
    makers = {
        TableRole.USER: generated.users,
        TableRole.ITEM: generated.items,
        TableRole.BEHAVIOR: generated.behavior,
    }
    days = [shift(DS, -day) for day in reversed(range(DAYS + 2))]
    names, nodes = TableNames(world.solution), feature_nodes(world.solution)
    for role, make in makers.items():
        world.warehouse.create_table(TableSchema(names.source(role), DEMO_COLUMNS[role]))
        for ds in days:
            world.warehouse.write(names.source(role), ds, make(ds))
    samples = sample_nodes(world.solution)
    daily = [node for node in samples if node.name in SAMPLES]
    for place, ds in enumerate(days):
        world.run(nodes if place else nodes[:4], ds)
        if place == 1:
            world.run([node for node in daily if node.name == names.pre_t_agg()], ds)
        elif place:
            world.run(daily, ds)
    world.run([node for node in samples if node.name in ENCODED], DS)


def test_nodes_come_after_those_they_read() -> None:
    nodes = sample_nodes(SOLUTION)
    assert [node.name for node in nodes][-3:] == ENCODED
    assert {node.name for node in nodes[:-3]} == SAMPLES
    made = {str(table) for node in feature_nodes(SOLUTION) for table in node.outputs}
    for node in nodes:
        assert set(node.inputs) <= made, node.name
        made |= set(node.outputs)


def test_a_solution_that_does_not_rank_has_no_samples() -> None:
    assert sample_nodes(Solution()) == []
    assert sample_nodes(Solution(ranking=Ranking(enabled=False))) == []


def test_a_model_without_sequences_has_no_sequence_tables() -> None:
    nodes = sample_nodes(Solution(ranking=Ranking(exclude=("click_50_seq",))))
    assert not any("seq" in node.name or "pre_t" in node.name for node in nodes)


def test_a_form_that_names_nothing_is_refused() -> None:
    with pytest.raises(InvalidConfig):
        sample_nodes(Solution(ranking=Ranking(select=("nothing",))))


def test_encoded_rows_and_labels_are_those_of_a_generated_world(make_world: MakeWorld) -> None:
    world = make_world(SOLUTION)
    fill(world)
    check_encoding(world)
    check_labels(world)


def check_encoding(world: World) -> None:
    names, features = TableNames(SOLUTION), model_features(SOLUTION)
    known: dict[str, dict[str, int]] = {feature.vocabulary: {} for feature in features}
    for row in world.rows(names.ranking("rank", "vocabulary"), DS):
        known[row["vocabulary"]][row["value"]] = row["id"]
    assert len(known["item_id"]) > 20
    for days, part in (((2, 1), "fg_encoded"), ((0,), "fg_encoded_eval")):
        raw = [r for day in days for r in by_key(world.rows(names.training_set("rank"), shift(DS, -day)))]
        found = by_key(world.rows(names.ranking("rank", part), DS), "label_ds", "__item_id__")
        assert len(raw) == len(found) > 150
        for given, row in zip(raw, found, strict=True):
            assert (row["__user_id__"], row["is_click"]) == (given["user_id"], given["is_click"])
            for feature in features:
                expected: Any = twin.encode(feature, given, known)
                expected = pytest.approx(expected, rel=1e-12) if feature.is_dense else expected
                assert row[feature.name] == expected, feature.name
        clicked = sum(row["is_click"] for row in found)
        assert 0 < clicked < len(found) / 2
        assert any(row["click_5_seq__item_id"].count(";") == 4 for row in found)


def by_key(rows: list[Row], day: str = "ds", item: str = "item_id") -> list[Row]:
    return sorted(rows, key=lambda row: (row.get(day, ""), row["request_id"], row[item]))


def check_labels(world: World) -> None:
    """Rows are the impressions of the log, positives its clicks on them."""
    names = TableNames(SOLUTION)
    log = world.rows(names.source(TableRole.BEHAVIOR).table, DS)
    shown = {(r["request_id"], r["user_id"], r["item_id"]) for r in log if r["event"] == "expr"}
    clicked = {(r["request_id"], r["user_id"], r["item_id"]) for r in log if r["event"] == "click"}
    labels = world.rows(names.ranking("rank", "label_table"), DS)
    assert len(labels) == len(shown)
    assert sum(row["is_click"] for row in labels) == len(shown & clicked) > 0
