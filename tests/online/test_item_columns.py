"""Columns of the items that are looked up, and texts of theirs that are looked up in."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.online.item_columns import ItemColumn, ItemPairs
from pairec_cli.online.lookup_groups import LookupGroup
from tests.online.model_folders import feature

KEYS = st.sampled_from(["a", "b", "c"])
PAIRS = st.lists(st.dictionaries(KEYS, st.integers(-4, 4).filter(bool), max_size=3), min_size=3, max_size=3)


def group(count: int, separator: str = "") -> LookupGroup:
    members = tuple(feature(f"kv{n}", "lookup", "item user", f"kv{n}", "tag") for n in range(count))
    return LookupGroup("item", "user", "tag", separator, members, tuple(range(count)))


def test_codes_stand_for_values(tmp_path: Path) -> None:
    ItemColumn.write(tmp_path, "tags", [["y", "x"], [], ["x"]])
    column = ItemColumn(tmp_path, "tags")
    assert column.texts == ["y", "x"]
    assert column.index.find(["x", "y", "z"]) == [1, 0, -1]
    assert column.codes(np.array([2, 0, 3, 1])).tolist() == [[1, -1], [0, 1], [-1, -1], [-1, -1]]
    assert column.codes(np.array([3])).tolist() == [[-1]]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(PAIRS, min_size=1, max_size=3),
    st.lists(st.integers(0, 3), max_size=5),
    st.lists(KEYS, max_size=3),
)
def test_sums_are_those_of_dicts(
    columns: list[list[dict[str, float]]], rows: list[int], keys: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        ItemPairs.write(Path(folder), group(len(columns), "|"), 3, columns)
        found = ItemPairs(Path(folder), "user.tag").sums(np.array(rows, np.int64), [*keys, "nobody"])
    known = [[*pairs, {}] for pairs in columns]  # the item behind the last has nothing
    expected = [[sum(pairs[row].get(key, 0) for key in keys) for pairs in known] for row in rows]
    assert found.tolist() == expected


@pytest.mark.parametrize(("separator", "kept"), [("", 1.3862943611198906), ("|", 3)])
def test_numbers_of_single_keys_are_kept_transformed(separator: str, kept: float, tmp_path: Path) -> None:
    log = LookupGroup(
        "item", "user", "tag", separator, (feature("kv", "lookup", "item user", transform="log"),)
    )
    ItemPairs.write(tmp_path, log, 1, [[{"a": 3.0}]])
    assert ItemPairs(tmp_path, "user.tag").sums(np.array([0, 1]), ["a"]).tolist() == [
        [pytest.approx(kept)],
        [0],
    ]


def test_nothing_to_look_up_in(tmp_path: Path) -> None:
    ItemPairs.write(tmp_path, group(1), 0, [[]])
    assert ItemPairs(tmp_path, "user.tag").sums(np.array([0]), ["a"]).tolist() == [[0]]
