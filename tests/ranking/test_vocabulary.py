"""Vocabularies: which values get an id, and which days they are counted on."""

from __future__ import annotations

from collections import Counter

from pairec_cli.domain.ds import shift
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.ranking import vocabulary
from pairec_cli.ranking.feature_list import model_features
from tests.features.world import World
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row, put_training

YESTERDAY = shift(DS, -1)


def solution(select: tuple[str, ...], **more: object) -> Solution:
    return Solution(
        ranking=Ranking.model_validate({"select": select, "training_days": 3, "min_count": 1} | more)
    )


def learned(world: World, rows: list[Row]) -> dict[str, list[tuple[str, int, int]]]:
    """Vocabulary → (value, id, count) by id. Rows may name their day; without one they are yesterday's."""
    put_training(world, [{"ds": YESTERDAY} | row for row in rows], training_days=3)
    ranking = world.solution.ranks
    assert ranking is not None
    world.run(vocabulary.node(world.solution, ranking, model_features(world.solution)), DS)
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in world.rows(TableNames(world.solution).ranking("rank", "vocabulary"), DS):
        found.setdefault(row["vocabulary"], []).append((row["value"], row["id"], row["cnt"]))
    return {name: sorted(values, key=lambda value: value[1]) for name, values in found.items()}


def test_ids_follow_the_count_and_then_the_value(make_world: MakeWorld) -> None:
    world = make_world(solution(("category", "gender")))
    rows: list[Row] = [{"category": text, "gender": "f"} for text in ("b", "a", "c", "c", None, "")]
    assert learned(world, rows) == {
        "category": [("c", 2, 2), ("a", 3, 1), ("b", 4, 1)],
        "gender": [("f", 2, 6)],
    }


def test_only_the_days_that_train_are_counted(make_world: MakeWorld) -> None:
    days = {DS: "held out", YESTERDAY: "a", shift(DS, -2): "b", shift(DS, -3): "too old"}
    rows: list[Row] = [{"category": text, "ds": ds} for ds, text in days.items()]
    assert [value for value, _, _ in learned(make_world(solution(("category",))), rows)["category"]] == [
        "a",
        "b",
    ]


def test_rare_values_have_no_id(make_world: MakeWorld) -> None:
    rows: list[Row] = [{"category": text} for text in "aaabb"]
    assert learned(make_world(solution(("category",), min_count=3)), rows) == {"category": [("a", 2, 3)]}


def test_what_exceeds_the_embedding_table_has_no_id(make_world: MakeWorld) -> None:
    world = make_world(solution(("category",)))
    ranking = world.solution.ranks
    assert ranking is not None
    put_training(world, [{"category": f"c{n:02}", "ds": YESTERDAY} for n in range(30)], training_days=3)
    features = model_features(world.solution, {"category": 3})
    assert [feature.num_buckets for feature in features] == [16]
    world.run(vocabulary.node(world.solution, ranking, features), DS)
    rows = world.rows(TableNames(world.solution).ranking("rank", "vocabulary"), DS)
    assert sorted(row["id"] for row in rows) == list(range(2, 16))
    assert {row["value"] for row in rows} == {f"c{n:02}" for n in range(14)}


def test_tags_are_split(make_world: MakeWorld) -> None:
    rows: list[Row] = [{"tags": text} for text in ("x|y", "y||z", None, "", "y")]
    assert learned(make_world(solution(("tags",))), rows)["tags"] == [("y", 2, 3), ("x", 3, 1), ("z", 4, 1)]


def test_combinations_need_both_values(make_world: MakeWorld) -> None:
    world = make_world(solution(("gender_x_day_h",), combos=(("gender", "day_h"),)))
    rows: list[Row] = [
        {"gender": "f", "day_h": 7},
        {"gender": "f", "day_h": None},
        {"gender": "", "day_h": 7},
    ]
    assert learned(world, rows) == {"gender_x_day_h": [("f_7", 2, 1)]}


def test_items_of_sequences_share_the_vocabulary_of_items(make_world: MakeWorld) -> None:
    world = make_world(solution(("item_id", "click_50_seq"), sequence_length=50))
    rows: list[Row] = [{"item_id": "1", "click_50_seq__item_id": "8;9"}]
    found = learned(world, [*rows, {"item_id": "2", "click_50_seq__category": "c;c;;d"}])
    assert [value for value, _, _ in found["item_id"]] == ["1", "2"]
    assert found["category"] == [("c", 2, 2), ("d", 3, 1)], "no other feature has it: the sequence's own"


def test_a_model_of_numbers_alone_has_an_empty_vocabulary(make_world: MakeWorld) -> None:
    assert learned(make_world(solution(("age", "day_h"))), [{"age": 3.0}]) == {}


def test_counts_equal_a_slow_twin(make_world: MakeWorld) -> None:
    rows: list[Row] = [{"item_id": str(n % 7), "author": f"a{n % 3}"} for n in range(40)]
    found = learned(make_world(solution(("item_id", "author"), min_count=6)), rows)
    for name in ("item_id", "author"):
        counts = Counter(row[name] for row in rows)
        order = sorted((value for value in counts if counts[value] >= 6), key=lambda v: (-counts[v], v))
        assert found.get(name, []) == [(value, place, counts[value]) for place, value in enumerate(order, 2)]
