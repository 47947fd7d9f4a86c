"""Sorts tried on given candidates: what a case may hold, and what its result tells."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig, InvalidInput
from pairec_cli.engine.cases import StepResult
from pairec_cli.engine.sort_case import SortCase

ITEMS = [{"id": "a", "score": 0.1}, {"id": "b", "score": 0.9}, {"id": "c", "score": 0.5}]
ASCENDING = {"Name": "up", "SortType": "CustomFieldSort", "SortOrder": "asc"}


def run(base: Any = None, **case: Any) -> StepResult:
    return SortCase.read({"items": ITEMS, **case}).run(base)


def ids(result: StepResult) -> str:
    return "".join(item.id for item in result.items)


def test_without_sorts_it_is_by_score() -> None:
    result = run()
    assert ids(result) == "bca"
    assert [(row.stage, row.name, row.entered, row.left) for row in result.trace] == [
        ("sort", "ItemRankScore", 3, 3)
    ]


def test_sorts_of_the_scene_or_category() -> None:
    assert ids(run(sort_confs=[ASCENDING], sort_names={"home": ["up"]}, scene="home")) == "acb"
    assert ids(run(sort_confs=[ASCENDING], sort_names={"feed": ["up"]}, category="feed")) == "acb"


def test_a_configuration_below_the_case() -> None:
    base = {"sortConfs": [ASCENDING], "SORTNAMES": {"default": ["up"]}, "Other": 1}
    assert ids(run(base)) == "acb"
    assert ids(run(base, sort_names={"default": ["ItemRankScore"]})) == "bca"
    own = {"Name": "own", "SortType": "CustomFieldSort"}
    assert ids(run(base, sort_confs=[own], sort_names={"default": ["up", "own"]})) == "bca"


def test_embeddings_come_from_the_state() -> None:
    table = {
        "ddl": "CREATE TABLE emb (item text, v text)",
        "rows": [["a", "1,0"], ["b", "1,0"], ["c", "0,1"]],
    }
    dpp = {"Name": "page", "TableName": "emb", "TablePKey": "item", "EmbeddingColumn": "v", "Alpha": 1}
    dpp["DaoConf"] = {"HologresName": "holo"}
    names = {"default": ["page"]}
    result = run(dpp_conf=[dpp], sort_names=names, state={"tables": {"emb": table}}, size=2)
    assert ids(result) == "bc"
    lost = run(dpp_conf=[dpp], sort_names=names, size=2)
    assert ids(lost) == "abc"
    assert "no such table" in lost.trace[0].note


@pytest.mark.parametrize(
    ("case", "path"),
    [
        ({"size": "2"}, "size"),
        ({"items": [{"id": "a", "features": 3}]}, "items[0].features"),
        ({"user": {"features": []}}, "user.features"),
    ],
)
def test_wrong_types_are_refused_with_their_path(case: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidConfig) as error:
        SortCase.read({"items": ITEMS, **case})
    assert [problem.path for problem in error.value.problems] == [path]


def test_what_the_configuration_refuses_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="SortConfs"):
        run(sort_confs=[{"Name": "x", "SortType": "Nope"}])
    with pytest.raises(InvalidInput, match="emb"):
        run(state={"tables": {"emb": {"ddl": "CREATE emb"}}})
