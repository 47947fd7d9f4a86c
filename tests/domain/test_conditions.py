"""Conditions against rows recorded from PAI-Rec's engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.conditions import Conditions, FilterParam
from pairec_cli.domain.errors import InvalidInput

GOLDEN = json.loads((Path(__file__).parents[1] / "conformance/filterparam_cases.json").read_text("utf-8"))
MISSING = {"$missing": True}


def left(value: Any) -> dict[str, Any]:
    """The item's properties with `f` as the row has it."""
    if value == MISSING:
        return dict(GOLDEN["item_base"])
    if isinstance(value, dict):
        value = float(value["$float"])
    return {**GOLDEN["item_base"], "f": value}


def result(condition: FilterParam, user: dict[str, Any], item: dict[str, Any]) -> bool | str:
    try:
        return Conditions([condition]).evaluate(user, item)
    except InvalidInput:
        return "error"


@pytest.mark.parametrize("operator", sorted({row[0] for row in GOLDEN["rows"]}))
def test_every_recorded_row(operator: str) -> None:
    rows = [row for row in GOLDEN["rows"] if row[0] == operator]
    wrong = [
        row
        for row in rows
        if result(FilterParam("f", "", operator, row[1], row[3]), GOLDEN["user"], left(row[2])) != row[4]
    ]
    assert rows
    assert wrong == []


def condition(name: str, operator: str, type: str = "", value: Any = None, domain: str = "") -> FilterParam:
    return FilterParam(name, domain, operator, type, value)


TRUE, FALSE = condition("absent", "is_null"), condition("absent", "is_not_null")


def test_all_must_hold_and_none_always_do() -> None:
    assert Conditions([]).hold({}, {})
    assert Conditions([TRUE, TRUE]).hold({}, {})
    assert not Conditions([TRUE, FALSE]).hold({}, {})


def test_the_left_side_comes_from_its_domain_and_the_value_from_the_object_it_names() -> None:
    older = condition("age", "greaterThan", "int", 18, domain="user")
    assert Conditions([older]).hold({"age": 18}, {"age": 3})
    assert not Conditions([older]).hold({"age": 17}, {"age": 30})
    affordable = condition("price", "lessThan", "float", "user.budget")
    assert Conditions([affordable]).hold({"budget": "9.5"}, {"price": 9.5})
    assert not Conditions([affordable]).hold({}, {"price": 1})
    own = condition("city", "equal", "string", "item.city", domain="user")
    assert Conditions([own]).hold({"city": "hz"}, {"city": "hz"})


def test_unknown_operators_and_domains_do_not_restrict() -> None:
    for ignored in (condition("f", "eq", "int", 1), condition("f", "equal", "int", 1, domain="shop")):
        assert Conditions([ignored]).hold({}, {"f": 2})
        assert not Conditions([ignored, FALSE]).hold({}, {"f": 2})


@pytest.mark.parametrize("operator", ["is_null", "is_not_null"])
def test_a_null_test_of_an_unknown_domain_cannot_be_told(operator: str) -> None:
    conditions = Conditions([condition("f", operator, domain="shop")])
    with pytest.raises(InvalidInput, match="shop"):
        conditions.evaluate({}, {})
    assert not conditions.hold({}, {})


@pytest.mark.parametrize(
    ("type", "configs", "expected"),
    [
        ("or", (FALSE, TRUE), True),
        ("", (FALSE, TRUE), True),
        ("or", (FALSE, FALSE), False),
        ("and", (FALSE, TRUE), False),
        ("and", (TRUE, TRUE), True),
        ("OR", (FALSE, TRUE), False),
        ("or", (), False),
        ("and", (), True),
    ],
)
def test_bool_joins(type: str, configs: tuple[FilterParam, ...], expected: bool) -> None:
    joined = FilterParam(operator="bool", type=type, configs=configs, domain="whatever")
    assert Conditions([joined]).hold({}, {}) is expected
    nested = FilterParam(operator="bool", type="and", configs=(joined, TRUE))
    assert Conditions([nested]).hold({}, {}) is expected


