"""The candidate."""

from __future__ import annotations

import copy

import pytest

from pairec_cli.domain.candidates import Item, Trigger


def test_a_fresh_item() -> None:
    item = Item("a", 0.5, "hot")
    assert (item.id, item.score, item.retrieve_id, item.item_type) == ("a", 0.5, "hot", "")
    assert (item.properties, item.algo_scores, item.recall_scores, item.explanation) == ({}, {}, None, None)


def test_each_item_has_dicts_of_its_own_that_last() -> None:
    first, second = Item("a"), Item("a")
    first.properties["x"] = 1
    first.algo_scores["ctr"] = 0.1
    assert (first.properties, first.algo_scores) == ({"x": 1}, {"ctr": 0.1})
    assert (second.properties, second.algo_scores) == ({}, {})


def test_given_dicts_are_taken() -> None:
    properties, scores = {"x": 1}, {"ctr": 0.5}
    item = Item("a", properties=dict(properties), algo_scores=scores)
    assert item.properties == properties
    assert item.algo_scores is scores


def test_a_misspelt_field_is_an_error() -> None:
    item = Item("a")
    with pytest.raises(AttributeError, match="propertys"):
        _ = item.propertys  # type: ignore[attr-defined]  # the misspelling is the point
    with pytest.raises(AttributeError):
        item.propertys = {}  # type: ignore[attr-defined]  # the misspelling is the point


def test_a_copy_shares_nothing() -> None:
    item = Item("a", properties={"tags": [1]})
    twin = copy.deepcopy(item)
    twin.properties["tags"] = []
    assert item.properties == {"tags": [1]}


def test_a_triggers_contribution() -> None:
    assert Trigger("t", 0.5, 0.4).contribution == 0.2
