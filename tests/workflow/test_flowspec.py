from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.package import Node, NodeKind, Recurrence
from pairec_cli.workflow.flowspec import (
    FORMS,
    check_workflow,
    from_flowspec,
    node_files,
    ordered,
    schedule_path,
    script_path,
    to_flowspec,
)
from tests.workflow.nodes import sql_node

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
tables = st.builds("{}.{}".format, names, names)
nodes = st.builds(
    Node,
    name=names,
    kind=st.sampled_from(NodeKind),
    script=st.text(max_size=20),
    inputs=st.lists(tables, max_size=3, unique=True).map(tuple),
    outputs=st.lists(tables, max_size=2, unique=True).map(tuple),
    parameters=st.dictionaries(names, st.sampled_from(["$[yyyymmdd-1]", "$[yyyymmdd-101]", "7"])),
    recurrence=st.sampled_from(Recurrence),
    description=st.text(max_size=20),
    upstream=st.lists(names, max_size=2, unique=True).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(nodes)
def test_a_node_survives_the_way_through_its_document(node: Node) -> None:
    document = json.loads(json.dumps(to_flowspec(node, "Flow")))
    assert from_flowspec(document, node.script, "x") == node


def test_a_node_is_two_files_in_the_folder_of_its_kind() -> None:
    node = sql_node("wide", "select 1;\n")
    files = node_files(node, "Flow", "Asia/Shanghai")
    assert list(files) == [script_path(node), schedule_path(node)]
    assert script_path(node) == "MaxCompute/Data Analytics/wide/wide.sql"
    assert schedule_path(node) == "MaxCompute/Data Analytics/wide/wide.schedule.json"
    assert files[script_path(node)] == node.script
    document = json.loads(files[schedule_path(node)])
    assert document["spec"]["nodes"][0]["trigger"]["timezone"] == "Asia/Shanghai"


def test_every_kind_has_a_form_with_its_own_extension() -> None:
    assert set(FORMS) == set(NodeKind)
    assert len({form.extension for form in FORMS.values()}) == len(FORMS)


def test_the_document_holds_what_migration_assistant_reads() -> None:
    node = sql_node(
        "wide",
        inputs=("mc.b",),
        outputs=("mc.wide",),
        upstream=("ws_root",),
        parameters={"bizdate": "$[yyyymmdd-1]"},
    )
    document = to_flowspec(node, "Flow")
    [spec] = document["spec"]["nodes"]
    assert document["kind"] == "CycleWorkflow"
    assert spec["script"]["runtime"]["command"] == "ODPS_SQL"
    assert [out["data"] for out in spec["outputs"]["nodeOutputs"]] == ["mc.wide", "wide"]
    assert spec["script"]["parameters"][0]["type"] == "System"
    [flow] = document["spec"]["flow"]
    assert flow["nodeId"] == spec["id"]
    assert [wait["output"] for wait in flow["depends"]] == ["mc.b", "ws_root"]


def test_the_code_stands_in_its_file_only() -> None:
    assert "select 42" not in json.dumps(to_flowspec(sql_node("wide", "select 42;\n"), "Flow"))


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda spec: spec.pop("name"), "'name'"),
        (lambda spec: spec["script"]["runtime"].update(command="SHELL"), "SHELL"),
        (lambda spec: spec.update(recurrence="Sometimes"), "Sometimes"),
        (lambda spec: spec.update(outputs=[]), "indices"),
    ],
)
def test_a_document_that_is_no_node_is_refused_with_its_path(spoil: object, named: str) -> None:
    document = to_flowspec(sql_node("wide"), "Flow")
    spoil(document["spec"]["nodes"][0])  # type: ignore[operator] # the parameter's lambdas
    with pytest.raises(InvalidConfig, match=r"a/wide\.schedule\.json") as caught:
        from_flowspec(document, "", "a/wide.schedule.json")
    assert named in str(caught.value)


def chain() -> list[Node]:
    return [
        sql_node("c", inputs=("mc.b",), outputs=("mc.c",)),
        sql_node("a", inputs=("mc.source",), outputs=("mc.a",)),
        sql_node("b", inputs=("mc.a",), outputs=("mc.b",)),
    ]


def test_nodes_come_after_what_they_read() -> None:
    assert [node.name for node in ordered(chain())] == ["a", "b", "c"]
    after = sql_node("aa", upstream=("c",))
    assert [node.name for node in ordered([after, *chain()])] == ["a", "b", "c", "aa"]


def test_a_node_may_read_what_it_writes() -> None:
    running = sql_node("total", inputs=("mc.total",), outputs=("mc.total",))
    assert ordered([running]) == [running]
    assert check_workflow([running], []) == []


def test_a_circle_is_a_problem_that_names_its_nodes() -> None:
    circle = [*chain()[:1], sql_node("b", inputs=("mc.c",), outputs=("mc.b",))]
    [problem] = check_workflow(circle, [])
    assert problem.message == "these wait for each other: b, c"


def test_a_sound_workflow_has_no_problems() -> None:
    assert check_workflow(chain(), ["mc.source"]) == []


def test_an_input_that_nothing_provides_is_a_problem() -> None:
    [problem] = check_workflow(chain(), [])
    assert (problem.path, problem.message) == ("a", "waits for mc.source, which nothing provides")


def test_two_writers_of_one_table_are_a_problem() -> None:
    twice = [sql_node("a", outputs=("mc.a",)), sql_node("b", outputs=("mc.a",))]
    [problem] = check_workflow(twice, [])
    assert (problem.path, problem.message) == ("b", "mc.a is also written by a")
