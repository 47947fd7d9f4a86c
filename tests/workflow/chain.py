"""A small deployed workflow over one source table: four SQL nodes that run in milliseconds.

source → a → b (two days of a) → c (b and source)
source → alone
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange
from pairec_cli.domain.package import Node
from pairec_cli.domain.runs import RunState
from pairec_cli.domain.solution import DataTables, Solution
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow.backfilling import make_plan
from pairec_cli.workflow.carrying import Progress
from pairec_cli.workflow.deployed_scripts import DeployedScripts
from pairec_cli.workflow.deployed_solutions import Deployed
from pairec_cli.workflow.deploying import deploy_nodes
from pairec_cli.workflow.plan import BackfillPlan
from tests.workflow.nodes import sql_node

FLOW = WorkflowName("pairec_workspace", "Flow")
SOURCE = TableName("project_mc", "source")
DAY = "20260110"
DAYS = DsRange("20260108", DAY)
LAID = DsRange("20260101", DAY)
ALL = ("a", "alone", "b", "c")


def script(name: str, query: str) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (x BIGINT) PARTITIONED BY (ds STRING);\n"
        f"INSERT OVERWRITE TABLE {name} PARTITION(ds='${{bizdate}}')\n{query};\n"
    )


def today_of(table: str, change: str = "") -> str:
    return f"SELECT x{change} FROM {table} WHERE ds = '${{bizdate}}'"


SCRIPTS = {
    "a": script("a", today_of("source", " + 1")),
    "b": script("b", "SELECT SUM(x) FROM a WHERE ds > '${bizdate_2}' AND ds <= '${bizdate}'"),
    "c": script("c", f"{today_of('b', ' * 10')} UNION ALL {today_of('source')}"),
    "alone": script("alone", today_of("source")),
}
READS = {"a": ["source"], "b": ["a"], "c": ["b", "source"], "alone": ["source"]}


def nodes() -> list[Node]:
    return [
        sql_node(
            name,
            text,
            inputs=tuple(f"project_mc.{table}" for table in READS[name]),
            outputs=(f"project_mc.{name}",),
            parameters={"bizdate_2": "$[yyyymmdd-3]"} if name == "b" else {},
        )
        for name, text in SCRIPTS.items()
    ]


def lay(project: Project, days: DsRange = LAID) -> None:
    """Write the source's days and deploy the workflow."""
    schema = TableSchema(SOURCE, (Column("x", "BIGINT"),))
    project.warehouse.create_table(schema)
    project.warehouse.write_many((SOURCE, ds, rows(int(ds[-2:]))) for ds in days)
    deploy_nodes(project, FLOW, nodes())


def rows(*values: int) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.int64())})


def deployed(project: Project) -> Deployed:
    """The workflow as its scripts stand, under a solution whose three tables are all the source."""
    tables = DataTables().model_dump()
    for form in tables.values():
        form["table"] = str(SOURCE)
    solution = Solution(name="chain", data_tables=DataTables.model_validate(tables))
    solution = solution.model_copy(
        update={"features": solution.features.model_copy(update={"periods": (2,)})}
    )
    standing = DeployedScripts(project.dataworks(FLOW.workspace)).workflow(FLOW.workflow).nodes
    return Deployed(FLOW, solution, standing)


def plan(project: Project, days: DsRange = DAYS, **options: object) -> BackfillPlan:
    return make_plan(project, deployed(project), first=days.first, last=days.last, **options)  # type: ignore[arg-type] # passed through


def edit(project: Project, name: str, text: str) -> None:
    """Change a script by hand, in its file."""
    file = DeployedScripts(project.dataworks(FLOW.workspace)).script_file(
        FLOW.workflow, replace(nodes()[0], name=name)
    )
    file.write_text(text)


def fingerprints(project: Project) -> dict[str, dict[str, str]]:
    """table → ds → fingerprint of every partition that there is."""
    ledger = project.warehouse.ledger
    return {
        schema.name.table: {ds: part.fingerprint for ds, part in ledger.partitions(schema.name).items()}
        for schema in ledger.schemas()
    }


def values(project: Project, name: str, ds: str) -> list[int]:
    found: list[int] = project.warehouse.read(TableName("project_mc", name), [ds]).column("x").to_pylist()
    return sorted(found)


class Listener:
    """Keeps what a backfill told, as `(task, state)` without its days."""

    def __init__(self) -> None:
        self.events: list[Progress] = []

    def __call__(self, event: Progress) -> None:
        self.events.append(event)

    @property
    def ends(self) -> dict[str, RunState]:
        return {event.task: event.state for event in self.events}
