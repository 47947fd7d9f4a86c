"""Tables that exist with other columns than a script gives them."""

from __future__ import annotations

import pytest

from pairec_cli.domain.deployment import Deployment
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.workflow import deploying, generating, solutions
from pairec_cli.workflow.table_clashes import clashes, refuse_clashes
from tests.warehouse.ledger import MemoryLedger
from tests.workflow import tiny
from tests.workflow.nodes import sql_node

T = TableName("mc", "t")


def creating(columns: str, query: str = "SELECT 1") -> Node:
    create = f"CREATE TABLE IF NOT EXISTS t ({columns}) PARTITIONED BY (ds STRING);\n"
    insert = f"INSERT OVERWRITE TABLE t PARTITION(ds='${{bizdate}}') {query};\n"
    return sql_node("t", create + insert, outputs=("mc.t",))


def standing(*columns: tuple[str, str]) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.create_table(TableSchema(T, tuple(Column(*column) for column in columns)))
    return ledger


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("a BIGINT, b STRING", []),
        ("a BIGINT COMMENT 'other words', b STRING COMMENT ''", []),
        ("a BIGINT, c STRING", ["mc.t: lacks c; has b too"]),
        ("a BIGINT", ["mc.t: has b too"]),
        ("a BIGINT, b STRING, c DOUBLE", ["mc.t: lacks c"]),
        ("a BIGINT, b BIGINT", ["mc.t: b is STRING, not BIGINT"]),
        ("b STRING, a BIGINT", ["mc.t: the columns stand in another order"]),
        (
            "c1 STRING, c2 STRING, c3 STRING, c4 STRING, c5 STRING, a BIGINT, b STRING",
            ["mc.t: lacks c1, c2, c3 and 2 more"],
        ),
    ],
)
def test_the_difference_is_told(columns: str, told: list[str]) -> None:
    assert clashes(standing(("a", "BIGINT"), ("b", "STRING")), [creating(columns)], "mc") == told


def test_a_table_that_does_not_exist_clashes_with_nothing() -> None:
    assert clashes(MemoryLedger(), [creating("a BIGINT")], "mc") == []


def test_what_creates_no_table_or_cannot_be_read_is_left_to_its_run() -> None:
    ledger = standing(("a", "BIGINT"))
    nodes = [
        sql_node("t", "CREATE TABEL t (b STRING);\n", outputs=("mc.t",)),
        sql_node("t", "SELECT 1;\n", outputs=("mc.t",)),
        Node("t", NodeKind.PYODPS3, "CREATE TABLE t (b STRING)", outputs=("mc.t",)),
    ]
    assert clashes(ledger, nodes, "mc") == []


def test_the_hint_is_the_next_feature_version() -> None:
    with pytest.raises(DataError, match=r"other columns.*\n  mc\.t: lacks b") as caught:
        refuse_clashes(standing(("a", "BIGINT")), [creating("a BIGINT, b BIGINT")], "mc", "v9")
    assert caught.value.hint == "pairec solution configure --set features.version=v10; pairec script generate"


def test_changed_features_are_not_deployed_over_their_tables(deployed: Project) -> None:
    for node in generating.compiled(deployed).workflow.nodes:
        if "static_feat" in node.name:  # as after a backfill: the table exists
            create = node.script[: node.script.index("INSERT")]
            deployed.sql.run_script(
                create,
                parameters={},
                project="project_mc",
                fingerprint=None,
                command=None,
                log=lambda _: None,
            )
    before = deployed.control.nodes.files(deploying.preview(deployed, record(deployed)).target)
    configured = solutions.configure(tiny.document(deployed), {"features.periods": "1,2"})
    solutions.save(deployed, configured)
    changed = record(deployed)
    told = deploying.table_clashes(deployed, deploying.preview(deployed, changed))
    assert {text.split(":")[0] for text in told} == {
        "project_mc.tiny_user_id_static_feat_v1",
        "project_mc.tiny_item_id_static_feat_v1",
    }
    with pytest.raises(DataError, match="other columns"):
        deploying.deploy(deployed, changed)
    assert deployed.control.nodes.files(deploying.preview(deployed, changed).target) == before
    solutions.save(deployed, solutions.configure(configured, {"features.version": "v2"}))
    deploying.deploy(deployed, record(deployed))


def record(project: Project) -> Deployment:
    return generating.generate(project).record
