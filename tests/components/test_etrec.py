"""etrec against hand-worked tables, and against a slow NumPy twin on random logs."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components import etrec
from pairec_cli.components.etrec import Etrec, EtrecParameters
from pairec_cli.domain.components import NOTES
from pairec_cli.domain.errors import DataError, NotFound

Rows = list[tuple[object, object]]

NAMES = {"inputTableName": "t", "userColName": "user", "itemColName": "item", "outputTableName": "o"}


def parameters(**texts: str) -> EtrecParameters:
    return EtrecParameters.parse("pai_etrec", NAMES | texts)


def table(rows: Rows) -> pa.Table:
    return pa.table({"user": [user for user, _ in rows], "item": [item for _, item in rows]})


def run(rows: Rows | pa.Table, *, threads: int = 2, **texts: str) -> dict[str, list[tuple[str, float]]]:
    """item → [(neighbour, score), …] in the order of the list."""
    inputs = rows if isinstance(rows, pa.Table) else table(rows)
    output = Etrec().run(inputs, parameters(**texts), threads=threads)
    assert output.column_names == ["item_id", "similar_item_ids"]
    lists = {}
    for row in output.to_pylist():
        pairs = [entry.rsplit(":", 1) for entry in row["similar_item_ids"].split(" ")]
        lists[row["item_id"]] = [(item, float(score)) for item, score in pairs]
    return lists


def twin(rows: Rows, given: EtrecParameters) -> dict[str, list[tuple[str, float]]]:
    """The formulas of `etrec.py` on dense matrices, one pair at a time."""
    pairs = {
        (str(user), str(item)) for user, item in rows if user not in (None, "") and item not in (None, "")
    }
    sizes: dict[str, int] = {}
    for user, _ in pairs:
        sizes[user] = sizes.get(user, 0) + 1
    kept = {u: n for u, n in sizes.items() if given.min_user_behavior <= n <= given.max_user_behavior}
    items = sorted({item for user, item in pairs if user in kept}, key=lambda text: text.encode())
    users_of = {item: {user for user, met in pairs if met == item and user in kept} for item in items}
    weight = {"none": lambda n: 1.0, "log": lambda n: 1 / math.log2(1 + n), "inverse": lambda n: 1 / n}

    def similarity(i: str, j: str) -> float:
        shared, di, dj = users_of[i] & users_of[j], len(users_of[i]), len(users_of[j])
        if given.similarity_type == "jaccard":
            return len(shared) / len(users_of[i] | users_of[j])
        c = sum(weight[given.weighting](kept[user]) for user in shared)
        if given.similarity_type == "wbcosine":
            return c / math.sqrt(di * dj)
        return c**given.weight / (di**given.alpha * dj ** (1 - given.alpha))

    lists = {}
    for i in items:
        scored = [
            (j, float(np.float32(similarity(i, j)))) for j in items if j != i and users_of[i] & users_of[j]
        ]
        scored.sort(key=lambda pair: -pair[1])  # stable: ties stay in id order
        if scored:
            lists[i] = scored[: given.top_n]
    return lists


def assert_same(
    found: dict[str, list[tuple[str, float]]], expected: dict[str, list[tuple[str, float]]]
) -> None:
    """Equal lists; where two scores differ by rounding alone, the two neighbours may have changed places."""
    assert found.keys() == expected.keys()
    for item, entries in expected.items():
        scores = dict(entries)
        assert [score for _, score in found[item]] == pytest.approx([s for _, s in entries], rel=1e-6)
        worst = entries[-1][1]
        for neighbour, score in found[item]:
            assert score == pytest.approx(scores.get(neighbour, worst), rel=1e-6)


# u1: a b c   u2: a b   u3: b c   u4: a d   u5: a (too few items: dropped, so |U_a| = 3)
LOG: Rows = [
    ("u1", "a"), ("u1", "b"), ("u1", "c"),
    ("u2", "a"), ("u2", "b"),
    ("u3", "b"), ("u3", "c"),
    ("u4", "a"), ("u4", "d"),
    ("u5", "a"),
]  # fmt: skip
W2, W3 = 1 / math.log2(3), 1 / math.log2(4)


def test_wbcosine_by_hand() -> None:
    ab, bc, ac, ad = (W3 + W2) / 3, (W3 + W2) / math.sqrt(6), W3 / math.sqrt(6), W2 / math.sqrt(3)
    found = run(LOG)
    assert [item for item, _ in found["a"]] == ["b", "d", "c"]
    assert [score for _, score in found["a"]] == pytest.approx([ab, ad, ac], abs=1e-6)
    assert [item for item, _ in found["b"]] == ["c", "a"]
    assert [score for _, score in found["b"]] == pytest.approx([bc, ab], abs=1e-6)
    assert found["c"][1] == ("a", pytest.approx(ac, abs=1e-6))
    assert found["d"] == [("a", pytest.approx(ad, abs=1e-6))]


def test_plain_and_inverse_user_weights_by_hand() -> None:
    assert run(LOG, userWeight="none")["a"][0] == ("b", pytest.approx(2 / 3, abs=1e-6))
    assert run(LOG, userWeight="inverse")["a"][:2] == [
        ("d", pytest.approx(1 / 2 / math.sqrt(3), abs=1e-6)),
        ("b", pytest.approx((1 / 3 + 1 / 2) / 3, abs=1e-6)),
    ]


def test_jaccard_by_hand() -> None:
    found = run(LOG, similarityType="jaccard", userWeight="log")
    assert found["a"] == [
        ("b", pytest.approx(2 / 4, abs=1e-6)),
        ("d", pytest.approx(1 / 3, abs=1e-6)),
        ("c", pytest.approx(1 / 4, abs=1e-6)),
    ]
    assert found["b"][0] == ("c", pytest.approx(2 / 3, abs=1e-6))


def test_asymcosine_by_hand() -> None:
    found = run(LOG, similarityType="asymcosine", alpha="0.7", weight="2")
    assert found["a"] == [
        ("b", pytest.approx(2**2 / (3**0.7 * 3**0.3), abs=1e-6)),
        ("d", pytest.approx(1 / (3**0.7 * 1), abs=1e-6)),
        ("c", pytest.approx(1 / (3**0.7 * 2**0.3), abs=1e-6)),
    ]
    assert found["d"] == [("a", pytest.approx(1 / 3**0.3, abs=1e-6))]


def test_operator_has_no_effect() -> None:
    repeated = [*LOG, ("u2", "a"), ("u2", "a")]
    assert run(repeated, operator="mul") == run(LOG, operator="max")


logs = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 25)).map(lambda pair: (f"u{pair[0]}", f"i{pair[1]}")),
    max_size=120,
)
choices = st.fixed_dictionaries(
    {
        "similarityType": st.sampled_from(["wbcosine", "asymcosine", "jaccard"]),
        "userWeight": st.sampled_from(["none", "log", "inverse"]),
        "topN": st.sampled_from(["1", "2", "3", "7", "100"]),
        "alpha": st.sampled_from(["0.3", "0.5", "0.8"]),
        "weight": st.sampled_from(["0.5", "1", "2"]),
        "minUserBehavior": st.sampled_from(["1", "2", "3"]),
        "maxUserBehavior": st.sampled_from(["5", "500"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(rows=logs, texts=choices)
def test_kernel_equals_twin(rows: Rows, texts: dict[str, str]) -> None:
    if not rows:
        return
    assert_same(run(rows, **texts), twin(rows, parameters(**texts)))


@pytest.mark.parametrize("similarity", ["wbcosine", "asymcosine", "jaccard"])
def test_large_catalogue_equals_twin(similarity: str) -> None:
    """Beyond one stripe: rows with few neighbours walk over them, rows with many over the catalogue."""
    random = np.random.default_rng(5)
    items = np.minimum(random.exponential(120, 9000).astype(int), 699)
    rows: Rows = list(zip(random.integers(0, 400, 9000).tolist(), items.tolist(), strict=True))
    texts = {"similarityType": similarity, "topN": "15", "alpha": "0.6", "weight": "1.5"}
    log = etrec.read_log(table(rows), parameters(**texts))
    activity = np.diff(log.user_ptr)
    work = np.array([
        activity[log.item_users[start:stop]].sum()
        for start, stop in zip(log.item_ptr[:-1], log.item_ptr[1:], strict=True)
    ])  # fmt: skip
    few = 4 * work < len(log.ids)
    assert few.any() and not few.all() and len(log.ids) > 2 * etrec.kernel.STRIPE
    assert_same(run(rows, **texts), twin(rows, parameters(**texts)))


def test_answer_does_not_depend_on_threads() -> None:
    random = np.random.default_rng(1)
    inputs = pa.table({"user": random.integers(0, 300, 6000), "item": random.integers(0, 500, 6000)})
    one = Etrec().run(inputs, parameters(topN="20"), threads=1)
    for threads in (2, 3, 8):
        assert Etrec().run(inputs, parameters(topN="20"), threads=threads).equals(one)


def test_answer_does_not_depend_on_the_order_of_rows() -> None:
    random = np.random.default_rng(2)
    rows: Rows = [(int(u), int(i)) for u, i in random.integers(0, 40, (600, 2))]
    assert run([rows[k] for k in random.permutation(600)], topN="5") == run(rows, topN="5")


def test_ties_go_by_id() -> None:
    rows: Rows = [(user, item) for user in "uv" for item in ("10", "9", "b", "a", "B")]
    assert [item for item, _ in run(rows, topN="3")["9"]] == ["10", "B", "a"]


def test_one_session_makes_everything_a_neighbour_of_everything() -> None:
    rows: Rows = [("u", f"i{k:02}") for k in range(10)]
    found = run(rows, userWeight="none")
    assert len(found) == 10
    assert found["i03"] == [(f"i{k:02}", 1.0) for k in range(10) if k != 3]


def test_items_without_neighbours_have_no_row() -> None:
    rows: Rows = [("u", "alone"), ("v", "x"), ("v", "y"), ("w", "x")]
    assert run(rows, minUserBehavior="1").keys() == {"x", "y"}


def test_users_outside_the_bounds_are_dropped_whole() -> None:
    rows: Rows = [("heavy", f"i{k}") for k in range(6)] + [("u", "i0"), ("u", "i1"), ("one", "i2")]
    found = run(rows, maxUserBehavior="5", userWeight="none")
    assert found == {"i0": [("i1", 1.0)], "i1": [("i0", 1.0)]}
    notes = (
        Etrec().run(table(rows), parameters(maxUserBehavior="5"), threads=1).schema.metadata[NOTES].decode()
    )
    assert "1 users with more than 5 items dropped" in notes
    assert "1 users with fewer than 2 items dropped" in notes


def test_repeated_rows_count_once_towards_the_bounds() -> None:
    rows: Rows = [("u", "a")] * 9 + [("u", "b")] * 3 + [("v", "c")] * 2
    assert run(rows, maxUserBehavior="2", userWeight="none") == {"a": [("b", 1.0)], "b": [("a", 1.0)]}


def test_null_and_empty_ids_are_dropped_and_counted() -> None:
    bad: Rows = [(None, "a"), ("u1", None), ("", "b"), ("u1", ""), (None, None)]
    assert run(LOG + bad) == run(LOG)
    output = Etrec().run(table(LOG + bad), parameters(), threads=1)
    assert "5 rows with a NULL or empty id dropped" in output.schema.metadata[NOTES].decode().splitlines()


@pytest.mark.parametrize(
    "inputs",
    [
        pa.table({"user": pa.array([], pa.string()), "item": pa.array([], pa.string())}),
        pa.table({"user": pa.array([None, None], pa.int64()), "item": pa.array([1, 2], pa.int64())}),
        pa.table({"user": [1], "item": [1]}),
        pa.table({"user": [1, 2], "item": [1, 1]}),
    ],
)
def test_nothing_to_compare_is_an_empty_table(inputs: pa.Table) -> None:
    output = Etrec().run(inputs, parameters(minUserBehavior="1"), threads=2)
    assert output.num_rows == 0
    assert output.schema.types == [pa.string(), pa.string()]


@pytest.mark.parametrize(
    ("kind", "convert"),
    [(pa.int32(), int), (pa.int64(), int), (pa.string(), str), (pa.large_string(), str),
     (pa.dictionary(pa.int32(), pa.string()), str)],
)  # fmt: skip
def test_id_types_give_the_same_text(kind: pa.DataType, convert: type) -> None:
    rows = [(1, 10), (1, 2), (1, -3), (2, 10), (2, 2)]
    inputs = pa.table(
        {
            "user": pa.chunked_array([[row[0] for row in rows]], pa.int64()),
            "item": pa.chunked_array(
                [
                    pa.array([convert(row[1]) for row in part], pa.string() if convert is str else kind).cast(
                        kind
                    )
                    for part in (rows[:2], rows[2:])
                ]
            ),
        }
    )
    assert run(inputs) == run([(str(u), str(i)) for u, i in rows])


def test_ids_that_hold_a_delimiter_are_refused() -> None:
    rows: Rows = [("u", "a b"), ("u", "c"), ("v", "d")]
    with pytest.raises(DataError, match=r"1 item ids hold the delimiter ' ', for example 'a b'"):
        run(rows)
    with pytest.raises(DataError, match="':'"):
        run([("u", "x:1"), ("u", "c")])
    output = Etrec().run(table(rows), parameters(itemDelimiter=",", kvDelimiter="|"), threads=1)
    assert output.to_pylist()[0] == {"item_id": "a b", "similar_item_ids": "c|0.63092977"}


def test_user_ids_may_hold_anything() -> None:
    assert run([("u 1:2", "a"), ("u 1:2", "b")], userWeight="none") == {"a": [("b", 1.0)], "b": [("a", 1.0)]}


def test_ids_beyond_ascii_and_long_delimiters() -> None:
    output = Etrec().run(
        table([("用户", "視頻一"), ("用户", "é"), ("用户", "z")]),
        parameters(itemDelimiter=" ; ", kvDelimiter="→", userWeight="none"),
        threads=1,
    )
    assert output.to_pylist()[0] == {"item_id": "z", "similar_item_ids": "é→1 ; 視頻一→1"}


def test_columns_that_are_no_ids_are_refused() -> None:
    with pytest.raises(DataError, match="double cannot hold ids"):
        run(pa.table({"user": [1, 2], "item": [0.5, 1.5]}))
    with pytest.raises(NotFound, match="did you mean 'item_id'"):
        Etrec().run(pa.table({"user": [1], "item_id": [1]}), parameters(itemColName="itemid"), threads=1)


def test_scores_parse_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Very small and very large scores keep six digits, and blocks may be as small as one row."""
    monkeypatch.setattr(etrec, "BLOCK_KEYS", 1)
    rows: Rows = [(u, i) for u in range(60) for i in range(u % 7 + 2)]
    for weight in ("0.01", "4"):
        texts = {"similarityType": "asymcosine", "weight": weight, "userWeight": "inverse"}
        assert_same(run(rows, **texts), twin(rows, parameters(**texts)))


def test_blocks_cover_every_row_once() -> None:
    random = np.random.default_rng(3)
    log = etrec.read_log(
        table([(int(u), int(i)) for u, i in random.integers(0, 90, (2000, 2))]), parameters()
    )
    for threads, top in ((1, 5), (4, 50), (64, 89)):
        bounds = etrec._blocks(log, top, 2, threads)
        assert bounds[0][0] == 0 and bounds[-1][1] == len(log.ids)
        assert all(before[1] == after[0] for before, after in pairwise(bounds))
