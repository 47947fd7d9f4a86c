"""Every recall case of the conformance set, as `RecallCase` runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.engine.recall_case import RecallCase

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "conformance/recall_cases.json").read_text("utf-8")
)


def check(items: list[Item], expect: dict[str, Any]) -> None:
    ids, by_id = [item.id for item in items], {item.id: item for item in items}
    if expect["mode"] == "sample":
        assert len(set(ids)) == len(ids) == expect["count"]
        assert set(ids) <= set(expect["from"])
    else:
        wanted = [id for id, _ in expect["items"]]
        assert (ids if expect["mode"] == "ordered" else sorted(ids)) == wanted
        scores = [(by_id[id].score, score) for id, score in expect["items"] if score is not None]
        assert [got for got, _ in scores] == pytest.approx([want for _, want in scores])
    low, high = expect.get("score_range", (float("-inf"), float("inf")))
    assert all(low <= item.score < high for item in items)
    for id, fields in expect.get("fields", {}).items():
        item = by_id[id]
        assert item.retrieve_id == fields.get("retrieve_id", item.retrieve_id)
        assert item.item_type == fields.get("item_type", item.item_type)
        assert item.algo_scores.items() >= fields.get("algo_scores", {}).items()
        assert item.properties.items() >= fields.get("props", {}).items()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    for seed in range(min(case.get("runs", 1), 5)):
        check(RecallCase.read(case).run(seed=seed).items, case["expect"])
