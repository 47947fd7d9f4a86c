"""Parameters of an experiment replace filters."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.experiments import chosen_filters
from pairec_cli.engine.plan import Planner
from tests.engine.stores import resources, sources

COUNTS = {"AdjustCountConfs": [{"RecallName": "r1", "Count": 2, "Type": "fix"}]}
DOCUMENT = {
    "FilterConfs": [
        {"Name": "top", "FilterType": "AdjustCountFilter", "RetainNum": 2},
        {"Name": "p", "FilterType": "PriorityAdjustCountFilter", **COUNTS},
    ],
    "FilterNames": {"default": ["top", "p"]},
}


def chosen(params: dict[str, Any], document: dict[str, Any] = DOCUMENT) -> list[Any]:
    config = EngineConfig.read(document)
    made = resources().replace(sources=sources())
    planner = Planner(config, made)
    return chosen_filters(config, planner.filters, "home", params, made)


def test_without_parameters_the_scenes_filters() -> None:
    assert [one.name for one in chosen({})] == ["top", "p"]


def test_names_replace_the_list() -> None:
    assert [one.name for one in chosen({"filterNames": ["UniqueFilter", "nope", "top"]})] == [
        "UniqueFilter",
        "top",
    ]
    assert chosen({"filterNames": ["nope"]}) == []


def test_a_configuration_replaces_the_whole_of_a_filter_that_allows_it() -> None:
    other = {"AdjustCountConfs": [{"RecallName": "r9", "Count": 1, "Type": "fix"}]}
    top, priority = chosen({"filter.p": other, "filter.top": {"RetainNum": 9}})
    assert [conf.recall_name for conf in priority.confs] == ["r9"]
    assert (priority.name, top.retain) == ("p", 2)


def test_a_replacement_is_checked_like_any_configuration() -> None:
    with pytest.raises(InvalidConfig, match=r"filter\.p\.AdjustCountConfs"):
        chosen({"filter.p": {"AdjustCountConfs": 3}})
    with pytest.raises(InvalidConfig, match="AdjustCountConfs: is missing"):
        chosen({"filter.p": {}})


def test_a_least_number_turns_diversity_on_and_off() -> None:
    dao = {
        "AdapterType": "hologres",
        "HologresTableName": "t",
        "ItemKeyField": "id",
        "DistinctFields": ["cat"],
    }
    priority = {"Name": "p", "FilterType": "PriorityAdjustCountFilter", **COUNTS, "DiversityDaoConf": dao}
    names = {"FilterNames": {"default": ["p"]}}
    off, on = (
        {"FilterConfs": [{**priority, "EnsureDiversity": wanted}], **names} for wanted in (False, True)
    )
    (plain,) = chosen({"ensure_diversity_min_count": 0}, on)
    assert plain.fields is None
    (diverse,) = chosen({"ensure_diversity_min_count": 3}, off)
    assert (diverse.fields.names, diverse.least) == (("cat",), 3)
    (same,) = chosen({"ensure_diversity_min_count": "many"}, on)
    assert (same.fields.names, same.least) == (("cat",), 10)
    with pytest.raises(InvalidConfig, match=r"DiversityDaoConf\.AdapterType"):
        chosen({"ensure_diversity_min_count": 3})
