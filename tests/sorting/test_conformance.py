"""Every sort case of the conformance set, as `SortCase` runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.sort_case import SortCase

CASES = json.loads((Path(__file__).parents[1] / "conformance" / "sort_cases.json").read_text("utf-8"))


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
            SortCase.read(case).run()
        return
    for _ in range(case.get("runs", 1)):
        check(SortCase.read(case).run().items, case["expect"])
