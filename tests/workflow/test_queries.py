"""SQL typed by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pairec_cli.domain.ds import yesterday
from pairec_cli.domain.errors import NotFound, SqlError
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow.queries import Answer, is_query, reads_and_writes, run_sql

TABLE = TableName("project_mc", "t")


@pytest.fixture
def filled(project: Project) -> Project:
    project.warehouse.create_table(TableSchema(TABLE, (Column("id", "BIGINT"), Column("name", "STRING"))))
    project.warehouse.write(TABLE, "20260101", pa.table({"id": [1, 2, 3], "name": ["a", "b", "c"]}))
    return project


def ask(project: Project, text: str, limit: int = 10, **parameters: str) -> Answer | None:
    return run_sql(project, text, parameters, limit=limit, log=lambda _: None)


def test_a_query_gives_rows(filled: Project) -> None:
    assert ask(filled, "SELECT id, name FROM t WHERE ds = '20260101' AND id > 1 ORDER BY id") == Answer(
        ["id", "name"], [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}], False
    )


@pytest.mark.parametrize(("limit", "rows", "more"), [(2, 2, True), (3, 3, False), (0, 3, False)])
def test_the_limit_cuts_and_says_so(filled: Project, limit: int, rows: int, more: bool) -> None:
    answer = ask(filled, "SELECT id FROM t", limit)
    assert answer is not None
    assert (len(answer.rows), answer.more) == (rows, more)


def test_a_query_without_rows_has_its_columns(filled: Project) -> None:
    assert ask(filled, "SELECT id, name FROM t WHERE id > 9") == Answer(["id", "name"], [], False)


def test_parameters_fill_the_text_and_bizdate_is_yesterday(filled: Project) -> None:
    answer = ask(filled, "SELECT '${bizdate}' AS d, ${n} AS n", n="4")
    assert answer is not None and answer.rows == [{"d": yesterday(), "n": 4}]
    other = ask(filled, "SELECT COUNT(*) AS n FROM t WHERE ds = '${bizdate}'", bizdate="20260101")
    assert other is not None and other.rows == [{"n": 3}]
    with pytest.raises(SqlError, match=r"line 2: unknown parameter \$\{biz\}; did you mean \$\{bizdate\}"):
        ask(filled, "SELECT\n'${biz}'")


def test_a_script_runs_statement_by_statement(filled: Project) -> None:
    log: list[str] = []
    script = """
    CREATE TABLE IF NOT EXISTS u (n BIGINT) PARTITIONED BY (ds STRING);
    INSERT OVERWRITE TABLE u PARTITION (ds='${bizdate}') SELECT COUNT(*) FROM t;
    """
    assert run_sql(filled, script, {"bizdate": "20260102"}, limit=5, log=log.append) is None
    assert filled.warehouse.read(TableName("project_mc", "u")).to_pylist() == [{"n": 3, "ds": "20260102"}]
    assert any("project_mc.u" in line for line in log)


def test_a_pai_command_runs_by_hand_too(filled: Project) -> None:
    pairs = TableName("project_mc", "pairs")
    filled.warehouse.create_table(TableSchema(pairs, (Column("u", "STRING"), Column("i", "STRING"))))
    rows = pa.table({"u": ["1", "1", "2", "2"], "i": ["a", "b", "a", "b"]})
    filled.warehouse.write(pairs, "20260101", rows)
    text = (
        "PAI -name pai_etrec -DinputTableName=pairs -DinputTablePartitions='ds=20260101'"
        " -DuserColName=u -DitemColName=i -DoutputTableName=out -DoutputTablePartition='ds=20260101';"
    )
    assert ask(filled, text) is None
    found = filled.warehouse.read(TableName("project_mc", "out")).to_pylist()
    assert [row["item_id"] for row in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1", True),
        ("-- a comment\nWITH a AS (SELECT 1 AS x) SELECT x FROM a;", True),
        ("(SELECT 1) UNION ALL (SELECT 2)", True),
        ("SET odps.sql.mapper.split.size=64; SELECT 1", True),
        ("SELECT 'how to insert into a table'", True),
        ("SELECT 1; SELECT 2", False),
        ("INSERT OVERWRITE TABLE t PARTITION (ds='20260101') SELECT 1, 'a'", False),
        ("DROP TABLE t", False),
        ("PAI -name pai_etrec", False),
        ("", False),
    ],
)
def test_one_statement_that_only_reads_is_a_query(text: str, query: bool) -> None:
    assert is_query(text, {}, "project_mc") is query


def test_errors_name_what_is_wrong(filled: Project) -> None:
    with pytest.raises(NotFound, match=r"table 'project_mc\.tt' does not exist"):
        ask(filled, "SELECT * FROM tt")
    with pytest.raises(SqlError, match="line 2"):
        ask(filled, "SELECT id\nFRM t")
    with pytest.raises((SqlError, NotFound), match="nam"):
        ask(filled, "SELECT nam FROM t")


def test_what_a_script_would_touch(filled: Project) -> None:
    text = "INSERT OVERWRITE TABLE u PARTITION (ds='${bizdate}') SELECT id FROM t WHERE ds = '${bizdate}'"
    found = reads_and_writes(filled, text, {"bizdate": "20260101"})
    assert [(str(read.table), read.first, read.last) for read in found.reads] == [
        ("project_mc.t", "20260101", "20260101")
    ]
    assert [(str(write.table), write.ds) for write in found.writes] == [("project_mc.u", "20260101")]
    assert filled.warehouse.ledger.schema(TableName("project_mc", "u")) is None


def test_the_public_project_is_there_without_a_clone(project: Project) -> None:
    text = "SELECT COUNT(*) AS n, MAX(ds) AS last FROM pai_online_project.rec_sln_demo_user_table"
    answer = ask(project, text)
    assert answer is not None
    assert answer.rows[0]["n"] > 10_000 and answer.rows[0]["last"] == yesterday()
