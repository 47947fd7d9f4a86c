"""Queries: results, not texts. Each trap of translating MaxCompute SQL has a case that compares rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import NotFound, SqlError, UnsupportedSql
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.warehouse.duckdb import DuckDBEngine
from pairec_cli.warehouse.store import Warehouse
from tests.warehouse.ledger import MemoryLedger

Rows = Callable[..., list[tuple[Any, ...]]]

EVENTS = [
    ("u1", "i1", "expr", 10, 1.5, "a,b", "20260101"),
    ("u1", "i1", "click", 11, None, "", "20260101"),
    ("u2", "i2", "expr", 12, 2.5, None, "20260101"),
    ("u1", "i2", "click", 20, 0.5, "b,c,", "20260102"),
    ("u2", "i2", "click", None, 4.0, "a", "20260102"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """Queries change nothing, so all share one warehouse."""
    warehouse = Warehouse(tmp_path_factory.mktemp("queries") / "warehouse", MemoryLedger())
    create_tables(warehouse)
    with DuckDBEngine(warehouse, threads=2) as engine:
        yield engine


def create_tables(warehouse: Warehouse) -> None:
    """`p.e`: events of two days; `p.n`: names by BIGINT id, unpartitioned."""
    events = TableName("p", "e")
    kinds = ("STRING", "STRING", "STRING", "BIGINT", "DOUBLE", "STRING")
    names = ("user_id", "item_id", "event", "at", "amount", "tags")
    warehouse.create_table(TableSchema(events, tuple(map(Column, names, kinds))))
    for ds in ("20260101", "20260102"):
        part = [row[:-1] for row in EVENTS if row[-1] == ds]
        columns = list(zip(*part, strict=True))
        types = [pa.string(), pa.string(), pa.string(), pa.int64(), pa.float64(), pa.string()]
        warehouse.write(
            events, ds, pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
        )
    known = TableName("p", "n")
    warehouse.create_table(TableSchema(known, (Column("id", "BIGINT"), Column("name", "STRING")), None))
    warehouse.write(known, "", pa.table({"id": [1, 2, None], "name": ["one", "two", "2"]}))


CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    # The tutorial's recall target, with unquoted days: STRING compares with BIGINT as DOUBLE.
    (
        "select max(if(event='click',1,0)) is_click, user_id from e where ds between 20260101 and 20260101 "
        "group by user_id, item_id order by user_id limit 9",
        [(1, "u1"), (0, "u2")],
    ),
    ('select event from e where event = "click" and ds="20260101"', [("click",)]),
    # Sums of whole numbers are BIGINT, averages DOUBLE.
    ("select sum(at), avg(at), count(at), count(*) from e", [(53, 13.25, 4, 5)]),
    ("select sum(user_id), sum(if(event='x', 1, null)) from e", [(None, None)]),
    ("select count(distinct if(event='click', item_id, null)) from e", [(2,)]),
    ("select count(distinct user_id, item_id), count(distinct user_id, at) from e", [(3, 4)]),
    ("select median(at), percentile(at, 0.5), percentile_approx(at, 0.5) from e", [(11.5, 11.5, 11.5)]),
    ("select stddev(id), stddev_pop(id), stddev_samp(id) from n", [(0.5, 0.5, 2**-0.5)]),
    ("select variance(id), var_pop(id), var_samp(id), corr(id, id) from n", [(0.25, 0.25, 0.5, 1.0)]),
    ("select max_by(name, id), min_by(name, id), any_value(1) from n", [("two", "one", 1)]),
    ("select count_if(event = 'click'), approx_distinct(event) from e", [(3, 2)]),
    # WM_CONCAT skips NULL; DISTINCT and WITHIN GROUP.
    ("select wm_concat(',', tags) within group (order by at) from e where ds='20260101'", [("a,b,",)]),
    ("select wm_concat(distinct '-', event) from e", [("click-expr",)]),
    ("select wm_concat(distinct '-', event) within group (order by event desc) from e", [("expr-click",)]),
    ("select wm_concat(',', at) within group (order by at desc) from e", [("20,12,11,10",)]),
    ("select wm_concat(',', tags) from e where tags is null", [(None,)]),
    (
        "select sort_array(collect_list(event)), collect_set(event), collect_list(tags) from e where at=12",
        [(["expr"], ["expr"], [])],
    ),
    ("select collect_set(event) from e", [(["click", "expr"],)]),
    # LATERAL VIEW keeps its OUTER; trailing empty strings are no elements, an empty text is one.
    (
        "select at, tag from e lateral view explode(split(tags, ',')) v as tag where ds='20260101' "
        "order by at, tag limit 9",
        [(10, "a"), (10, "b"), (11, "")],
    ),
    (
        "select at, tag from e lateral view outer explode(split(tags, ',')) v as tag where ds='20260101' "
        "order by at, tag limit 9",
        [(10, "a"), (10, "b"), (11, ""), (12, None)],
    ),
    (
        "select v.p, v.tag from e lateral view posexplode(split(tags, ',')) v as p, tag where at=20 "
        "order by p",
        [(0, "b"), (1, "c")],
    ),
    (
        "select at, p, tag from e lateral view outer posexplode(split(tags, ',')) v as p, tag where at=12",
        [(12, None, None)],
    ),
    (
        "select k, v from n lateral view explode(str_to_map(concat(name, ':', id), ',', ':')) t as k, v "
        "order by k limit 9",
        [("one", "1"), ("two", "2")],
    ),
    (
        "select tag, n.name from e lateral view explode(split(tags, ',')) v as tag "
        "left join n on n.name = if(v.tag='a', 'one', 'x') where at = 10 order by tag limit 9",
        [("a", "one"), ("b", None)],
    ),
    (
        "select x, y from n lateral view explode(array(1, 2)) a as x "
        "lateral view explode(array(x, 9)) b as y where id = 1 order by x, y limit 9",
        [(1, 1), (1, 9), (2, 2), (2, 9)],
    ),
    ("select explode(split(tags, ',')) as tag from e where at = 10 order by tag limit 5", [("a",), ("b",)]),
    ("select posexplode(array('x', 'y')) as (i, t)", [(0, "x"), (1, "y")]),
    # Joins: STRING with BIGINT as DOUBLE; semi and anti; USING; MAPJOIN hints change nothing.
    (
        "select /*+ mapjoin(n) */ a.name, b.id from n a join n b on a.name = b.id order by b.id",
        [("2", 2)],
    ),
    ("select name from n left semi join e on n.id = e.at / 10 order by name", [("one",), ("two",)]),
    ("select name from n left anti join e on n.id = e.at / 10 order by name", [("2",)]),
    (
        "select n.name from n where exists (select 1 from e where e.at = n.id * 10) order by name limit 5",
        [("one",), ("two",)],
    ),
    ("select name from n where id in (select name from n)", [("two",)]),
    ("select name from n where id not in (1) order by name", [("two",)]),
    (
        "select a.id, b.name from n a left join n b using (id) where a.id is not null order by a.id",
        [(1, "one"), (2, "two")],
    ),
    ("select id from n a full join (select 3 as id) b using (id) order by id", [(None,), (1,), (2,), (3,)]),
    ("select count(*) from n a cross join n b", [(9,)]),
    ("select count(*) from n a, n b where a.id = b.id", [(2,)]),
    ("select name from n where id = (select max(id) from n)", [("two",)]),
    # NULL is the smallest value.
    ("select id from n order by id limit 5", [(None,), (1,), (2,)]),
    ("select id from n order by id desc limit 5", [(2,), (1,), (None,)]),
    ("select id from n order by id asc nulls last limit 1", [(1,)]),
    ("select id, row_number() over (order by id) r from n order by r limit 5", [(None, 1), (1, 2), (2, 3)]),
    # Windows. Without a frame ORDER BY means ROWS: rows with equal keys do not see each other.
    ("select sum(1) over (order by ds) s from e order by s", [(1,), (2,), (3,), (4,), (5,)]),
    ("select count(at) over (partition by ds) c from e order by c", [(1,), (1,), (3,), (3,), (3,)]),
    (
        "select at, lag(at, 1, 0) over (partition by user_id order by at) from e where user_id='u1' "
        "order by at",
        [(10, 0), (11, 10), (20, 11)],
    ),
    ("select lead(id) over (order by id) from n where id > 0 order by id", [(2,), (None,)]),
    (
        "select first_value(at) over (partition by user_id order by ds), "
        "last_value(tags, true) over (order by at) from e where at = 12",
        [(12, None)],
    ),
    (
        "select id, sum(id) over (order by id rows between 1 preceding and 1 following) from n order by id",
        [(None, 1), (1, 3), (2, 3)],
    ),
    (
        "select rank() over (order by event), dense_rank() over (order by event), "
        "ntile(2) over (order by at), percent_rank() over (order by at), cume_dist() over (order by at) "
        "from e where at = 20",
        [(1, 1, 1, 0.0, 1.0)],
    ),
    (
        "select nth_value(id, 2) over (order by id rows between unbounded preceding and unbounded following) "
        "from n where id > 0 limit 1",
        [(2,)],
    ),
    ("select name from n qualify row_number() over (order by id desc) = 1", [("two",)]),
    # Grouping.
    (
        "select event, ds, count(*) c, grouping(ds) g from e group by event, ds "
        "grouping sets ((event), (ds)) order by event, ds, c limit 9",
        [(None, "20260101", 3, 0), (None, "20260102", 2, 0), ("click", None, 3, 1), ("expr", None, 2, 1)],
    ),
    (
        "select event, count(*) from e group by event with rollup order by event",
        [(None, 5), ("click", 3), ("expr", 2)],
    ),
    (
        "select event, count(*) from e group by rollup(event) order by event",
        [(None, 5), ("click", 3), ("expr", 2)],
    ),
    (
        "select count(*) c from e group by cube(event, ds) order by c",
        [(n,) for n in (1, 2, 2, 2, 2, 3, 3, 5)],
    ),
    ("select substr(ds, 1, 6) m, count(*) c from e group by substr(ds, 1, 6) having c > 1", [("202601", 5)]),
    ("select concat(user_id, '!') w, count(*) c from e group by w order by c desc, w limit 1", [("u1!", 3)]),
    ("select count(*) c from e having count(*) > 10", []),
    ("select distinct event from e order by event", [("click",), ("expr",)]),
    # DISTRIBUTE BY and SORT BY: order within is kept.
    (
        "select at from e where at > 0 distribute by user_id sort by user_id, at desc",
        [(20,), (11,), (10,), (12,)],
    ),
    ("select id from n where id > 0 cluster by id", [(1,), (2,)]),
    ("select count(*) from (select id from n distribute by id) t", [(3,)]),
    # WITH, UNION, subqueries.
    ("with a as (select id from n where id = 1), b as (select id + 1 as id from a) select * from b", [(2,)]),
    ("with a(x) as (select id from n where id = 1) select x from a", [(1,)]),
    ("select 1 as x union all select 1", [(1,), (1,)]),
    ("select 1 as x union select 1", [(1,)]),
    ("select id from n minus select 1 order by id", [(None,), (2,)]),
    ("select id from n where id > 0 intersect select 2", [(2,)]),
    (
        "select id, 'n' as s from n where id = 1 union all select name, null from n where id = 2 order by id",
        [("1", "n"), ("two", None)],
    ),
    ("select 1 as x union all select 2.5 order by x limit 1", [(1.0,)]),
    ("select t.x from (select 1 as x union all select 2) t where t.x > 1", [(2,)]),
    ("select a, b from values (1, 'x'), (2, null) t(a, b) where b is null", [(2, None)]),
    ("select * except (user_id, item_id, tags, event, amount) from e where at = 10", [(10, "20260101")]),
    ("select e.*, 1 from (select at from e where at = 10) e", [(10, 1)]),
    ("select p.n.name from p.n where id = 1", [("one",)]),
    ("select NAME from n where N.ID = 1", [("one",)]),
    ("select case id when 1 then 'a' else name end from n where id > 0 order by id", [("a",), ("two",)]),
    ("select id from n order by id limit 1 offset 1", [(1,)]),
    ("select id from n order by id limit 1, 1", [(1,)]),
]


@pytest.mark.parametrize(("query", "expected"), CASES, ids=[case[0][:70] for case in CASES])
def test_rows(rows: Rows, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert rows(query) == expected


REFUSED: list[tuple[str, type[Exception], str]] = [
    ("select nme from n", SqlError, "line 1: column nme does not exist; did you mean name"),
    ("select 1,\n  x.name from n", SqlError, "line 2: x.name: nothing is called x here"),
    ("select id from n a join n b on a.id = b.id", SqlError, "column id is ambiguous"),
    ("select 1 from n join n on 1 = 1", SqlError, "two tables are called n"),
    ("select 1 from n a join n b", SqlError, "a join without ON"),
    ("select * from nn", NotFound, "table 'p.nn' does not exist; did you mean 'p.n'"),
    ("select id from n where id", SqlError, "a condition must be BOOLEAN, this is BIGINT"),
    ("select id from n\n group by 1", UnsupportedSql, "line 2: a column position"),
    ("select 1 union all select 1, 2", SqlError, "the sides have 1 and 2 columns"),
    ("select 1 where 1 in (select id, name from n)", SqlError, "IN needs a query of one column"),
    ("select (select id, name from n)", SqlError, "a query used as a value needs one column"),
    ("select z.* from n", SqlError, "z.* names nothing"),
    ("select *", SqlError, "\\* without FROM"),
    ("select 1 from n lateral view explode(name) v as x", UnsupportedSql, "explode of STRING"),
    ("select 1 from n lateral view explode(array(1)) v as x, y", SqlError, "makes 1 column"),
    (
        "select 1 from n lateral view json_tuple(name, 'a') v as x",
        UnsupportedSql,
        "LATERAL VIEW of json_tuple",
    ),
    ("select 1 from n natural join n b", UnsupportedSql, "NATURAL JOIN"),
    ("select 1 from n tablesample(10 percent)", UnsupportedSql, "SAMPLE in TABLE"),
    ("select 1 from n pivot (sum(id) for name in ('a'))", UnsupportedSql, "PIVOTS in TABLE"),
    ("select sum(id) over w from n window w as (order by id)", UnsupportedSql, "WINDOWS in SELECT"),
    ("select 1 from n for update", UnsupportedSql, "LOCKS in SELECT"),
    ("with recursive a as (select 1) select * from a", UnsupportedSql, "RECURSIVE in WITH"),
    ("select read_csv('/etc/passwd')", UnsupportedSql, "unknown function READ_CSV"),
    ("select * from read_csv('/etc/passwd')", UnsupportedSql, "a table function in FROM"),
    ("select * from `/etc/passwd`", NotFound, "'p./etc/passwd' does not exist"),
    ("select id ilike 'x' from n", UnsupportedSql, "ILIKE is not supported"),
    ("select sum(name -> 'x') from n", UnsupportedSql, "LAMBDA is not supported"),
    ("select distinct on (id) name from n", UnsupportedSql, "ON in DISTINCT"),
    ("select 1 from n limit 1 + 1", UnsupportedSql, "this LIMIT"),
    ("select wm_concat(',', name order by id) from n", UnsupportedSql, "ORDER is not supported"),
    ("select lag(id, 1, 2, 3) over (order by id) from n", UnsupportedSql, "LAG with 4 argument"),
    ("select abs(id) over (order by id) from n", UnsupportedSql, "ABS is no aggregate or window function"),
    ("select case when true then array(1) else 1 end", UnsupportedSql, "ARRAY<BIGINT> and BIGINT"),
    ("select id as `a` from\n n where\n foo(1) = 1", UnsupportedSql, "line 3: unknown function FOO"),
    ("select t.a from (select 1 as b) t", SqlError, "column a does not exist"),
]


@pytest.mark.parametrize(("query", "kind", "said"), REFUSED, ids=[case[0][:60] for case in REFUSED])
def test_refused(rows: Rows, query: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        rows(query)


def test_positions_mean_columns_when_the_script_says_so(rows: Rows) -> None:
    query = "select event, count(*) from e group by 1 order by 1 desc"
    assert rows(f"set odps.sql.groupby.position.alias=true; {query}") == [("expr", 2), ("click", 3)]
    with pytest.raises(SqlError, match="there is no column 3"):
        rows("set odps.sql.groupby.position.alias=true; select event, 1 from e group by 3")


def test_a_query_in_several_statements_is_refused(rows: Rows) -> None:
    with pytest.raises(SqlError, match="found 2 statements"):
        rows("select 1; select 2")
    with pytest.raises(SqlError, match="this is no query"):
        rows("drop table n")


def test_unnamed_columns_are_named_as_the_product_does(engine: Any) -> None:
    assert engine.query("select 1, 2 as b, max(id) from n", project="p").column_names == ["_c0", "b", "_c2"]


def test_random_numbers_differ_by_row(rows: Rows) -> None:
    assert len({value for (value,) in rows("select rand() from e")}) == len(EVENTS)