@pytest.mark.parametrize(
    ("doubtful", "key", "word"),
    [
        (condition("f", "equals", "int", 1), "Operator", "did you mean 'equal'?"),
        (condition("f", "~", "int", 1), "Operator", "known: equal, not_equal,"),
        (condition("f", "equal", "int", 1, domain="users"), "Domain", "ignored"),
        (condition("f", "is_null", domain="users"), "Domain", "fails"),
        (condition("f", "equal", "float", 1), "Type", "string, int, int64"),
        (condition("f", "equal", "", 1), "Type", "string, int, int64"),
        (condition("f", "in", "string", "tea,cup"), "Value", "list"),
    ],
)
def test_what_will_not_work_as_hoped_is_said(doubtful: FilterParam, key: str, word: str) -> None:
    ((where, message, _),) = doubtful.doubts()
    assert where == key
    assert word in message


@pytest.mark.parametrize(
    "sound",
    [
        condition("f", "equal", "int", 1),
        condition("f", "in", "string", "user.l"),
        condition("f", "contains", "[]string", "a"),
        condition("f", "is_null"),
        FilterParam(operator="bool", configs=(TRUE,)),
    ],
)
def test_a_sound_condition_raises_no_doubt(sound: FilterParam) -> None:
    assert list(sound.doubts()) == []


@pytest.mark.parametrize(
    ("text", "domain", "expected"),
    [
        ("item.price > 15 && user.age > 18", "", True),
        ("properties.age > 18", "user", True),
        ("properties.age == nil", "item", True),
        ("item.price > 15 && user.age > 20", "", False),
        ("item.nothing == nil", "", True),
        ("anything == nil", "", True),
        ("item.ok == true", "", True),
        ("item.price", "", "error"),
        ("item.price >", "", "error"),
        ("item.nothing > 3", "", "error"),
        ("item.price >", "shop", True),
    ],
)
def test_expressions(text: str, domain: str, expected: bool | str) -> None:
    user, item = {"age": 20.0}, {"price": 20.0, "ok": True}
    asked = condition("", "expression", value=text, domain=domain)
    assert result(asked, user, item) == expected
    assert Conditions([asked]).hold(user, item) is (expected is True)


def test_an_expression_that_cannot_be_read_is_doubted() -> None:
    ((key, message, _),) = condition("", "expression", value="item.price >").doubts()
    assert key == "Value"
    assert "never holds" in message
    assert list(condition("", "expression", value="item.price > 3").doubts()) == []


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.floats(-9, 9),
    st.sampled_from(["", "5", "5.9", "a", "user.l", "item.none", "2024-01-02"]),
    st.lists(st.sampled_from(["a", 5, "5", None, 2.5]), max_size=3),
)
operators = st.sampled_from(["equal", "greater", "less", "lessThan", "greaterThan", "in", "contains"])
types = st.sampled_from(["string", "int", "int64", "float", "time", "[]string", "[]int", "", "Int"])


@settings(max_examples=150, deadline=None)
@given(operator=operators, type=types, value=values, item=st.dictionaries(st.just("f"), values))
def test_no_value_of_any_type_breaks_a_condition(
    operator: str, type: str, value: object, item: dict[str, object]
) -> None:
    assert isinstance(Conditions([condition("f", operator, type, value)]).evaluate({"l": ["a"]}, item), bool)


@settings(max_examples=100, deadline=None)
@given(type=types, left=values, right=values.filter(lambda value: not str(value).startswith("item.")))
def test_contains_and_in_exclude_their_negations(type: str, left: object, right: object) -> None:
    for name in ("contains", "in"):
        held = [
            Conditions([condition("f", operator, type, right)]).hold({}, {"f": left})
            for operator in (name, f"not_{name}")
        ]
        assert held != [True, True]
