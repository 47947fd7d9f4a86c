"""The exact search against all pairs, one by one."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components import vector_search
from pairec_cli.components.vector_search import VectorTopk, VectorTopkParameters, top, vectors
from pairec_cli.domain.errors import DataError

Rows = list[tuple[str, str, str, str]]


def run(rows: Rows, topk: int = 10, temperature: float = 1.0, threads: int = 1) -> dict[str, str]:
    columns = zip(*rows, strict=True) if rows else [(), (), (), ()]
    names = ("kind", "id", "vector", "seen")
    table = pa.table({n: pa.array(list(c), pa.string()) for n, c in zip(names, columns, strict=True)})
    parameters = VectorTopkParameters(input_table="a", output_table="b", topk=topk, temperature=temperature)
    found = VectorTopk().run(table, parameters, threads=threads)
    return dict(zip(found["user_id"].to_pylist(), found["item_ids"].to_pylist(), strict=True))


ITEMS: Rows = [("item", "a", "1,0", ""), ("item", "b", "0,1", ""), ("item", "c", "0.6,0.8", "")]


def test_the_nearest_come_first_with_their_share_of_the_best() -> None:
    found = run([*ITEMS, ("user", "u", "1,0", "")])
    assert found == {"u": f"a::1,c::{round(math.exp(-0.4), 6)},b::{round(math.exp(-1), 6)}"}


def test_a_lower_temperature_tells_items_apart_more_sharply() -> None:
    found = run([*ITEMS, ("user", "u", "1,0", "")], topk=2, temperature=0.1)
    assert found == {"u": f"a::1,c::{round(math.exp(-4), 6)}"}


def test_of_several_vectors_the_nearest_counts() -> None:
    found = run([*ITEMS, ("user", "u", "1,0|0,1", "")])
    assert [entry.split("::")[0] for entry in found["u"].split(",")] == ["a", "b", "c"], "equals by id"


def test_items_taken_are_left_out_and_unknown_ones_do_no_harm() -> None:
    assert run([*ITEMS, ("user", "u", "1,0", "a,zz"), ("user", "v", "1,0", "a,b,c")]) == {
        "u": f"c::1,b::{round(math.exp(-0.6), 6)}"
    }, "a user who has taken everything has no row"


def test_nothing_to_search() -> None:
    assert run([]) == {}
    assert run(ITEMS) == {}
    assert run([("user", "u", "1,0", "")]) == {}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("item", "a", "1,x", ""), ("user", "u", "1,0", "")], "not numbers"),
        ([("item", "a", "1,nan", ""), ("user", "u", "1,0", "")], "not finite"),
        ([("item", "a", "1", ""), ("user", "u", "1,0", "")], "2 numbers, items' 1"),
        ([("item", "a", "1", ""), ("item", "b", "1,2", ""), ("user", "u", "1", "")], "from 1 to 2"),
        ([("item", "a:b", "1", ""), ("user", "u", "1", "")], "holds one of"),
    ],
)
def test_bad_rows_are_refused(rows: Rows, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(rows)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 9), st.integers(1, 15))
def test_the_search_is_that_of_all_pairs(seed: int, n_items: int, n_users: int, topk: int) -> None:
    random = np.random.default_rng(seed)
    items = random.integers(-2, 3, (n_items, 3)).astype(np.float32)
    users = [random.integers(-2, 3, (int(random.integers(1, 4)), 3)) for _ in range(n_users)]
    seen = [set(random.choice(n_items, int(random.integers(0, n_items + 1)), replace=False)) for _ in users]
    rows: Rows = [("item", f"i{i:02}", ",".join(map(str, v)), "") for i, v in enumerate(items)]
    rows += [
        ("user", f"u{n}", "|".join(",".join(map(str, v)) for v in own), ",".join(f"i{i:02}" for i in met))
        for n, (own, met) in enumerate(zip(users, seen, strict=True))
    ]
    random.shuffle(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_search, "BLOCK_BYTES", 4 * n_items * 3 * 2)  # two users at a time
        found = run(rows, topk, threads=2)
    for n, (own, met) in enumerate(zip(users, seen, strict=True)):
        near = {i: max(float(v @ items[i]) for v in own) for i in range(n_items) if i not in met}
        best = sorted(near, key=lambda i: (-near[i], i))[:topk]
        expected = [f"i{i:02}::{round(math.exp(near[i] - near[best[0]]), 6)}" for i in best]
        assert [one.split("::")[0] for one in found.get(f"u{n}", "").split(",") if one] == [
            one.split("::")[0] for one in expected
        ]
        given = [float(one.split("::")[1]) for one in found.get(f"u{n}", "").split(",") if one]
        assert given == pytest.approx([float(one.split("::")[1]) for one in expected], abs=1e-6)


def test_equal_scores_keep_the_order_of_their_columns() -> None:
    places, scores = top(np.array([[1, 3, 1, 3, 1]], np.float32), 3)
    assert places.tolist() == [[1, 3, 0]]
    assert scores.tolist() == [[3, 3, 1]]


def test_vectors_are_read_with_their_places() -> None:
    matrix, starts = vectors(pa.array(["1,2|3,4", "-0.5,1e-3"]))
    assert matrix.tolist() == [[1, 2], [3, 4], [-0.5, pytest.approx(1e-3)]]
    assert starts.tolist() == [0, 2, 3]
