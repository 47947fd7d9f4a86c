"""engine.json: what is refused, what is skipped with a warning, and which lists a scene gets."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig, NotFound
from pairec_cli.engine.config import EngineConfig, StageEntry
from tests.engine.stores import config, custom, hot, user_features


def read(**keys: Any) -> EngineConfig:
    return EngineConfig.read(config(custom("u2i"), hot("hot"), **keys))


def names(entries: list[StageEntry]) -> list[str]:
    return [entry.name for entry in entries]


def warnings(found: EngineConfig) -> list[tuple[str, str]]:
    return [(warning.path, warning.message) for warning in found.warnings]


def problems(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidConfig) as caught:
        EngineConfig.read(document)
    assert caught.value.hint
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_a_plain_configuration_has_no_warnings() -> None:
    found = read(RunMode="product", ListenConf={"HttpPort": 9000}, UserFeatureConfs=user_features("users"))
    assert warnings(found) == []
    assert (found.run_mode, found.listen.http_port, found.listen.http_addr) == ("product", 9000, "")
    assert found.category("home", "default").recall_names == ("u2i", "hot")
    assert found.feature_stores == {"fs"}
    assert found.recalls["u2i"].config.recall_count == 100


def test_an_empty_configuration_has_pai_recs_defaults() -> None:
    found = EngineConfig.read({})
    assert (found.run_mode, found.listen.http_port) == ("daily", 8000)
    assert set(found.filters) == {"UniqueFilter"}
    assert set(found.sorts) == {"ItemRankScore"}


def test_keys_in_any_case() -> None:
    document = {key.lower(): value for key, value in config(custom("u2i")).items()}
    document["recallconfs"] = [{key.upper(): value for key, value in custom("u2i").items()}]
    found = EngineConfig.read(document)
    assert warnings(found) == []
    assert found.recalls["u2i"].config.recall_count == 100


@pytest.mark.parametrize(
    ("section", "key", "wrong", "near"),
    [
        ("RecallConfs", "RecallType", "UserCustomRecal", "UserCustomRecall"),
        ("FilterConfs", "FilterType", "UniqueFilte", "UniqueFilter"),
        ("SortConfs", "SortType", "ItemRankScores", "ItemRankScore"),
    ],
)
def test_unknown_types_refuse_the_configuration(section: str, key: str, wrong: str, near: str) -> None:
    document = config(custom("u2i"))
    document[section] = [*document.get(section, []), {"Name": "x", key: wrong}]
    index = len(document[section]) - 1
    message = f"{key} {wrong!r} does not exist; did you mean {near!r}?"
    assert problems(document) == [(f"{section}[{index}].{key}", message)]


def test_all_problems_are_reported_at_once() -> None:
    document = config(custom("u2i", count="500"))  # type: ignore[arg-type]  # the wrong type is the point
    document["ListenConf"] = {"HttpPort": "8000"}
    document["SortConfs"] = {}
    document["FilterConfs"] = [
        "UniqueFilter",
        {"Name": "f", "FilterType": "UniqueFilte"},
        {"Name": "f", "FilterType": 3},
    ]
    assert problems(document) == [
        ("ListenConf.HttpPort", "must be an integer, not '8000'"),
        ("SortConfs", "must be a list, not an object"),
        ("RecallConfs[0].RecallCount", "must be an integer, not '500'"),
        ("FilterConfs[0]", "must be an object"),
        (
            "FilterConfs[1].FilterType",
            "FilterType 'UniqueFilte' does not exist; did you mean 'UniqueFilter'?",
        ),
        ("FilterConfs[2].FilterType", "must be a string"),
    ]


def test_unknown_names_are_skipped_with_a_warning() -> None:
    found = read(
        SceneConfs={"home": {"default": {"RecallNames": ["hto", "u2i"]}}},
        FilterNames={"home": ["UniqueFiltr", "UniqueFilter"]},
        SortNames={"home": ["nothing"]},
    )
    assert found.category("home", "default").recall_names == ("u2i",)
    assert names(found.filters_of("home")) == ["UniqueFilter"]
    assert names(found.sorts_of("home", "default")) == ["ItemRankScore"]
    assert warnings(found) == [
        (
            "SceneConfs.home.default.RecallNames[0]",
            "recall 'hto' does not exist; did you mean 'hot'?: it is skipped",
        ),
        (
            "FilterNames.home[0]",
            "filter 'UniqueFiltr' does not exist; did you mean 'UniqueFilter'?: it is skipped",
        ),
        ("SortNames.home[0]", "sort 'nothing' does not exist; known: ItemRankScore: it is skipped"),
    ]


def test_unknown_and_unserved_keys_are_warnings() -> None:
    found = read(LindormConfs={}, FilterNmes={}, SceneConfs={"home": {"default": {"SubRank": {}}}})
    assert warnings(found) == [
        ("SceneConfs.home.default.SubRank", "is a key of PAI-Rec that has no effect here"),
        ("LindormConfs", "is a key of PAI-Rec that has no effect here"),
        ("FilterNmes", "is unknown; did you mean 'FilterNames'?"),
    ]


def test_a_key_that_this_type_does_not_use_has_no_effect() -> None:
    recall = custom("u2i", CacheTime=60, RecalCount=3)
    unique = {"Name": "one", "FilterType": "UniqueFilter", "RetainNum": 3}
    found = EngineConfig.read(config(recall, FilterConfs=[unique]))
    assert warnings(found) == [
        ("RecallConfs[0].RecalCount", "is unknown; did you mean 'RecallCount'?"),
        ("RecallConfs[0].CacheTime", "has no effect without CacheAdapter"),
        ("FilterConfs[0].RetainNum", "is a key of PAI-Rec that has no effect here"),
    ]


def test_scenes_that_do_not_exist_are_warnings() -> None:
    found = read(
        FilterNames={"default": [], "hone": []},
        SortNames={"default": ["ItemRankScore"], "hone": []},
        UserFeatureConfs={"hone": {}},
    )
    message = "scene 'hone' does not exist; did you mean 'home'?: this has no effect"
    assert warnings(found) == [
        (f"{key}.hone", message) for key in ("FilterNames", "SortNames", "UserFeatureConfs")
    ]


def test_a_later_entry_of_the_same_name_replaces_the_earlier() -> None:
    document = config(custom("u2i", count=1))
    document["RecallConfs"].append(hot("u2i", count=2))
    found = EngineConfig.read(document)
    assert (found.recalls["u2i"].type, found.recalls["u2i"].config.recall_count) == ("UserGlobalHotRecall", 2)
    assert [path for path, _ in warnings(found)] == ["RecallConfs[1]"]


def test_a_configured_entry_replaces_the_built_in_one() -> None:
    found = read(FilterConfs=[{"Name": "UniqueFilter", "FilterType": "UniqueFilter"}])
    assert found.filters["UniqueFilter"].path == "FilterConfs[0]"


def test_filter_lists_of_scene_and_default() -> None:
    found = read(FilterNames={"default": ["UniqueFilter"], "empty": []})
    assert names(found.filters_of("home")) == ["UniqueFilter"]
    assert names(found.filters_of("empty")) == []
    assert names(read(FilterNames={"other": ["UniqueFilter"]}).filters_of("home")) == []


def test_sort_lists_of_scene_category_and_built_in() -> None:
    sort = {"Name": "mine", "SortType": "ItemRankScore"}
    found = read(SortConfs=[sort], SortNames={"home": [], "feed": ["mine"]})
    assert names(found.sorts_of("home", "feed")) == ["ItemRankScore"]
    assert names(found.sorts_of("detail", "feed")) == ["mine"]
    assert names(found.sorts_of("detail", "default")) == ["ItemRankScore"]


def test_scenes_and_categories() -> None:
    scenes = {
        "home": {"default": {"RecallNames": ["u2i"]}},
        "feed": {"default_category": {"RecallNames": ["hot"]}},
    }
    found = read(SceneConfs=scenes)
    assert found.category("feed", "anything").recall_names == ("hot",)
    with pytest.raises(NotFound, match="did you mean 'home'"):
        found.category("hmoe", "default")
    with pytest.raises(NotFound, match="category of scene 'home'"):
        found.category("home", "other")


class TestDppConf:
    """The list DPPConf: sorts without a SortConfs entry."""

    def test_its_names_are_sorts(self) -> None:
        dpp = {"Name": "page", "EmbeddingColumn": "emb", "Alpha": 2, "AbortRunCount": 5}
        found = read(DPPConf=[dpp], SortNames={"home": ["page"]})
        assert warnings(found) == []
        (entry,) = found.sorts_of("home", "default")
        assert (entry.type, entry.config.dpp_conf.alpha) == ("DPPSort", 2.0)

    def test_a_sort_of_the_same_name_goes_before(self) -> None:
        sort = {"Name": "page", "SortType": "CustomFieldSort"}
        found = read(DPPConf=[{"Name": "page"}], SortConfs=[sort])
        assert found.sorts["page"].type == "CustomFieldSort"

    def test_wrong_types_are_refused_with_their_path(self) -> None:
        document = config(custom("u2i"), DPPConf=[{"Name": "page", "Alpha": "2"}, 7])
        paths = [path for path, _ in problems(document)]
        assert paths == ["DPPConf[0].Alpha", "DPPConf[1]"]
