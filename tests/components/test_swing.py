"""Swing against a hand-worked table, and against a slow twin on random logs."""

from __future__ import annotations

from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.components.swing import Swing, SwingParameters
from pairec_cli.domain.components import NOTES
from pairec_cli.domain.errors import DataError, SqlError

Log = dict[str, list[str]]
Entry = tuple[str, float, int, float]


def parameters(**texts: str) -> SwingParameters:
    return SwingParameters.parse("swing_rec_ext", {"inputTable": "t", "outputTable": "o", **texts})


def table(log: Log) -> pa.Table:
    lists = [";".join(f"{item},1,20260101000000" for item in items) for items in log.values()]
    return pa.table({"user_id": list(log), "item_list": lists})


def run(log: Log | pa.Table, *, threads: int = 2, **texts: str) -> dict[str, list[Entry]]:
    """item → [(neighbour, score, coccur, ori_score), …]"""
    inputs = log if isinstance(log, pa.Table) else table(log)
    found = {}
    for row in Swing().run(inputs, parameters(**texts), threads=threads).to_pylist():
        entries = [entry.split(",") for entry in row["item_list"].split(";")]
        found[row["item_id"]] = [(e[0], float(e[1]), int(e[2]), float(e[3])) for e in entries]
    return found


def twin(
    log: Log, alpha1: float, alpha2: float, beta: float, self_pairs: float = 0.0
) -> dict[str, dict[str, tuple[float, int]]]:
    """The formula, one pair of users at a time: item → neighbour → (ori_score, users of both)."""
    items_of = {user: set(items) for user, items in log.items() if items}
    items = sorted({item for met in items_of.values() for item in met})
    weight = {user: (alpha1 + len(met)) ** -beta for user, met in items_of.items()}
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for i in items:
        for j in items:
            both = [user for user, met in items_of.items() if i in met and j in met]
            terms = [
                weight[u] * weight[v] / (alpha2 + len(items_of[u] & items_of[v]))
                for u, v in combinations(both, 2)
            ]
            if self_pairs:
                terms += [self_pairs * weight[u] ** 2 / (alpha2 + len(items_of[u])) for u in both]
            if i != j and terms:
                found.setdefault(i, {})[j] = (sum(terms), len(both))
    return found


def test_three_users_who_met_the_same_two_items() -> None:
    """Three pairs, each 18^-0.6 / 2 with alpha1 15, alpha2 0 and users of 3 items would be thirds; here two
    items each: weight (15 + 2)^-0.3, two in common."""
    log = {user: ["a", "b"] for user in "uvw"}
    [(item, score, coccur, raw)] = run(log, alpha1="15", alpha2="0", beta="0.3")["a"]
    assert (item, score, coccur) == ("b", 1.0, 3)
    assert raw == pytest.approx(3 * 17**-0.6 / 2, rel=1e-6)


def test_users_who_share_less_say_more() -> None:
    """u, v share a, b only; w, x share a, c and three more."""
    more = ["d", "e", "f"]
    found = run({"u": ["a", "b"], "v": ["a", "b"], "w": ["a", "c", *more], "x": ["a", "c", *more]}, beta="0")
    raw = {item: score for item, _, _, score in found["a"]}
    assert raw["b"] == pytest.approx(1 / 3, rel=1e-6)
    assert raw["c"] == pytest.approx(1 / 6, rel=1e-6)
    assert found["a"][0][0] == "b"


@st.composite
def logs(draw: st.DrawFn) -> Log:
    items = draw(st.integers(2, 7))
    names = st.lists(st.integers(0, items - 1), max_size=8).map(lambda found: [f"i{n}" for n in found])
    return {f"u{n}": met for n, met in enumerate(draw(st.lists(names, min_size=1, max_size=9)))}


