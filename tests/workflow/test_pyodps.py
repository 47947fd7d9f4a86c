"""PyODPS scripts as they are written, over the local stores."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError, InvalidInput, NodeFailed
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow.pyodps import run_pyodps

DS = "20260110"
WRITE = """\
import pyarrow as pa

o.create_table("t", ("id bigint, name string", "ds string"), if_not_exists=True)
with o.get_table("t").open_writer(
    partition=f"ds={args['bizdate']}", create_partition=True, overwrite=True, arrow=True
) as writer:
    for start in (0, 2):
        writer.write(pa.record_batch({"id": [start, start + 1], "name": ["a", "b"]}))
"""


def run(project: Project, script: str, log: list[str] | None = None) -> int:
    lines = [] if log is None else log
    return run_pyodps(
        script,
        "node",
        workspace=project,
        project="project_mc",
        parameters={"bizdate": DS},
        log=lines.append,
    )


def test_a_script_writes_a_partition_from_batches(project: Project) -> None:
    assert run(project, WRITE) == 4
    table = TableName("project_mc", "t")
    assert project.warehouse.read(table, [DS], ["id"]).column("id").to_pylist() == [0, 1, 2, 3]
    before = project.warehouse.partitions(table)[DS].fingerprint
    run(project, WRITE)
    assert project.warehouse.partitions(table)[DS].fingerprint == before


def test_a_partition_appears_whole_or_not_at_all(project: Project) -> None:
    run(project, WRITE)
    table = TableName("project_mc", "t")
    broken = WRITE.replace("ds={args['bizdate']}", "ds=20260111") + "    raise ValueError('half way')\n"
    with pytest.raises(NodeFailed, match=r"node\.py line 9: ValueError: half way"):
        run(project, broken)
    assert list(project.warehouse.partitions(table)) == [DS]


def test_what_it_prints_goes_to_the_log_line_by_line_at_once(project: Project) -> None:
    log: list[str] = []
    seen = "print('one'); print('two', end=''); print('!'); print('open', end=''); seen.append(list(log))"
    script = f"seen, log = args['seen'], args['log']\n{seen}\n"
    parameters: dict[str, object] = {"bizdate": DS, "seen": [], "log": log}
    run_pyodps(
        script,
        "node",
        workspace=project,
        project="project_mc",
        parameters=parameters,  # type: ignore[arg-type] # lists, so that the script can look at the log
        log=log.append,
    )
    assert parameters["seen"] == [["one", "two!"]]
    assert log == ["one", "two!", "open"]


def test_sql_runs_from_a_script(project: Project) -> None:
    run(project, WRITE)
    run(
        project,
        "o.execute_sql('CREATE TABLE u (n BIGINT); INSERT OVERWRITE TABLE u SELECT COUNT(*) FROM t')\n"
        "assert o.exist_table('u') and not o.exist_table('v')\n",
    )
    assert project.warehouse.read(TableName("project_mc", "u")).column("n").to_pylist() == [4]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("x = 1\nif x\n", r"node\.py line 2: expected ':'"),
        ("\nundefined_name\n", r"node\.py line 2: NameError"),
        ("def f():\n    return 1 / 0\nf()\n", r"node\.py line 2: ZeroDivisionError"),
        ("o.delete_table('t')\n", r"node\.py line 1: AttributeError.*delete_table"),
        ("import sys\nsys.exit('no rows')\n", r"node\.py line 2: exit no rows"),
        ("import no_such_module\n", r"node\.py line 1: ModuleNotFoundError"),
    ],
)
def test_a_failing_script_is_named_with_its_line(project: Project, script: str, told: str) -> None:
    with pytest.raises(NodeFailed, match=told):
        run(project, script)


@pytest.mark.parametrize("code", ["0", "", "None"])
def test_a_script_may_end_early(project: Project, code: str) -> None:
    assert run(project, f"import sys\nsys.exit({code})\nraise ValueError\n") == 0


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("o.get_table('t').open_writer('ds=2026')", "is not ds=YYYYMMDD"),
        ("o.get_table('t').open_writer('ds=20260101', arrow=False)", "arrow=True only"),
        ("o.create_table('x', 'id')", "cannot read the column 'id'"),
    ],
)
def test_calls_that_are_not_offered_say_so(project: Project, call: str, told: str) -> None:
    run(project, WRITE)
    with pytest.raises(InvalidInput, match=told):
        run(project, call)


def test_the_sdk_can_be_imported_by_the_script_alone(project: Project) -> None:
    run(project, "from feature_store_py.fs_client import build_feature_store_client\n")
    assert "feature_store_py" not in sys.modules


PUBLISH = """\
from feature_store_py.fs_client import build_feature_store_client
from feature_store_py.fs_datasource import MaxComputeDataSource

client = build_feature_store_client(access_key_id=o.account.access_id, region="local")
project = client.get_project("fs")
view = project.get_feature_view("v") or project.create_batch_feature_view(
    name="v",
    datasource=MaxComputeDataSource(data_source_id=project.offline_datasource_id, table="t"),
    online=True, entity="user", primary_key="id", register=True,
)
task = view.publish_table({"ds": {"value": args["bizdate"]}}, mode="Overwrite", config={"columns": COLUMNS})
task.wait()
task.print_summary()
"""


def publish(project: Project, ds: str = DS, columns: str = '["name"]', log: list[str] | None = None) -> int:
    script = PUBLISH.replace("COLUMNS", columns).replace('args["bizdate"]', f'"{ds}"')
    return run(project, script, log)


def lay(project: Project, ds: str, **columns: list[object]) -> None:
    project.warehouse.write(TableName("project_mc", "t"), ds, pa.table(columns))


def test_a_view_is_published_from_a_partition(project: Project) -> None:
    run(project, WRITE)
    log: list[str] = []
    assert publish(project, log=log) == 4
    assert log == [f"v: 4 rows of ds={DS} online"]
    assert project.featuredb.get("v", "1") == {"name": "b"}
    [info] = project.featuredb.views()
    partition = project.warehouse.partitions(TableName("project_mc", "t"))[DS]
    assert (info.ds, info.rows, info.fingerprint) == (DS, 4, partition.fingerprint)


def test_without_columns_every_one_but_the_key_goes_online(project: Project) -> None:
    run(project, WRITE)
    publish(project, columns="[]")
    assert project.featuredb.get("v", "0") == {"name": "a"}


def test_a_newer_day_online_stays(project: Project) -> None:
    run(project, WRITE)
    publish(project)
    lay(project, "20260109", id=[1], name=["old"])
    log: list[str] = []
    assert publish(project, "20260109", log=log) == 0
    assert log == [f"v: ds={DS} is online and newer than ds=20260109; left as it is"]
    lay(project, DS, id=[1], name=["new"])
    publish(project)
    assert project.featuredb.get("v", "1") == {"name": "new"}
    assert project.featuredb.get("v", "2") is None


def test_what_cannot_be_published_says_why_and_changes_nothing(project: Project) -> None:
    run(project, WRITE)
    publish(project)
    with pytest.raises(DataError, match=r"project_mc\.t has no partition ds=20260112"):
        publish(project, "20260112")
    with pytest.raises(DataError, match="has no column 'nme'; it has id, name"):
        publish(project, columns='["nme"]')
    lay(project, DS, id=[1, 1], name=["a", "b"])
    with pytest.raises(DataError, match="1"):
        publish(project)
    assert project.featuredb.get("v", "3") == {"name": "b"}
    with pytest.raises(InvalidInput, match="publish mode 'Merge' is not offered"):
        run(project, PUBLISH.replace("COLUMNS", "[]").replace("Overwrite", "Merge"))
