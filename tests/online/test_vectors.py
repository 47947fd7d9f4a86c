"""Vector indexes: what is written is what is found, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.online.vectors import SUFFIX, Vectors, _largest

IDS = ["a", "b\n", 'c"', "日本"]
MATRIX = np.array([[1, 0], [0, 1], [1, 1], [-1, 0]], np.float32)


def test_the_nearest_by_inner_product(tmp_path: Path) -> None:
    Vectors(tmp_path).publish("items", IDS, MATRIX)
    index = Vectors(tmp_path).index("items")
    assert index.search([2.0, 1.0], 3) == [('c"', 3.0), ("a", 2.0), ("b\n", 1.0)]
    assert index.search([2.0, 1.0], 99)[-1] == ("日本", -2.0)
    assert index.search([2.0, 1.0], 0) == []
    assert (index.dimensions, index.matrix.flags.writeable) == (2, False)
    with pytest.raises(DataError, match="3 numbers, the index 2 dimensions"):
        index.search([1.0, 2.0, 3.0], 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-3, 3), max_size=12), st.integers(0, 14))
def test_the_largest_are_those_of_a_stable_sort(values: list[int], count: int) -> None:
    order = sorted(range(len(values)), key=lambda place: -values[place])
    assert _largest(np.array(values, np.float32), min(count, len(values))) == order[:count]


def test_a_new_index_is_opened_at_the_next_search(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("items", IDS, MATRIX)
    before = vectors.index("items")
    assert vectors.index("items") is before
    vectors.publish("items", ["z"], MATRIX[:1])
    assert vectors.index("items").search([1.0, 0.0], 5) == [("z", 1.0)]
    assert before.search([1.0, 0.0], 1) == [("a", 1.0)]


def test_an_empty_index(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("none", [], np.zeros((0, 3), np.float32))
    assert vectors.index("none").search([1.0, 2.0, 3.0], 5) == []


def test_what_cannot_be_published_leaves_what_is_there(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("items", IDS, MATRIX)
    for ids, matrix in ((IDS[:2], MATRIX), (IDS, MATRIX[0]), (IDS, MATRIX * np.nan)):
        with pytest.raises(DataError):
            vectors.publish("items", ids, matrix)
    assert vectors.index("items").ids == IDS
    assert [path.name for path in tmp_path.iterdir()] == [f"items{SUFFIX}"]


def test_names_stay_in_the_folder(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path / "vectors")
    vectors.publish("../up", IDS, MATRIX)
    assert vectors.index("../up").ids == IDS
    assert [path.name for path in tmp_path.iterdir()] == ["vectors"]
    with pytest.raises(NotFound, match="vector index 'up'"):
        vectors.index("up")


@pytest.mark.parametrize("content", [b"", b"pairec vectors 1\n", b"something else entirely, long enough"])
def test_other_files_are_no_index(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"x{SUFFIX}").write_bytes(content)
    with pytest.raises(DataError, match="is no vector index"):
        Vectors(tmp_path).index("x")


def test_a_torn_file_is_no_index(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("items", IDS, MATRIX)
    path = vectors.path("items")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match="is no vector index"):
        vectors.index("items")
