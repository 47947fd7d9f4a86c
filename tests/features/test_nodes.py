"""What the nodes declare is what their scripts do."""

from __future__ import annotations

import pytest

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import BehaviorTable, DataTables, Features, Solution
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.warehouse.lineage import lineage

SOLUTION = Solution()
NODES = {node.name: node for node in feature_nodes(SOLUTION)}


def test_nodes_are_named_as_the_tables_they_write() -> None:
    assert list(NODES) == [
        "home_rec_sln_demo_user_table_v1_preprocess_v1",
        "home_rec_sln_demo_item_table_v1_preprocess_v1",
        "home_rec_sln_demo_behavior_table_v1_preprocess_v1",
        "home_rec_sln_demo_behavior_table_v1_wide_v1",
        "home_user_id_static_feat_v1",
        "home_item_id_static_feat_v1",
        "home_rec_sln_demo_user_table_v1_all_feat_v1",
        "home_rec_sln_demo_item_table_v1_all_feat_v1",
    ]
    assert all(node.outputs == (f"project_mc.{name}",) for name, node in NODES.items())


@pytest.mark.parametrize("name", NODES)
def test_declared_tables_are_those_of_the_script(name: str) -> None:
    node = NODES[name]
    parameters = resolve_parameters(dict(node.parameters), "20260131")
    found = lineage(node.script, parameters=parameters, project=TableNames(SOLUTION).project)
    assert {str(read.table) for read in found.reads} == set(node.inputs)
    assert [str(write.table) for write in found.writes] == list(node.outputs)
    assert {write.ds for write in found.writes} == {"20260131"}


def test_statistics_read_the_largest_window_and_not_a_day_more() -> None:
    node = NODES["home_user_id_static_feat_v1"]
    parameters = resolve_parameters(dict(node.parameters), "20260131")
    [read] = lineage(node.script, parameters=parameters, project="project_mc").reads
    assert (read.first, read.last) == ("20260117", "20260131")


def test_each_node_comes_after_those_it_reads() -> None:
    written = {str(TableNames(SOLUTION).source(role)) for role in ("user", "item", "behavior")}
    for node in NODES.values():
        assert set(node.inputs) <= written, node.name
        written.update(node.outputs)


def test_features_of_one_name_are_refused_before_any_script() -> None:
    tables = DataTables(behavior=BehaviorTable(event_values=("expr", "a-b", "a_b")))
    with pytest.raises(InvalidConfig):
        feature_nodes(Solution(data_tables=tables, features=Features(key_behaviors=("expr", "a-b", "a_b"))))


def test_scripts_begin_with_what_they_are() -> None:
    for name, node in NODES.items():
        first, second, *_ = node.script.splitlines()
        assert first == f"-- Solution home, node {name}"
        assert second == f"-- {node.description}"
