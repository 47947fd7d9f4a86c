"""Requests as arrays, and their agreement with batches."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.request_inputs import Recorded, RequestForm, RequestInputs, is_of_user
from tests.components.ranking_rows import FEATURES, rows

FORM = RequestForm.of(FEATURES)


def test_features_are_grouped_by_side_and_kind() -> None:
    assert FORM.inputs == {
        "user_ids": ("user_id", "age"),
        "user_dense": ("clicks",),
        "item_ids": ("item_id",),
        "item_dense": ("price",),
        "cross_ids": ("age_x_item",),
        "cross_dense": ("kv",),
        "tag:likes": ("likes",),
        "tag:tags": ("tags",),
        "sequence:click_5_seq__item_id": ("click_5_seq__item_id",),
        "sequence:click_5_seq__ts": ("click_5_seq__ts",),
        "sequence:click_5_seq__share": ("click_5_seq__share",),
        "length:click_5_seq": ("click_5_seq",),
    }
    assert set(FORM.of_items) == {"item_ids", "item_dense", "cross_ids", "cross_dense", "tag:tags"}


def test_inputs_without_columns_are_absent() -> None:
    assert RequestForm.of([f for f in FEATURES if f.name == "age"]).inputs == {"user_ids": ("age",)}


def test_what_the_request_says_of_itself_counts_as_the_users() -> None:
    assert [f.name for f in FEATURES if not is_of_user(f)] == ["item_id", "tags", "price", "age_x_item", "kv"]


def test_arrays_are_one_user_and_some_items() -> None:
    batch = rows(6)
    arrays = FORM.arrays(batch, 4, slice(1, 5))
    assert arrays["user_ids"].tolist() == [[int(batch.id("user_id")[4]), int(batch.id("age")[4])]]
    assert arrays["item_ids"].flatten().tolist() == batch.id("item_id")[1:5].tolist()
    assert arrays["length:click_5_seq"].tolist() == [int(batch.lengths["click_5_seq"][4])]
    assert arrays["sequence:click_5_seq__ts"].tolist() == [batch.sequences["click_5_seq__ts"][4].tolist()]
    lists = batch.lists["tags"]
    for place, row in enumerate(range(1, 5)):
        own = lists.values[lists.offsets[row] : lists.offsets[row + 1]].tolist()
        width = arrays["tag:tags"].shape[1]
        assert arrays["tag:tags"][place].tolist() == own + [-1] * (width - len(own))


def test_names_are_found_in_the_matrices_that_hold_them() -> None:
    batch = rows(5, users=1)
    inputs = RequestInputs(FORM, FORM.arrays(batch, 0, slice(0, 5)))
    assert inputs.rows == 5
    names = ["item_id", "age", "age_x_item", "user_id"]
    blocks = inputs.ids(names)
    assert [(tuple(values.shape), columns) for values, columns in blocks] == [
        ((1, 2), [1, 3]),
        ((5, 1), [0]),
        ((5, 1), [2]),
    ]
    for values, columns in blocks:
        for place, column in enumerate(columns):
            assert torch.equal(values[:, place].expand(5), batch.id(names[column]))


def test_padding_is_told_from_entries() -> None:
    arrays = FORM.arrays(rows(3), 0, slice(0, 3)) | {
        "tag:likes": torch.tensor([[3, -1]]),
        "sequence:click_5_seq__ts": torch.tensor([[4, 0, 0]]),
        "length:click_5_seq": torch.tensor([2]),
    }
    inputs = RequestInputs(FORM, arrays)
    assert inputs.several("likes").present.tolist() == [[True, False]]
    assert inputs.entries("click_5_seq__ts", "click_5_seq").present.tolist() == [[True, True, False]]
    assert not inputs.is_single("likes")
    assert inputs.is_single("age")


@pytest.mark.parametrize("kind", ["ids", "numbers", "several", "entries"])
def test_what_is_read_is_noted(kind: str) -> None:
    recorded = Recorded(rows(2))
    read = {
        "ids": lambda: recorded.ids(["age"]),
        "numbers": lambda: recorded.numbers(["price"]),
        "several": lambda: recorded.several("tags"),
        "entries": lambda: recorded.pooled_entries("click_5_seq__ts", "click_5_seq"),
    }
    read[kind]()
    names = {"ids": "age", "numbers": "price", "several": "tags", "entries": "click_5_seq__ts"}
    assert recorded.seen == {names[kind]}
