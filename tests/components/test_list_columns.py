"""Lists of ids in texts, against Python's own split."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.list_columns import SequenceLists, TagLists, parse_sequence, parse_tags
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.model_features import Form, ModelFeature

TAG = ModelFeature("tags", Form.TAG, "item", ("tags",), num_buckets=100, embedding_dim=4)
ITEM = ModelFeature(
    "s__item",
    Form.ID,
    "user",
    ("s__item",),
    num_buckets=100,
    embedding_dim=4,
    sequence="s",
    sequence_length=4,
)
NUMBER = ModelFeature("s__x", Form.RAW, "user", ("s__x",), sequence="s", sequence_length=4)
LISTS = st.lists(st.lists(st.integers(0, 99), max_size=6), min_size=1, max_size=8)


def texts(lists: list[list[int]], separator: str) -> pa.Array:
    return pa.array([separator.join(map(str, one)) for one in lists])


@settings(max_examples=50)
@given(LISTS, LISTS, st.data())
def test_tags_of_any_rows(first: list[list[int]], second: list[list[int]], data: st.DataObject) -> None:
    parts = [parse_tags(texts(lists, ","), TAG, ",") for lists in (first, second)]
    joined, lists = TagLists.joined(parts), first + second
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=10))
    taken = joined.take(np.array(rows, np.int64))
    ends = taken.offsets.tolist()
    assert [taken.values[a:b].tolist() for a, b in pairwise(ends)] == [lists[r] for r in rows]
    assert taken.values.dtype == taken.offsets.dtype == torch.int64


@settings(max_examples=50)
@given(LISTS, LISTS, st.data())
def test_sequences_of_any_rows(first: list[list[int]], second: list[list[int]], data: st.DataObject) -> None:
    def parsed(lists: list[list[int]]) -> SequenceLists:
        numbers = pa.array([";".join(str(number / 2) for number in one) for one in lists])
        return parse_sequence([texts(lists, ";"), numbers], [ITEM, NUMBER])

    joined, lists = SequenceLists.joined([parsed(first), parsed(second)]), first + second
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), min_size=1, max_size=10))
    fields, lengths = joined.take(np.array(rows, np.int64))
    wanted = [lists[row][:4] for row in rows]
    width = max(1, *map(len, wanted), 1)
    padded = [one + [0] * (width - len(one)) for one in wanted]
    assert lengths.tolist() == [len(one) for one in wanted]
    assert fields["s__item"].tolist() == padded
    assert fields["s__x"].tolist() == [[number / 2 for number in one] for one in padded]
    assert (fields["s__item"].dtype, fields["s__x"].dtype) == (torch.int64, torch.float32)


def test_equal_lists_are_kept_once() -> None:
    items = pa.array(["1;2", "1;2", "", "1;2", None])
    numbers = pa.array(["1;2", "1;3", "", "1;2", ""])
    lists = parse_sequence([items, numbers], [ITEM, NUMBER])
    assert lists.row[0] == lists.row[3] != lists.row[1]
    assert lists.row[2] == lists.row[4]
    assert len(lists.sizes) == 3


def test_one_tag_may_be_a_number() -> None:
    assert parse_tags(pa.array([3, 4]), TAG, ",").take(np.array([1])).values.tolist() == [4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,x", "column tags is no list of ids joined by ','"),
        ("1,,2", "column tags is no list of ids"),
        ("1,100", "feature tags has the id 100, outside 0 … 99"),
        ("-1", "feature tags has the id -1, outside"),
    ],
)
def test_what_is_no_list_of_ids(text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        parse_tags(pa.array(["1", text]), TAG, ",")


def test_bad_numbers_are_counted() -> None:
    with pytest.raises(DataError, match="column s__x holds 2 value"):
        parse_sequence([pa.array(["1;2;3"]), pa.array(["nan;1;inf"])], [ITEM, NUMBER])


def test_fields_of_a_sequence_are_equally_long() -> None:
    with pytest.raises(DataError, match=r"1 list\(s\) of s__x are not as long as those of s__item"):
        parse_sequence([pa.array(["1;2", "1"]), pa.array(["1", "1"])], [ITEM, NUMBER])
