"""SimRank++ by hand, and against a slow twin that holds every pair."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.simrank import SimRankParameters, SimRankPlusPlus
from pairec_cli.domain.errors import DataError

Edges = dict[tuple[str, str], float]


def run(edges: Edges, *, threads: int = 2, **texts: str) -> dict[str, dict[str, float]]:
    given_texts = {"inputTableName": "t", "userColName": "u", "itemColName": "i", "outputTableName": "o"}
    parameters = SimRankParameters.parse("simrank", {**given_texts, "weightColName": "w", **texts})
    users, items = zip(*edges, strict=True) if edges else ((), ())
    columns = [
        pa.array(users, pa.string()),
        pa.array(items, pa.string()),
        pa.array(edges.values(), pa.float64()),
    ]
    table = pa.table(columns, names=["u", "i", "w"])
    rows = SimRankPlusPlus().run(table, parameters, threads=threads).to_pylist()
    pairs = {row["item_id"]: [e.split(":") for e in row["similar_item_ids"].split(",")] for row in rows}
    return {item: {other: float(score) for other, score in found} for item, found in pairs.items()}


def twin(edges: Edges, decay: float, iterations: int) -> dict[str, dict[str, float]]:
    """The paper's recursion on whole matrices, in float64."""
    users, items = (sorted({edge[side] for edge in edges}) for side in (0, 1))
    w = np.zeros((len(items), len(users)))
    for (user, item), value in edges.items():
        w[items.index(item), users.index(user)] = value

    def transition(own: np.ndarray) -> np.ndarray:
        variance = np.array([column[column > 0].var() for column in own.T])
        return np.exp(-variance) * own / own.sum(axis=1, keepdims=True)

    def evidence(own: np.ndarray) -> np.ndarray:
        return 1 - 0.5 ** ((own > 0).astype(float) @ (own > 0).T)

    of_items, of_users = np.eye(len(items)), np.eye(len(users))
    for _ in range(iterations):
        p, q = transition(w), transition(w.T)
        new_items = decay * evidence(w) * (p @ of_users @ p.T)
        new_users = decay * evidence(w.T) * (q @ of_items @ q.T)
        for matrix in (new_items, new_users):
            np.fill_diagonal(matrix, 1)
        of_items, of_users = new_items, new_users
    found: dict[str, dict[str, float]] = {}
    for a, b in np.argwhere((of_items > 0) & ~np.eye(len(items), dtype=bool)):
        found.setdefault(items[a], {})[items[b]] = of_items[a, b]
    return found


def test_one_step_by_hand() -> None:
    """Two users met both items: W is 1/2 each; the sum over equal users is 1/4 + 1/4, the evidence 3/4."""
    edges = {(user, item): 1.0 for user in "uv" for item in "ab"}
    assert run(edges, iterations="1", decay="0.8")["a"] == {"b": pytest.approx(0.8 * 0.75 * 0.5)}


def test_the_second_step_counts_similar_users() -> None:
    """The users' similarity of the first step, 0.3, joins the two that are the same: 1/2 + 0.3 · 1/2."""
    edges = {(user, item): 1.0 for user in "uv" for item in "ab"}
    assert run(edges, iterations="2")["a"] == {"b": pytest.approx(0.8 * 0.75 * (0.5 + 0.3 * 0.5))}


def test_a_user_of_uneven_weights_carries_less() -> None:
    """Weights 1 and 1/2 have the variance 1/16."""
    even = run({("u", "a"): 1.0, ("u", "b"): 1.0}, iterations="1")
    uneven = run({("u", "a"): 1.0, ("u", "b"): 0.5}, iterations="1")
    assert uneven["a"]["b"] == pytest.approx(even["a"]["b"] * np.exp(-1 / 16) ** 2)


EDGES = st.dictionaries(
    st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcdefg")),
    st.sampled_from([0.25, 0.5, 1.0]),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(EDGES, st.integers(1, 4), st.sampled_from([0.6, 0.8]))
def test_it_is_the_recursion(edges: Edges, iterations: int, decay: float) -> None:
    found = run(edges, iterations=str(iterations), decay=str(decay))
    expected = twin(edges, decay, iterations)
    assert {item: set(near) for item, near in found.items()} == {i: set(n) for i, n in expected.items()}
    for item, near in expected.items():
        assert found[item] == pytest.approx(near, rel=1e-5)
        scores = list(found[item].values())
        assert scores == sorted(scores, reverse=True)


@settings(deadline=None, max_examples=20)
@given(EDGES)
def test_threads_and_repeats_change_nothing(edges: Edges) -> None:
    assert run(edges, threads=1) == run(edges, threads=3) == run(edges)


def test_lists_are_cut() -> None:
    edges = {(user, item): 1.0 for user in "uvw" for item in "abcdef"}
    assert [len(near) for near in run(edges, topN="2").values()] == [2] * 6
    pruned = run(edges, topN="2", neighbours="1")
    assert list(pruned["a"]) == ["b", "c"], "equal scores stand by id"


def test_what_cannot_be_used_is_refused() -> None:
    assert run({}) == {}
    assert run({("u", ""): 1.0, ("", "a"): 1.0}) == {}
    with pytest.raises(DataError, match="not above 0"):
        run({("u", "a"): 0.0})
    with pytest.raises(DataError, match="for example 'a:b'"):
        run({("u", "a:b"): 1.0, ("u", "c"): 1.0})
