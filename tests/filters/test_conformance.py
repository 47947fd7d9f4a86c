"""Cases that were run on PAI-Rec's own engine, run on ours.

Where that engine crashes a request on a configuration (`panic`), ours refuses the configuration.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain, permutations
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.cases import StepResult
from pairec_cli.engine.filter_case import CaseRun, FilterCase

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "conformance/filter_cases.json").read_text("utf-8")
)
REFUSED = ("panic", "config_error", "load_panic")


def check(expect: dict[str, Any], items: list[Item], entered: int) -> None:
    ids = [item.id for item in items]
    mode = expect["mode"]
    if mode == "ordered":
        assert ids == expect["items"]
    elif mode == "choice":
        assert ids in expect["any_of"]
    elif mode == "sample":
        assert len(set(ids)) == len(ids) == expect["count"]
        assert set(ids) <= set(expect["from"])
    elif mode == "groups":
        groups = expect["groups"].values()
        assert ids in [list(chain(*order)) for order in permutations(groups)]
    elif mode == "group_counts":
        check_group_counts(expect, items)
    else:
        assert mode == "hang", f"unknown mode {mode}"
        assert len(ids) <= entered, "where the other engine never ends, ours does"
    for id, fields in expect.get("item_fields", {}).items():
        check_fields(next(item for item in items if item.id == id), fields)


def check_group_counts(expect: dict[str, Any], items: list[Item]) -> None:
    assert len(items) == expect["total"]
    counts = Counter(str(item.properties[expect["group_by"]]) for item in items)
    for group, (least, most) in expect["range"].items():
        assert least <= counts[group] <= most, group


def check_fields(item: Item, fields: dict[str, Any]) -> None:
    for name in ("retrieve_id", "score", "recall_scores"):
        if name in fields:
            assert getattr(item, name) == fields[name], name
    assert item.algo_scores.items() >= fields.get("algo_scores", {}).items()
    assert item.properties.items() >= fields.get("props", {}).items()
    assert item.properties.keys().isdisjoint(fields.get("props_absent", ()))


def check_state(case: dict[str, Any], run: CaseRun) -> None:
    for table, rows in case.get("tables_after", {}).items():
        found = run.database.rows(table)
        assert len(found) == len(rows)
        for row, expected in zip(found, rows, strict=True):
            assert [one for one, want in zip(row, expected, strict=True) if want != "$now"] == [
                want for want in expected if want != "$now"
            ]
    for key, expected in case.get("redis_after", {}).items():
        elements = run.lists.lists.get(key, [])
        assert len(elements) == expected["len"]
        if "elements" in expected:
            assert [json.loads(element)["item_ids"] for element in elements] == expected["elements"]
        if "ttl_max" in expected:
            assert 0 < run.lists.seconds[key] <= expected["ttl_max"]


def expectations(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (step["expect"] for step in case.get("steps") or [case])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    if (case.get("expect") or {}).get("mode") in REFUSED:
        with pytest.raises(InvalidConfig):
            CaseRun(FilterCase.read(case))
        return
    for seed in range(min(case.get("runs", 1), 3)):
        run = CaseRun(FilterCase.read(case), seed=seed)
        results: list[StepResult] = list(run.results())
        for expect, result in zip(expectations(case), results, strict=True):
            check(expect, result.items, len(case["items"]))
            assert result.failures == []
        check_state(case, run)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "expect_v2_6_2" in case], ids=lambda case: case["id"]
)
def test_case_with_the_rows_of_version_2_6_2(case: dict[str, Any]) -> None:
    conf = {**case["filter_conf"], "MissingRows": "drop"}
    (result,) = CaseRun(FilterCase.read({**case, "filter_conf": conf})).results()
    check(case["expect_v2_6_2"], result.items, len(case["items"]))
