from __future__ import annotations

import ast

from pairec_cli.domain.package import NodeKind, Publication
from pairec_cli.project import Project
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.sync import sync_node
from tests.workflow import tiny

VIEWS = [
    Publication("users", "user_table", "user_id", ("age", "city"), "user"),
    Publication("hot", "hot_table", "trigger_id", ("item_ids",)),
    Publication("again", "hot_table", "trigger_id", ("item_ids",)),
]


def test_the_node_publishes_every_view_and_waits_for_their_tables(project: Project) -> None:
    node = sync_node(solution_document.read(tiny.document(project)), VIEWS, "cn-hangzhou")
    assert (node.name, node.kind) == ("tiny_create_sync_onlinestore_v1", NodeKind.PYODPS3)
    assert node.inputs == ("project_mc.user_table", "project_mc.hot_table")
    assert node.parameters == {"bizdate": "$[yyyymmdd-1]"}
    views = next(
        statement.value
        for statement in ast.parse(node.script).body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "VIEWS"
    )
    assert ast.literal_eval(views) == [
        ("users", "user_table", "user", "user_id", ["age", "city"]),
        ("hot", "hot_table", "", "trigger_id", ["item_ids"]),
        ("again", "hot_table", "", "trigger_id", ["item_ids"]),
    ]
    assert 'region="cn-hangzhou"' in node.script
    assert 'client.get_project("pairec_fs")' in node.script
