"""A script that ran for other days gives what it gives when it is read anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import NotFound, SqlError
from pairec_cli.warehouse import reuse
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.reuse import ReadyInsert, Reuse
from pairec_cli.warehouse.script import split
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

Run = Callable[..., list[str]]
Rows = Callable[..., list[tuple[Any, ...]]]
DAYS = ["20260101", "20260102", "20260103", "20260104", "20260105"]


def parameters(ds: str) -> dict[str, str]:
    return {"bizdate": ds, "bizdate_1": shift(ds, -1), "bizdate_2": shift(ds, -2), "city": "Rome"}


@pytest.fixture
def source(run: Run) -> None:
    """One row a day, n = 1 … 5."""
    run("create table s (n bigint) partitioned by (ds string)")
    for n, ds in enumerate(DAYS, start=1):
        run(f"insert overwrite table s partition(ds='{ds}') select {n}")
    run("create table t (n bigint, word string) partitioned by (ds string)")


def kinds(warehouse: Warehouse, script: str, days: list[str]) -> list[bool]:
    """Of each day, whether the script's only statement needed no reading."""
    known = Reuse()
    [raw] = split(script)
    return [isinstance(known.read(raw, parameters(ds), warehouse, "p", False), ReadyInsert) for ds in days]


SUMS = """insert overwrite table t partition(ds='${bizdate}')
select sum(n), concat('${city}', ' ', '${bizdate}', '${bizdate_1}') from s
where ds > '${bizdate_2}' and ds <= '${bizdate}'"""


@pytest.mark.usefixtures("source")
def test_each_day_has_its_own_days(run: Run, rows: Rows, warehouse: Warehouse) -> None:
    for ds in DAYS:
        run(SUMS, **parameters(ds))
    assert rows("select n, word, ds from t order by ds") == [
        (1, "Rome 2026010120251231", "20260101"),
        (3, "Rome 2026010220260101", "20260102"),
        (5, "Rome 2026010320260102", "20260103"),
        (7, "Rome 2026010420260103", "20260104"),
        (9, "Rome 2026010520260104", "20260105"),
    ]
    assert kinds(warehouse, SUMS, DAYS) == [False, True, True, True, True]


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("select '${bizdate}' as d", "no insert"),
        ("insert overwrite table t partition(ds='${bizdate}') select n, '29000615' from s", "a probe's day"),
        ("insert overwrite table t partition(ds='${bizdate}') select 1 as a${bizdate}, 'x'", "in a name"),
        ("insert overwrite table t partition(ds='20260101') select 1", "does not translate"),
    ],
)
def test_statements_that_are_read_for_each_day(warehouse: Warehouse, script: str, why: str) -> None:
    assert kinds(warehouse, script, DAYS) == [False] * 5, why


@pytest.mark.usefixtures("source")
def test_a_day_in_a_name_is_read_for_each_day(run: Run, rows: Rows) -> None:
    for ds in DAYS[:3]:
        run(
            "insert overwrite table t partition(ds='${bizdate}') select a${bizdate}, 'x' from "
            "(select n as a${bizdate} from s where ds = '${bizdate}') q",
            **parameters(ds),
        )
    assert rows("select n, ds from t order by ds") == [(1, DAYS[0]), (2, DAYS[1]), (3, DAYS[2])]


@pytest.mark.usefixtures("source")
def test_windows_follow_the_day_itself(run: Run, rows: Rows) -> None:
    """A bound that is no shift of the day: the constant before it, the day after it."""
    script = (
        "insert overwrite table t partition(ds='${bizdate}') select sum(n), 'x' from s "
        "where ds <= '${bizdate}' and (ds >= '20260103' or ds >= '${bizdate_1}')"
    )
    for ds in DAYS:
        run(script, **parameters(ds))
    assert [n for (n,) in rows("select n from t order by ds")] == [1, 3, 5, 7, 12]


