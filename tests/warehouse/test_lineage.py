"""What scripts read and write, and over which days."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import SqlError, UnsupportedSql
from pairec_cli.domain.tables import TableName
from pairec_cli.warehouse.lineage import Lineage, TableRead, TableWrite, lineage

DATA = Path(__file__).parent / "data"
PARAMETERS = {"bizdate": "20260110", "bizdate_6": "20260104"}


def of(script: str) -> Lineage:
    return lineage(script, parameters=PARAMETERS, project="p")


def reads(script: str) -> dict[str, tuple[str | None, str | None]]:
    return {str(read.table): (read.first, read.last) for read in of(script).reads}


OPEN = (None, None)
DAY = ("20260110", "20260110")
WEEK = ("20260104", "20260110")

WINDOWS: list[tuple[str, dict[str, tuple[str | None, str | None]]]] = [
    ("select 1", {}),
    ("select * from t", {"p.t": OPEN}),
    ("select * from q.t where ds = '${bizdate}'", {"q.t": DAY}),
    ('select * from t where "${bizdate}" = ds', {"p.t": DAY}),
    ("select * from t where ds between ${bizdate_6} and ${bizdate}", {"p.t": WEEK}),
    ("select * from t where ds > '20260103' and ds < '20260111'", {"p.t": WEEK}),
    ("select * from t where ds >= '${bizdate_6}'", {"p.t": ("20260104", None)}),
    ("select * from t where '20260110' >= ds", {"p.t": (None, "20260110")}),
    ("select * from t where ds in ('20260104', '20260110') and x = 1", {"p.t": WEEK}),
    ("select * from t where ds not in ('20260104')", {"p.t": OPEN}),
    ("select * from t where not ds = '20260104'", {"p.t": OPEN}),
    ("select * from t where ds not between '20260104' and '20260110'", {"p.t": OPEN}),
    ("select * from t where ds = '20260104' or ds = '20260110'", {"p.t": WEEK}),
    ("select * from t where ds = '20260104' or x = 1", {"p.t": OPEN}),
    ("select * from t where (ds = '20260104' or ds = '20260110') and ds > '20260109'", {"p.t": DAY}),
    ("select * from t where ds = other", {"p.t": OPEN}),
    ("select * from t where ds = 'latest'", {"p.t": OPEN}),
    ("select * from t where upper(ds) = '20260110'", {"p.t": OPEN}),
    # Constant expressions.
    (
        "select * from t where "
        "ds > to_char(dateadd(to_date('${bizdate}', 'yyyymmdd'), -7, 'dd'), 'yyyymmdd') "
        "and ds <= '${bizdate}'",
        {"p.t": WEEK},
    ),
    ("select * from t where ds = date_format(date_sub('2026-01-11', 1), 'yyyyMMdd')", {"p.t": DAY}),
    ("select * from t where ds = replace('2026-01-10', '-', '')", {"p.t": DAY}),
    ("select * from t where ds = concat('202601', '10')", {"p.t": DAY}),
    ("select * from t where ds = to_char(dateadd(x, -7, 'dd'), 'yyyymmdd')", {"p.t": OPEN}),
    ("select * from t where ds = to_char(to_date('x', 'yyyymmdd'), 'yyyymmdd')", {"p.t": OPEN}),
    # Merging: the smallest window that holds every use.
    ("select * from t where ds = '20260104'; select * from t where ds = '20260110'", {"p.t": WEEK}),
    ("select * from t where ds = '20260104' union all select * from t where ds = '20260110'", {"p.t": WEEK}),
    ("select * from t a join t b on a.x = b.x where a.ds = '20260104' and b.ds = '20260110'", {"p.t": WEEK}),
    ("select * from t where ds = '${bizdate}'; select * from t", {"p.t": OPEN}),
    # Joins: whose ON filters whom.
    (
        "select 1 from a join b on a.x = b.x and a.ds = '${bizdate}' and b.ds = '${bizdate}'",
        {"p.a": DAY, "p.b": DAY},
    ),
    (
        "select 1 from a left join b on a.x = b.x and b.ds = '${bizdate}' and a.ds = '${bizdate}'",
        {"p.a": OPEN, "p.b": DAY},
    ),
    (
        "select 1 from a right join b on a.x = b.x and b.ds = '${bizdate}' and a.ds = '${bizdate}'",
        {"p.a": DAY, "p.b": OPEN},
    ),
    (
        "select 1 from a full join b on a.x = b.x and b.ds = '${bizdate}' and a.ds = '${bizdate}'",
        {"p.a": OPEN, "p.b": OPEN},
    ),
    (
        "select 1 from a left semi join b on a.x = b.x and b.ds = '${bizdate}' and a.ds = '${bizdate}'",
        {"p.a": DAY, "p.b": DAY},
    ),
    (
        "select 1 from a left anti join b on a.x = b.x and b.ds = '${bizdate}' and a.ds = '${bizdate}'",
        {"p.a": OPEN, "p.b": DAY},
    ),
    ("select 1 from a left join b on a.x = b.x where b.ds = '${bizdate}'", {"p.a": OPEN, "p.b": DAY}),
    ("select 1 from a join b on a.x = b.x where ds = '${bizdate}'", {"p.a": OPEN, "p.b": OPEN}),
    (
        "select 1 from a join (select x from b where ds = '20260104') c on a.x = c.x where ds = '${bizdate}'",
        {"p.a": DAY, "p.b": ("20260104", "20260104")},
    ),
    # Through subqueries and WITH, where filtering early is the same.
    ("select * from (select x, ds from t) s where s.ds = '${bizdate}'", {"p.t": DAY}),
    ("select * from (select x, ds as d from t) s where d = '${bizdate}'", {"p.t": DAY}),
    ("select * from (select * from t) s where ds = '${bizdate}'", {"p.t": DAY}),
    ("select * from (select x, max(y) y, ds from t group by x, ds) s where ds = '${bizdate}'", {"p.t": DAY}),
    ("select * from (select x, max(ds) ds from t group by x) s where ds = '${bizdate}'", {"p.t": OPEN}),
    ("select * from (select x, ds from t limit 5) s where ds = '${bizdate}'", {"p.t": OPEN}),
    (
        "select * from (select ds, row_number() over (partition by x order by y) r from t) s "
        "where ds = '${bizdate}'",
        {"p.t": OPEN},
    ),
    (
        "select * from (select ds from t union all select ds from u) s where ds = '${bizdate}'",
        {"p.t": DAY, "p.u": DAY},
    ),
    (
        "select * from (select ds from t union all select d from u) s where ds = '${bizdate}'",
        {"p.t": DAY, "p.u": OPEN},
    ),
    ("with w as (select ds, x from t) select * from w where ds = '${bizdate}'", {"p.t": DAY}),
    (
        "with w as (select ds, x from t) select 1 from w a join w b on a.x = b.x "
        "where a.ds = '20260104' and b.ds = '${bizdate}'",
        {"p.t": WEEK},
    ),
    (
        "with w as (select ds from t), v as (select ds from w) select * from v where ds = '${bizdate}'",
        {"p.t": DAY},
    ),
    (
        "with w as (select ds from t) select * from w where ds = '${bizdate}' union all select * from w",
        {"p.t": OPEN},
    ),
    ("with t as (select * from u where ds = '${bizdate}') select * from t", {"p.u": DAY}),
    ("with t as (select 1 as x) select * from q.t where ds = '${bizdate}'", {"q.t": DAY}),
    # Queries inside expressions.
    (
        "select * from t where ds = '${bizdate}' and x in (select x from u where ds = '20260104')",
        {"p.t": DAY, "p.u": ("20260104", "20260104")},
    ),
    ("select (select max(ds) from u), 1 from t where ds = '${bizdate}'", {"p.t": DAY, "p.u": OPEN}),
    ("select * from t lateral view explode(split(x, ',')) v as y where ds = '${bizdate}'", {"p.t": DAY}),
]


@pytest.mark.parametrize(("script", "expected"), WINDOWS, ids=[case[0][:80] for case in WINDOWS])
def test_windows(script: str, expected: dict[str, tuple[str | None, str | None]]) -> None:
    assert reads(script) == expected


def test_the_tutorials_clone() -> None:
    script = (DATA / "tutorial" / "clone.sql").read_text()
    found = lineage(script, parameters={"bizdate": "20260102", "bizdate_100": "20250924"}, project="me")
    names = [f"rec_sln_demo_{kind}_table" for kind in ("behavior", "item", "user")]
    assert found.reads == tuple(
        TableRead(TableName("pai_online_project", name), "20250924", "20260102") for name in names
    )
    assert set(found.writes) == {TableWrite(TableName("me", f"{name}_v1"), None) for name in names}


def test_writes() -> None:
    script = """
    insert overwrite table a partition(ds='${bizdate}') select 1;
    insert into b partition(ds) select 1, '20260101';
    insert overwrite table q.c select 1;
    create table d as select * from e;
    alter table f add if not exists partition (ds='20260101');
    alter table g drop if exists partition (ds<'20250101');
    truncate table h;
    drop table if exists i;
    """
    found = of(script)
    assert [(str(write.table), write.ds) for write in found.writes] == [
        ("p.a", "20260110"),
        ("p.b", None),
        ("q.c", None),
        ("p.d", None),
        ("p.f", "20260101"),
        ("p.g", None),
        ("p.h", None),
    ]
    assert [str(read.table) for read in found.reads] == ["p.e"]


def test_a_table_that_the_script_creates_and_writes_first_is_no_read() -> None:
    made = "create table if not exists tmp (a bigint); insert overwrite table tmp select a from s;"
    assert reads(f"{made} select * from tmp") == {"p.s": OPEN}
    assert reads(f"select * from tmp; {made}") == {"p.tmp": OPEN, "p.s": OPEN}
    # It reads yesterday's partition of its own table before it writes today's.
    own = (
        "create table if not exists acc (a bigint) partitioned by (ds string);"
        "insert overwrite table acc partition(ds='${bizdate}') select a from acc where ds = '20260109'"
    )
    assert reads(own) == {"p.acc": ("20260109", "20260109")}


def test_partition_columns_are_known_from_the_script_and_from_the_caller() -> None:
    script = (
        "create table t (a bigint, ds string) partitioned by (dt string); select * from t where dt='20260110'"
    )
    assert reads(script) == {"p.t": DAY}
    found = lineage(
        "select * from t where dt = '20260110'",
        parameters={},
        project="p",
        partition_column=lambda table: "dt",
    )
    assert (found.reads[0].first, found.reads[0].last) == DAY


def test_pai_commands() -> None:
    script = """
    PAI -name pai_etrec -project algo_public
        -DinputTableName=src -DinputTablePartitions="ds=20260104,ds=${bizdate}"
        -DoutputTableName=q.dst -DoutputTablePartition=ds=${bizdate}
        -DuserColName=user_id;
    PAI -name swing_rec_ext -DinputTable=odps://z/tables/s/ds=20260110 -DoutputTable=d/ds=20260110 ;
    PAI -name other -DinputTableName=whole -DoutputTableName=plain
    """
    found = of(script)
    assert {str(read.table): (read.first, read.last) for read in found.reads} == {
        "p.src": WEEK,
        "z.s": DAY,
        "p.whole": OPEN,
    }
    assert [(str(write.table), write.ds) for write in found.writes] == [
        ("q.dst", "20260110"),
        ("p.d", "20260110"),
        ("p.plain", None),
    ]


@pytest.mark.parametrize(
    ("script", "line", "said"),
    [
        (
            "select 1;\nselect * from t where ds = '${bizdat}'",
            2,
            r"unknown parameter \$\{bizdat\}; did you mean",
        ),
        ("select 1;\n\nselect from where", 3, "syntax error near 'where'"),
        ("from a insert into b select 1 insert into c select 2", 1, "FROM … INSERT … INSERT"),
        ("\nmerge into a using b on a.x = b.x when matched then delete", 2, "MERGE is not supported"),
        ("PAI -name x -DinputTableName=a-b", 1, "is not a table name"),
        ("PAI -name x -DinputTableName=a -DinputTablePartitions=latest", 1, "cannot read the partition"),
        ("PAI -project x", 1, "-name is missing"),
        ("select 'open", 1, "never closed"),
    ],
)
def test_errors_carry_the_line(script: str, line: int, said: str) -> None:
    with pytest.raises(SqlError, match=said) as caught:
        of(script)
    assert caught.value.line == line


def test_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(SqlError) as caught:
        of("select '${x}'")
    assert caught.value.hint == "known parameters: bizdate, bizdate_6"
    assert not isinstance(caught.value, UnsupportedSql)


def test_a_parameter_in_a_comment_is_left_alone() -> None:
    assert reads("-- ${nothing}\nselect * from t where ds = '${bizdate}' /* ${nothing} */") == {"p.t": DAY}
