"""Conditions tried on values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.engine.condition_case import conditions

GOLDEN = json.loads((Path(__file__).parents[1] / "conformance/filterparam_cases.json").read_text("utf-8"))


def test_every_recorded_row() -> None:
    assert conditions(GOLDEN) == [row[4] for row in GOLDEN["rows"]]


def test_rows_as_objects_with_domains_and_nested_conditions() -> None:
    nested = {
        "operator": "bool",
        "type": "or",
        "configs": [{"Name": "f", "Operator": "equal", "Type": "int", "Value": 1}],
        "left": 1,
    }
    rows: list[Any] = [
        {"operator": "equal", "type": "int", "left": 1, "value": 1, "domain": "user"},
        {"name": "age", "operator": "greater", "type": "int", "value": 17, "domain": "user"},
        nested,
        {"operator": "expression", "value": "item.f > 3", "left": {"$float": 4}},
        {"operator": "expression", "value": "item.f >", "left": 4},
        {"operator": "is_null", "left": {"$missing": True}},
        {"operator": "is_null", "left": None},
    ]
    assert conditions({"user": {"age": 18}, "rows": rows}) == [False, True, True, True, "error", True, False]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (3, "must be an object"),
        ({"rows": {}}, "rows: must be a list"),
        (["equal"], r"rows\[0\]: must be an object"),
        ([["equal", "int"]], r"rows\[0\]: must be an object"),
        ([["equal", 3, 1, 1]], r"rows\[0\]\.Type: must be a string"),
        ({"user": 3}, "user: must be an object"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(document: Any, path: str) -> None:
    with pytest.raises(InvalidConfig, match=path):
        conditions(document)