@settings(max_examples=60, deadline=None)
@given(
    logs(),
    st.sampled_from([0.0, 1.0, 5.0]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([0.0, 0.3, -0.35]),
    st.sampled_from([0.0, 0.5, 3.0]),
    st.integers(1, 3),
)
def test_it_is_the_formula(
    log: Log, alpha1: float, alpha2: float, beta: float, self_pairs: float, threads: int
) -> None:
    expected = twin(log, alpha1, alpha2, beta, self_pairs)
    texts = {"alpha1": str(alpha1), "alpha2": str(alpha2), "beta": str(beta), "selfPairs": str(self_pairs)}
    found = run(log, threads=threads, **texts)
    assert found.keys() == expected.keys()
    for item, entries in found.items():
        assert {e[0]: e[2] for e in entries} == {j: both for j, (_, both) in expected[item].items()}
        best = max(raw for raw, _ in expected[item].values())
        for j, score, _, raw in entries:
            assert raw == pytest.approx(expected[item][j][0], rel=1e-6)
            assert score == pytest.approx(raw / best, rel=1e-5)
        assert entries == sorted(entries, key=lambda e: (-e[3], e[0]))


@settings(max_examples=25, deadline=None)
@given(logs(), st.integers(1, 4))
def test_topk_is_the_head_of_the_whole_list(log: Log, top: int) -> None:
    whole = run(log)
    assert {item: entries[:top] for item, entries in whole.items()} == run(log, topk=str(top))


def test_with_self_pairs_one_user_is_enough() -> None:
    """Weight 1, two items: .5 · 1 / (1 + 2)."""
    [(item, score, coccur, raw)] = run({"u": ["a", "b"]}, beta="0", selfPairs="0.5")["a"]
    assert (item, score, coccur, raw) == ("b", 1.0, 1, pytest.approx(1 / 6, rel=1e-6))


def test_the_latest_items_of_a_user_count() -> None:
    log = {"u": ["a", "b", "c"], "v": ["a", "b", "c"]}
    assert set(run(log, maxClickPerUser="2")) == {"b", "c"}
    again = {"u": ["a", "b", "c", "a"], "v": ["a", "b", "c", "a"]}  # a was met again, last
    assert set(run(again, maxClickPerUser="2")) == {"a", "c"}


def test_a_popular_anchor_is_judged_by_some_of_its_users_the_same_every_time() -> None:
    log = {f"u{n}": ["hot", f"x{n % 5}", f"y{n % 3}"] for n in range(60)}
    first, again = run(log, maxUserPerItem="10"), run(log, maxUserPerItem="10", threads=1)
    assert first == again
    assert sum(e[2] for e in first["hot"] if e[0].startswith("x")) <= 10
    assert sum(e[2] for e in run(log)["hot"] if e[0].startswith("x")) == 60
    out = Swing().run(table(log), parameters(maxUserPerItem="10"), threads=1)
    assert "9 items with more than 10 users" in (out.schema.metadata or {})[NOTES].decode()


def test_rows_of_one_user_are_one_user_and_nobody_is_left_out() -> None:
    split = pa.table({"user_id": ["u", "u", None, "v"], "item_list": [
        "a,1,20260101000000", "b,1,20260101000000", "a,1,20260101000000;b,1,20260101000000",
        "a,1,20260101000000;b,1,20260101000000"]})  # fmt: skip
    assert run(split)["a"] == run({"u": ["a", "b"], "v": ["a", "b"]})["a"]


@pytest.mark.parametrize("log", [{}, {"u": []}, {"u": ["a"]}, {"u": ["a"], "v": ["b"]}, {"u": ["a", "b"]}])
def test_a_log_without_pairs_gives_no_rows(log: Log) -> None:
    assert run(log) == {}


@pytest.mark.parametrize("entry", ["a", "a,1", "a,b,1,20260101000000", "a,1,2026", "a:1"])
def test_an_entry_of_another_form_is_refused(entry: str) -> None:
    with pytest.raises(DataError, match="not item_id,norm,timestamp"):
        run(pa.table({"user_id": ["u"], "item_list": [entry]}))


def test_the_tables_may_carry_their_partition() -> None:
    given = parameters(inputTable="p.t/ds=20260101", outputTable="o/ds=20260102")
    assert (given.input_table_name, given.input_table_partitions) == ("p.t", "ds=20260101")
    assert (given.output_table_name, given.output_table_partition) == ("o", "ds=20260102")
    assert parameters().input_table_partitions is None


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(SqlError, match="topK"):
        parameters(topK="3")
