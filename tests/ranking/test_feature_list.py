"""The model's inputs: what the form asks for, left out, selected and combined."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.model_features import Form, ModelFeature, vocabularies
from pairec_cli.domain.solution import (
    BehaviorTable,
    DataTables,
    Features,
    ItemTable,
    Ranking,
    RankingTarget,
    Solution,
    UserTable,
)
from pairec_cli.domain.tables import TableRole
from pairec_cli.features import all_feat
from pairec_cli.ranking import sequences, training_set
from pairec_cli.ranking.feature_list import feature_problems, model_features
from pairec_cli.ranking.widths import buckets, width


def solution(**ranking: Any) -> Solution:
    """With look-ups of every period."""
    return Solution(ranking=Ranking.model_validate({"lookup_periods": (3, 7, 15)} | ranking))


def features(form: Solution, sizes: dict[str, int] | None = None) -> dict[str, ModelFeature]:
    found = model_features(form, sizes)
    assert len({feature.name for feature in found}) == len(found)
    return {feature.name: feature for feature in found}


def test_every_column_of_both_sides_is_an_input() -> None:
    form = solution()
    found = features(form)
    sources = {source for feature in found.values() for source in feature.sources}
    for role in (TableRole.USER, TableRole.ITEM):
        assert {field.name for field in all_feat.fields(form, role)} <= sources
    assert Counter(feature.form for feature in found.values()) == {
        Form.RAW: 95,
        Form.LOOKUP: 90,
        Form.ID: 10,
        Form.WHOLE: 2,
        Form.TAG: 1,
        Form.BINNED: 1,
    }


def test_the_longest_period_is_looked_up_unless_others_are_named() -> None:
    def looked_up(**ranking: Any) -> set[str]:
        found = features(Solution(ranking=Ranking.model_validate(ranking)))
        return {name for name, feature in found.items() if feature.form is Form.LOOKUP}

    longest, shortest = looked_up(), looked_up(lookup_periods="3")
    assert len(longest) == len(shortest) == 30
    assert all(name.endswith("_15d") for name in longest)
    assert all(name.endswith("_3d") for name in shortest)
    assert looked_up(lookup_periods=(3, 15)) == longest | shortest


def test_every_column_that_a_feature_reads_is_in_the_training_set() -> None:
    form = solution(combos=[["gender", "category"], ["day_h", "net_type"]], numeric="binned")
    found = model_features(form)
    assert form.ranks is not None
    columns = {field.name for field in training_set.fields(form, form.ranks, found)}
    assert {column for feature in found for column in feature.columns} <= columns
    for feature in found:
        assert len(feature.columns) == len(feature.sources) == len(feature.sides)
        assert feature.side == (feature.sides[0] if len(set(feature.sides)) == 1 else "cross"), feature.name


def test_ids_tags_numbers_and_the_clock() -> None:
    found = features(solution())
    assert (found["user_id"].side, found["user_id"].vocabulary) == ("user", "user_id")
    assert (found["tags"].form, found["tags"].separator) == (Form.TAG, "|")
    assert (found["net_type"].form, found["net_type"].side) == (Form.ID, "context")
    assert (found["pub_time"].form, found["pub_time"].transform) == (Form.RAW, "log")
    assert (found["day_h"].num_buckets, found["week_day"].num_buckets) == (24, 7)
    assert found["age"].embedding_dim == found["age"].num_buckets == 0


def test_preferences_are_looked_up_by_the_other_sides_attribute() -> None:
    found = features(solution())
    user, item = found["user__kv_category_click_7d"], found["item__kv_tags_click_3d"]
    assert (user.columns, user.sides) == (("user__kv_category_click_7d", "category"), ("user", "item"))
    assert (item.columns[1], item.sides, item.separator) == ("tags", ("item", "user"), "|")
    assert found["item__kv_net_type_click_15d"].sides == ("item", "context")


def test_names_that_clash_are_told_apart_by_their_side() -> None:
    tables = DataTables(
        behavior=BehaviorTable(user_categorical=("city",), item_categorical=("place",)),
        user=UserTable(categorical=("city",), numeric=(), tags=()),
        item=ItemTable(categorical=("city",), numeric=()),
    )
    found = features(Solution(data_tables=tables, ranking=Ranking()))
    assert (found["user_city"].columns, found["user_city"].sources) == (("user_city",), ("city",))
    assert found["item_city"].sources == ("city",)
    assert found["city"].side == found["place"].side == "context"
    assert found["user__kv_item_city_click_15d"].sources == ("user__kv_item_city_click_15d", "city")
    assert found["user__kv_place_click_15d"].sides == ("user", "context")
    assert found["click_50_seq__item_city"].vocabulary == "item_city"


def test_a_sequence_has_the_item_its_categories_and_the_time() -> None:
    found = features(solution(sequence_events="click,praise", sequence_length=20))
    fields = [f for f in found.values() if f.sequence == "praise_20_seq"]
    assert [f.name for f in fields] == [
        f"praise_20_seq__{field}" for field in ("item_id", "author", "category", "ts")
    ]
    assert {(f.side, f.sequence_length) for f in fields} == {("user", 20)}
    item, time = fields[0], fields[-1]
    assert (item.vocabulary, item.embedding_dim) == ("item_id", found["item_id"].embedding_dim)
    assert (time.form, time.num_buckets) == (Form.BINNED, len(time.boundaries) + 2)
    columns = [column.name for column in sequences.columns(solution(sequence_length=20))]
    assert columns == [f.name.replace("praise", "click") for f in fields]


def test_an_excluded_column_takes_what_reads_it_along() -> None:
    combos = [["gender", "category"]]
    whole = set(features(solution(combos=combos)))
    gone = whole - set(
        features(solution(combos=combos, exclude="gender,age,user__kv_author_click_3d,playtime"))
    )
    assert {"gender", "age", "gender_x_category", "user__kv_author_click_3d"} <= gone
    assert {name for name in gone if not name.startswith("item__kv")} == {
        "gender",
        "age",
        "gender_x_category",
        "user__kv_author_click_3d",
    }
    assert all("gender" in name for name in gone if name.startswith("item__kv"))


def test_a_sequence_may_be_excluded_or_selected_whole() -> None:
    found = features(solution(exclude="click_50_seq"))
    assert not any(feature.sequence for feature in found.values())
    found = features(solution(select="click_50_seq,item_id,age"))
    assert [name for name in found if not found[name].sequence] == ["age", "item_id"]
    assert sum(bool(feature.sequence) for feature in found.values()) == 4


def test_combinations_join_two_columns() -> None:
    found = features(solution(combos=[["gender", "category"], ["gender", "city"], ["net_type", "day_h"]]))
    cross, user, context = (found[n] for n in ("gender_x_category", "gender_x_city", "net_type_x_day_h"))
    assert (cross.side, user.side, context.side) == ("cross", "user", "context")
    assert (cross.columns, cross.sides) == (("gender", "category"), ("user", "item"))
    assert cross.vocabulary == "gender_x_category"


def test_embedding_tables_are_as_large_as_the_data_asks_for() -> None:
    sizes = {"item_id": 3000, "gender": 2, "category": 20}
    form = solution(combos=[["gender", "category"], ["category", "day_h"], ["gender", "city"]])
    found = features(form, sizes)
    counted = {"item_id": 3000, "click_50_seq__item_id": 3000, "gender_x_category": 40}
    counted |= {"category_x_day_h": 480, "gender_x_city": 1000, "city": 1000, "user_id": 50_000}
    for name, count in counted.items():
        assert found[name].num_buckets == buckets(count), name
        assert found[name].embedding_dim == width("EMB_SQRT4_STEP4", count), name
    known = features(form, sizes | {"gender_x_category": 7})
    assert known["gender_x_category"].num_buckets == 16


def test_features_of_one_vocabulary_share_an_embedding_table() -> None:
    found = model_features(solution(sequence_events="click,praise"), {"item_id": 10})
    defined = vocabularies(found)
    for feature in found:
        if feature.vocabulary:
            owner = defined[feature.vocabulary]
            assert (owner.num_buckets, owner.embedding_dim) == (feature.num_buckets, feature.embedding_dim)
            assert not owner.sequence


def test_deepfm_multiplies_embeddings_of_one_width() -> None:
    found = model_features(solution(model="deepfm"), {"item_id": 10_000, "gender": 2})
    assert len({feature.embedding_dim for feature in found if not feature.is_dense}) == 1
    assert len({feature.embedding_dim for feature in model_features(solution())}) > 2


def test_numbers_may_be_binned() -> None:
    found = features(solution(numeric="binned"))
    age = found["age"]
    assert (age.form, age.num_buckets) == (Form.BINNED, len(age.boundaries) + 2)
    assert list(age.boundaries) == sorted(set(age.boundaries))
    assert found["user__kv_category_click_7d"].form is Form.LOOKUP
    assert not any(feature.form is Form.RAW for feature in found.values())


def test_the_list_survives_json() -> None:
    for feature in model_features(solution(combos=[["gender", "category"]], numeric="binned")):
        assert ModelFeature.from_dict(json.loads(json.dumps(feature.as_dict()))) == feature


@pytest.mark.parametrize(
    ("ranking", "path", "said"),
    [
        ({"combos": [["gendr", "category"]]}, "ranking.combos", "did you mean 'gender'?"),
        ({"combos": [["age", "category"]]}, "ranking.combos", "'age' is no categorical column"),
        ({"select": "user_idd"}, "ranking.select", "did you mean 'user_id'?"),
        ({"sequence_events": "clik"}, "ranking.sequence_events", "did you mean 'click'?"),
        ({"sequence_events": "click,click"}, "ranking", "would be named 'click_50_seq__item_id'"),
        ({"combos": [["gender", "city"]] * 2}, "ranking", "2 model features would be named 'gender_x_city'"),
    ],
)
def test_names_that_are_not_there_are_problems(ranking: dict[str, Any], path: str, said: str) -> None:
    form = solution(**ranking)
    problems = feature_problems(form)
    assert problems[0].path == path
    assert said in problems[0].message
    with pytest.raises(InvalidConfig):
        model_features(form)


@pytest.mark.parametrize("name", ["Gender", "request_id", "label_ds", "sample_weight", "user__cnt_click_3d"])
def test_a_target_may_not_be_named_as_a_column(name: str) -> None:
    form = solution(targets=(RankingTarget(name=name),), rank_score="1")
    assert [problem.path for problem in feature_problems(form)] == ["ranking.targets[0].name"]


def test_scenes_need_a_scene_field() -> None:
    tables = DataTables(behavior=BehaviorTable(scene=None))
    form = Solution(data_tables=tables, ranking=Ranking(scenes=("home",)))
    assert [problem.path for problem in feature_problems(form)] == ["ranking.scenes"]
    assert feature_problems(Solution(ranking=Ranking(scenes=("home",)))) == []


def test_periods_and_events_make_more_features() -> None:
    fewer = Solution(features=Features(periods=(3,)), ranking=Ranking())
    assert len(model_features(fewer)) < len(model_features(solution()))
