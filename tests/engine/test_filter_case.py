"""Trying a filter chain on a case."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.engine.cases import item_document
from pairec_cli.engine.filter_case import CaseRun, FilterCase

ITEMS = [{"id": id, "retrieve_id": "r1", "score": score} for id, score in (("a", 0.5), ("b", 1))]
TOP1 = {"Name": "top1", "FilterType": "AdjustCountFilter", "RetainNum": 1}


def run(document: dict[str, Any], base: dict[str, Any] | None = None) -> CaseRun:
    return CaseRun(FilterCase.read(document, now=1_000), base)


def test_a_case_gives_items_funnel_and_what_each_filter_dropped() -> None:
    document = {"filter_conf": TOP1, "filter_names": {"default": ["UniqueFilter", "top1"]}, "items": ITEMS}
    (result,) = run(document).results()
    assert [item.id for item in result.items] == ["a"]
    assert [(row.name, row.entered, row.left) for row in result.trace] == [
        ("UniqueFilter", 2, 2),
        ("top1", 2, 1),
    ]
    assert [(one.filter, one.ids) for one in result.dropped] == [("UniqueFilter", ()), ("top1", ("b",))]
    assert "RetainNum" in result.dropped[1].why


def test_the_configuration_may_bring_the_filters() -> None:
    base = {"FilterConfs": [TOP1], "filternames": {"home": ["top1"]}, "RecallConfs": [{"broken": 1}]}
    (result,) = run({"scene": "home", "items": ITEMS}, base).results()
    assert [item.id for item in result.items] == ["a"]
    (result,) = run({"scene": "home", "items": ITEMS, "filter_names": {"default": []}}, base).results()
    assert len(result.items) == 2


def test_steps_follow_one_another_on_one_state() -> None:
    conf = {
        "Name": "e",
        "FilterType": "User2ItemExposureFilter",
        "WriteLog": True,
        "DaoConf": {"AdapterType": "redis", "RedisPrefix": "p_"},
    }
    document = {
        "filter_conf": conf,
        "filter_names": {"default": ["e"]},
        "user": {"id": "u1"},
        "items": ITEMS,
        "steps": [{"size": 1}, {"size": 1, "user": {"id": "u2"}}, {"size": 1}, {"items": []}],
    }
    results = list(run(document).results())
    assert [[item.id for item in result.items] for result in results] == [["a", "b"], ["a", "b"], ["b"], []]


def test_moments_are_seconds_from_now_and_nulls_stay() -> None:
    ddl = "create table t(user_id text, item_ids text, at int)"
    document = {"state": {"tables": {"t": {"ddl": ddl, "rows": [["u1", None, {"$now": -10}]]}}}}
    assert run(document).database.rows("t") == [("u1", None, 990)]
    case = FilterCase.read({"items": [{"id": "a", "features": {"gone": None}}]})
    assert case.items[0].features == {"gone": None}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "must be an object"),
        ({"items": {}}, "items: must be a list"),
        ({"items": [{"id": 3}]}, r"items\[0\]\.id: must be a string"),
        ({"items": [{"id": "a", "features": []}]}, r"items\[0\]\.features: must be an object"),
        ({"steps": [{"user": {"features": 3}}]}, r"steps\[0\]\.user\.features: must be an object"),
        ({"filter_conf": {**TOP1, "RetainNum": "1"}}, r"FilterConfs\[0\]\.RetainNum: must be an integer"),
        ({"filter_conf": {"Name": "x", "FilterType": "?"}}, r"FilterConfs\[0\]\.FilterType"),
        ({"filter_names": {"default": "top1"}}, r"FilterNames\.default: must be a list"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(document: Any, path: str) -> None:
    with pytest.raises(InvalidConfig, match=path):
        run(document)


def test_a_state_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(InvalidInput, match="table 't'"):
        run({"state": {"tables": {"t": {"ddl": "nonsense"}}}})


def test_an_item_is_shown_with_the_keys_it_was_given_with() -> None:
    given = {"id": "a", "retrieve_id": "r1", "score": 0.5, "algo_scores": {"ctr": 0.1}, "features": {"x": 1}}
    (result,) = run({"items": [given]}).results()
    assert item_document(result.items[0]) == {**given, "recall_scores": None}
