"""Encoded rows: every form by hand, all of them against a slow twin over any values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.ds import shift
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import (
    BehaviorTable,
    DataTables,
    DerivedFeature,
    Features,
    ItemTable,
    Ranking,
    Solution,
    UserTable,
)
from pairec_cli.domain.tables import Column
from pairec_cli.ranking import fg_encoded, training_set
from pairec_cli.ranking.feature_list import model_features
from tests.features.world import World
from tests.ranking import twin
from tests.ranking.conftest import MakeWorld
from tests.ranking.rows import DS, Row, put_training

YESTERDAY = shift(DS, -1)
GRADE = DerivedFeature(name="grade", expression="age DIV 10", type="BIGINT")


def solution(**ranking: Any) -> Solution:
    """Every form of feature, and few of each."""
    return Solution(
        data_tables=DataTables(
            behavior=BehaviorTable(event_values=("expr", "click"), user_categorical=("net_type",)),
            user=UserTable(categorical=("gender",), numeric=("age",), tags=("tags",), register_time=None),
            item=ItemTable(author=None, categorical=("category",), numeric=(), pub_time=None),
        ),
        features=Features(periods=(2,), key_behaviors=("expr", "click"), derived=(GRADE,)),
        ranking=Ranking.model_validate(
            {"training_days": 3, "sequence_length": 3, "combos": [("gender", "day_h"), ("grade", "category")]}
            | ranking
        ),
    )


VOCABULARIES = {
    name: {text: place for place, text in enumerate(("a", "b", "1", "a b"), 2)}
    for name in ("user_id", "item_id", "gender", "category", "tags", "net_type", "grade")
} | {"gender_x_day_h": {"a_7": 2}, "grade_x_category": {"1_a": 2}}


def put_vocabularies(world: World) -> None:
    columns = [Column("vocabulary", "STRING"), Column("value", "STRING"), Column("id", "BIGINT")]
    rows = [
        {"vocabulary": name, "value": value, "id": number}
        for name, values in VOCABULARIES.items()
        for value, number in values.items()
    ]
    world.put(TableNames(world.solution).ranking("rank", "vocabulary"), DS, rows, columns)


def encoded(world: World, rows: list[Row], part: int = 0) -> list[Row]:
    """The rows as they train (0) or are held out (1), in the order of their request."""
    put_training(world, rows, training_days=3)
    put_vocabularies(world)
    ranking = world.solution.ranks
    assert ranking is not None
    node = fg_encoded.nodes(world.solution, ranking, model_features(world.solution))[part]
    world.run(node, DS)
    found = world.rows(node.name, DS)
    return sorted(found, key=lambda row: (str(row["request_id"]), str(row["label_ds"])))


def one(make_world: MakeWorld, **values: Any) -> Row:
    (row,) = encoded(make_world(solution()), [{"ds": YESTERDAY} | values])
    return row


def test_texts_become_ids(make_world: MakeWorld) -> None:
    row = one(make_world, user_id="b", gender="a", category="zz", net_type="", grade=1, day_h=7, week_day=9)
    assert [row[name] for name in ("user_id", "gender", "category", "net_type")] == [3, 2, 1, 0]
    assert row["grade"] == 4, "a number is known by its text"
    assert (row["gender_x_day_h"], row["grade_x_category"]) == (2, 1)
    assert (row["day_h"], row["week_day"]) == (7, 0), "the tenth day of a week is none"


def test_lists_become_lists_of_ids(make_world: MakeWorld) -> None:
    row = one(
        make_world,
        tags="b||zz|b|",
        click_3_seq__item_id="a;zz;1",
        click_3_seq__category=";a;",
        click_3_seq__ts="0;61;",
    )
    assert row["tags"] == "3,1,3"
    assert row["click_3_seq__item_id"] == "2;1;4"
    assert row["click_3_seq__category"] == "0;2;0"
    assert row["click_3_seq__ts"] == "1;2;0"


def test_what_is_missing_is_told_apart_from_what_is_unknown(make_world: MakeWorld) -> None:
    row = one(make_world)
    features = {feature.name: feature for feature in model_features(solution())}
    del features["user_id"], features["item_id"]
    for name, feature in features.items():
        nothing = "" if feature.sequence else "0" if feature.form is Form.TAG else 0
        assert row[name] == nothing, name
    assert (row["user_id"], row["item_id"]) == (1, 1)


def test_a_list_with_one_missing_entry_is_not_an_empty_one(make_world: MakeWorld) -> None:
    row = one(make_world, click_3_seq__item_id="a", click_3_seq__category="", tags="")
    assert (row["click_3_seq__category"], row["tags"]) == ("0", "0")


def test_numbers_are_put_on_a_logarithm_and_are_never_missing(make_world: MakeWorld) -> None:
    values = {1.0: math.log(2), -3.0: -math.log(4), 0.0: 0.0, math.nan: 0.0, math.inf: 0.0, -math.inf: 0.0}
    rows = [{"ds": YESTERDAY, "request_id": str(n), "age": age} for n, age in enumerate(values)]
    found = [row["age"] for row in encoded(make_world(solution()), rows)]
    assert found == pytest.approx(list(values.values()))


def test_binned_numbers_count_the_boundaries_up_to_them(make_world: MakeWorld) -> None:
    form = solution(numeric="binned", select=("age",), combos=())
    (feature,) = model_features(form)
    last = len(feature.boundaries) + 1
    values = {-1.0: 1, 0.0: 2, 0.009: 2, 0.01: 3, 1e300: last, math.nan: 0, math.inf: 0, -math.inf: 0}
    rows = [{"ds": YESTERDAY, "request_id": str(n), "age": age} for n, age in enumerate(values)]
    assert [row["age"] for row in encoded(make_world(form), rows)] == list(values.values())


def test_preferences_are_looked_up_by_the_other_side(make_world: MakeWorld) -> None:
    row = one(
        make_world,
        category="a",
        user__kv_category_click_2d="b:9,a:4",
        tags="x|y|zz",
        item__kv_tags_click_2d="y:2,x:1",
        grade=3,
        item__kv_grade_click_2d="30:5,3:7",
    )
    assert row["user__kv_category_click_2d"] == pytest.approx(math.log(5))
    assert row["item__kv_tags_click_2d"] == pytest.approx(math.log(4)), "the sum over the user's tags"
    assert row["item__kv_grade_click_2d"] == pytest.approx(math.log(8))
    assert row["user__kv_ratio_category_click_expr_2d"] == 0.0


def test_the_day_held_out_is_encoded_apart(make_world: MakeWorld) -> None:
    days = [shift(DS, -3), shift(DS, -2), YESTERDAY, DS]
    rows: list[Row] = [{"ds": ds, "request_id": ds, "user_id": "a", "is_click": 1.0} for ds in days]
    world = make_world(solution())
    train, held_out = encoded(world, rows), encoded(world, rows, 1)
    assert [row["label_ds"] for row in train] == days[1:3]
    assert [row["label_ds"] for row in held_out] == [DS]
    assert held_out[0]["user_id"] == train[0]["user_id"] == 2


def test_rows_keep_their_labels_weight_and_names(make_world: MakeWorld) -> None:
    row = one(make_world, user_id="b", is_click=1.0, ln_playtime=0.25, sample_weight=0.5)
    assert (row["is_click"], row["ln_playtime"], row["sample_weight"]) == (1.0, 0.25, 0.5)
    assert (row["__user_id__"], row["__item_id__"], row["request_id"]) == ("b", "i", "r")


def test_a_model_without_texts_needs_no_vocabulary(make_world: MakeWorld) -> None:
    bare = solution(select=("age", "week_day"), combos=())
    world = make_world(bare)
    (row,) = encoded(world, [{"ds": YESTERDAY, "age": 0.0, "week_day": 6}])
    assert (row["age"], row["week_day"]) == (0.0, 6)
    assert bare.ranks is not None
    for node in fg_encoded.nodes(bare, bare.ranks, model_features(bare)):
        assert not any("vocabulary" in table for table in node.inputs)


TEXT = st.sampled_from([None, "", "a", "b", "1", "z", "a b", "_"])
NUMBER = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 0.01, 1.0, 5.0, 59.0, 60.0, 2592000.0])


def lists(separator: str, entry: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.lists(entry, max_size=4).map(separator.join)


def pairs() -> st.SearchStrategy[str | None]:
    entry = st.tuples(
        st.sampled_from(["a", "b", "1", "z", "3"]), st.sampled_from(["1", "0.25", "12", "1.0E-4"])
    )
    return st.none() | st.lists(entry, max_size=3).map(lambda found: ",".join(map(":".join, found)) or None)


def columns_of(name: str, kind: str) -> st.SearchStrategy[Any]:
    """Any value that a column of the training set can hold."""
    if name == "tags":
        return lists("|", st.sampled_from(["", "a", "b", "z"]))
    if name.endswith("__ts"):
        return lists(";", st.sampled_from(["", "0", "59", "60", "2592001"]))
    if "_seq__" in name:
        return lists(";", st.sampled_from(["", "a", "b", "z"]))
    if "__kv_" in name:
        return pairs()
    if kind == "BIGINT":
        return st.none() | st.integers(-2, 30)
    return NUMBER if kind == "DOUBLE" else TEXT


def training_rows(form: Solution) -> st.SearchStrategy[list[Row]]:
    assert form.ranks is not None
    fields = training_set.fields(form, form.ranks, model_features(form))
    labels = {"request_id", "is_click", "ln_playtime", "sample_weight"}
    drawn = {f.name: columns_of(f.name, f.type) for f in fields if f.name not in labels}
    whose = {"user_id": TEXT.filter(bool), "item_id": TEXT.filter(bool)}
    return st.lists(st.fixed_dictionaries(drawn | whose), min_size=1, max_size=20)


def same(feature: ModelFeature, found: Any, expected: Any) -> bool:
    if feature.is_dense:
        return isinstance(found, float) and found == pytest.approx(expected, rel=1e-12, abs=1e-15)
    return type(found) is type(expected) and found == expected


@pytest.fixture(params=["raw", "binned"])
def world(make_world: MakeWorld, request: pytest.FixtureRequest) -> World:
    """One world for all examples: its engine reads a script once."""
    return make_world(solution(numeric=request.param))


@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_column_equals_its_slow_twin(world: World, data: st.DataObject) -> None:
    rows = data.draw(training_rows(world.solution))
    numbered = [row | {"ds": YESTERDAY, "request_id": f"{n:03}"} for n, row in enumerate(rows)]
    found = encoded(world, numbered)
    assert len(found) == len(rows)
    for row, given_row in zip(found, rows, strict=True):
        for feature in model_features(world.solution):
            expected = twin.encode(feature, given_row, VOCABULARIES)
            assert same(feature, row[feature.name], expected), (feature.name, given_row, row[feature.name])