@pytest.mark.usefixtures("source")
def test_a_changed_table_is_read_anew(run: Run, rows: Rows) -> None:
    for ds in DAYS[:3]:
        run(SUMS, **parameters(ds))
    run("drop table t; create table t (n string, word string) partitioned by (ds string)")
    run(SUMS, **parameters(DAYS[3]))
    assert rows("select n from t") == [("7",)]
    run("drop table s")
    with pytest.raises(NotFound, match="s"):
        run(SUMS, **parameters(DAYS[4]))


@pytest.mark.usefixtures("source")
def test_an_error_names_its_line_on_every_day(run: Run) -> None:
    script = "insert overwrite table t partition(ds='${bizdate}')\nselect nothing, 'x' from s"
    for ds in DAYS[:3]:
        with pytest.raises(SqlError, match="nothing") as caught:
            run(script, **parameters(ds))
        assert caught.value.line == 2


@pytest.mark.usefixtures("source")
def test_partitions_written_since_are_read(run: Run, rows: Rows) -> None:
    for ds in (*DAYS[:3], DAYS[0]):
        run("insert overwrite table s partition(ds='20260101') select 100")
        run(SUMS, **parameters(ds))
    assert rows("select n from t where ds = '20260101'") == [(100,)]


def test_without_bizdate_nothing_is_kept(warehouse: Warehouse) -> None:
    known = Reuse()
    [raw] = split("create table u (a bigint)")
    first = known.read(raw, {"x": "20260101"}, warehouse, "p", False)
    assert known.read(raw, {"x": "20260101"}, warehouse, "p", False) is first  # no day in it: the same value


def test_old_entries_make_room(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse) -> None:
    monkeypatch.setattr(reuse, "_KEPT", 1)
    known = Reuse()
    read = [
        known.read(split(f"create table {name} (a bigint)")[0], {}, warehouse, "p", False) for name in "xyx"
    ]
    assert read[0] == read[2]
    assert read[0] is not read[2]


CONDITIONS = st.sampled_from(
    [
        "ds = '${bizdate}'",
        "ds > '${bizdate_2}' and ds <= '${bizdate}'",
        "ds between '${bizdate_1}' and '20260104'",
        "ds in ('${bizdate}', '20260102')",
        "ds = to_char(dateadd(to_date('${bizdate}', 'yyyymmdd'), -1, 'dd'), 'yyyymmdd')",
        "ds >= replace('${bizdate}', '0105', '0103')",
        "cast(ds as bigint) = ${bizdate}",
        "substr(ds, 1, 7) = substr('${bizdate}', 1, 7) and ds <> '20260102'",
        "ds = '${bizdate}' or n = 1",
    ]
)


@settings(max_examples=15, deadline=None)
@given(condition=CONDITIONS, other=CONDITIONS)
def test_as_read_anew(tmp_path_factory: pytest.TempPathFactory, condition: str, other: str) -> None:
    script = (
        "insert overwrite table t partition(ds='${bizdate}') "
        f"select sum(n), '${{bizdate_1}}' from s where {condition} "
        f"union all select count(*), 'b' from (select n, ds from s) q where {other}"
    )
    root: Path = tmp_path_factory.mktemp("reuse")
    with DuckDBEngine(Warehouse(root, MemoryLedger()), threads=1) as engine:

        def run(text: str, ds: str = DAYS[0]) -> None:
            engine.run_script(
                text,
                parameters=parameters(ds),
                project="p",
                fingerprint=None,
                command=None,
                log=lambda _: None,
            )

        run("create table s (n bigint) partitioned by (ds string)")
        run("create table t (n bigint, word string) partitioned by (ds string)")
        for n, ds in enumerate(DAYS, start=1):
            run(f"insert overwrite table s partition(ds='{ds}') select {n}")
        answers = []
        for fresh in (False, True):
            for ds in DAYS:
                if fresh:
                    engine._reuse = Reuse()
                run(script, ds)
            answers.append(
                engine.query("select n, word, ds from t order by ds, word", project="p").to_pylist()
            )
    assert answers[0] == answers[1]
