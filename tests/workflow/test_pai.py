"""PAI commands in scripts, run on our components."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError, NotFound, PairecError, SqlError
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow.pai import run_component

DS = "20260110"
COMMAND = """\
PAI -name pai_etrec -project algo_public
    -DinputTableName=met -DinputTablePartitions=ds=${bizdate}
    -DuserColName=u -DitemColName=i
    -DoutputTableName=similar -DoutputTablePartition=ds=${bizdate}
    -DminUserBehavior=2;
"""


@pytest.fixture
def met(project: Project) -> Project:
    """Two users who met items 1 and 2; a third met item 3 alone."""
    table = TableName("project_mc", "met")
    project.warehouse.create_table(TableSchema(table, (Column("u", "STRING"), Column("i", "STRING"))))
    pairs = pa.table({"u": ["a", "a", "b", "b", "c"], "i": ["1", "2", "1", "2", "3"]})
    project.warehouse.write(table, DS, pairs)
    return project


def run(project: Project, command: str, log: list[str] | None = None) -> int:
    lines = [] if log is None else log
    results = project.sql.run_script(
        command,
        parameters={"bizdate": DS},
        project="project_mc",
        fingerprint="f",
        command=run_component,
        log=lines.append,
    )
    return sum(result.rows or 0 for result in results)


def test_the_output_table_is_made_and_filled_with_the_runs_fingerprint(met: Project) -> None:
    log: list[str] = []
    assert run(met, COMMAND, log) == 2
    table = TableName("project_mc", "similar")
    assert met.warehouse.partitions(table)[DS].fingerprint == "f"
    schema = met.warehouse.schema(table)
    assert {column.type for column in schema.columns} == {"STRING"}
    rows = met.warehouse.read(table, [DS]).to_pylist()
    assert sorted(row[schema.columns[0].name] for row in rows) == ["1", "2"]
    assert log[0] == "pai_etrec: 5 rows of project_mc.met"
    assert log[-1] == "project_mc.similar: 2 rows"


def test_a_second_run_replaces_the_partition(met: Project) -> None:
    run(met, COMMAND)
    run(met, COMMAND)
    assert met.warehouse.partitions(TableName("project_mc", "similar"))[DS].rows == 2


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("pai_etrec", "pai_etrek", NotFound, "did you mean 'pai_etrec'"),
        ("minUserBehavior=2", "minUserBehavior=two", SqlError, "minUserBehavior=two"),
        ("itemColName", "itemColNam", SqlError, "pai_etrec has no parameter 'itemColNam'"),
        ("itemColName=i", "itemColName=item", DataError, "project_mc.met has no column 'item'; it has u, i"),
        ("inputTableName=met", "inputTableName=meet", NotFound, "project_mc.meet"),
        ("-DuserColName=u", "DuserColName=u", SqlError, "cannot read 'DuserColName=u'"),
        ("inputTablePartitions=ds=${bizdate}", "inputTablePartitions=ds=2026", PairecError, "ds=2026"),
    ],
)
def test_a_command_that_cannot_run_says_why(
    met: Project, old: str, new: str, error: type[PairecError], told: str
) -> None:
    with pytest.raises(error) as caught:
        run(met, COMMAND.replace(old, new))
    assert told in f"{caught.value.message} {caught.value.hint}"
    assert met.warehouse.ledger.schema(TableName("project_mc", "similar")) is None
