"""Every sort case of the conformance set, through the configuration and the plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.stages import RequestContext, Resources
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.plan import Planner
from tests.filters.contract import NoFeatures

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "sort_cases.json").read_text("utf-8"))


def ask(case: dict[str, Any]) -> list[Item]:
    """The sorted items of a case."""
    document = {
        "SceneConfs": {case["scene"]: {"default": {"RecallNames": []}}},
        "SortConfs": case["sort_confs"],
        "SortNames": case["sort_names"],
    }
    plan = Planner(EngineConfig.read(document), Resources(NoFeatures())).plan(case["scene"], "default")
    request = RecommendRequest(case["user"]["id"], case["scene"], case["size"])
    context = RequestContext(request, {**case["user"]["features"], "uid": case["user"]["id"]})
    items = [candidate(given) for given in case["items"]]
    for step in plan.steps:
        items = step.stage.apply(items, context)
    return items


def candidate(given: dict[str, Any]) -> Item:
    features, scores = dict(given.get("features", {})), dict(given.get("algo_scores", {}))
    return Item(given["id"], given["score"], given["retrieve_id"], properties=features, algo_scores=scores)


def check(items: list[Item], expect: dict[str, Any]) -> None:
    ids, by_id = [item.id for item in items], {item.id: item for item in items}
    if expect["mode"] == "ordered":
        assert ids == expect["items"]
    else:
        assert expect["mode"] == "spread"
        places = {id: ids.index(id) for id in expect["items_in"]}
        assert all(low <= places[id] <= high for id, (low, high) in expect["ranges"].items())
        assert [id for id in ids if id not in places] == expect["rest_order"]
    for id, score in expect.get("scores", {}).items():
        assert by_id[id].score == pytest.approx(score)
    for id, properties in expect.get("props", {}).items():
        assert {name: by_id[id].properties.get(name) for name in properties} == properties


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    if case["expect"]["mode"] == "panic":
        with pytest.raises(InvalidConfig):
            ask(case)
        return
    for _ in range(case.get("runs", 1)):
        check(ask(case), case["expect"])
