"""Vector indexes: what is written is what is found, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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


CLOUD = np.random.default_rng(3).normal(size=(600, 16)).astype(np.float32)
MANY = [f"i{place}" for place in range(600)]


def graphs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.usearch"))


def test_a_graph_finds_what_the_exact_search_finds(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    published = vectors.publish("items", MANY, CLOUD, graph_from=600)
    assert published.rows == 600
    assert published.recall is not None
    assert published.recall >= 0.99
    assert len(graphs(tmp_path)) == 1
    graph = Vectors(tmp_path).index("items")
    Vectors(tmp_path / "exact").publish("items", MANY, CLOUD)
    exact = Vectors(tmp_path / "exact").index("items")
    assert graph._graph is not None
    assert (exact._graph, exact.doubt, graph.doubt) == (None, "", "")
    for asked in (CLOUD[:1], CLOUD[5:8]):
        found, wanted = graph.search(asked, 20), exact.search(asked, 20)
        assert len({item for item, _ in found} & {item for item, _ in wanted}) >= 19
        assert dict(found).items() <= {**dict(exact.search(asked, 600))}.items()
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert graph.search(CLOUD[:1], 600) == exact.search(CLOUD[:1], 600), "asked for all, all are compared"
    assert graph.search(CLOUD[:1], 0) == []


def test_small_catalogs_have_no_graph(tmp_path: Path) -> None:
    assert Vectors(tmp_path).publish("items", MANY, CLOUD, graph_from=601).recall is None
    assert graphs(tmp_path) == []


def test_a_new_index_takes_the_old_graph_away(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("items", MANY, CLOUD, graph_from=1)
    vectors.publish("other", MANY, CLOUD, graph_from=1)
    before, old = vectors.index("items"), graphs(tmp_path)
    vectors.publish("items", MANY[:400], CLOUD[:400], graph_from=1)
    assert len(graphs(tmp_path)) == 2
    assert len(set(graphs(tmp_path)) & set(old)) == 1
    assert len(before.search(CLOUD[:1], 20)) == 20, "who has the old one open goes on"
    vectors.publish("items", MANY[:400], CLOUD[:400])
    assert len(graphs(tmp_path)) == 1


@pytest.mark.parametrize("damage", ["missing", "torn", "other", "overwritten"])
def test_a_damaged_graph_costs_speed_alone(tmp_path: Path, damage: str) -> None:
    vectors = Vectors(tmp_path)
    vectors.publish("items", MANY, CLOUD, graph_from=1)
    (path,) = graphs(tmp_path)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        half = len(content) // 2
        changed = {"torn": content[:-100], "other": b"x" * 9, "overwritten": content[:half] + bytes(half)}
        path.write_bytes(changed[damage])
    index = Vectors(tmp_path).index("items")
    assert "is searched exactly" in index.doubt
    assert index.search(CLOUD[:1], 3)[0][0] == "i0"


def test_threads_share_a_graph(tmp_path: Path) -> None:
    Vectors(tmp_path).publish("items", MANY, CLOUD, graph_from=1)
    index = Vectors(tmp_path).index("items")
    expected = [index.search(CLOUD[place], 10) for place in range(50)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda place: index.search(CLOUD[place % 50], 10), range(400)))
    assert found == expected * 8


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
