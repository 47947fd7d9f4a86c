"""Vocabulary sizes, counted where the columns come from."""

from __future__ import annotations

import pyarrow.compute as pc

from pairec_cli.domain.solution import Ranking
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow import solutions
from pairec_cli.workflow.sizes import vocabulary_sizes
from tests.workflow.tiny import DAY


def test_counts_are_near_the_truth_and_rounded(solved: Project) -> None:
    solution = solutions.resolved(solved, solutions.current(solved)[1])
    assert vocabulary_sizes(solved, solution) == {}
    ranking = solution.model_copy(update={"ranking": Ranking()})
    found = vocabulary_sizes(solved, ranking)
    users = solved.warehouse.read(TableName("project_mc", "rec_sln_demo_user_table_v1"), [DAY])
    items = solved.warehouse.read(TableName("project_mc", "rec_sln_demo_item_table_v1"), [DAY])
    tags = {tag for text in users.column("tags").to_pylist() for tag in (text or "").split("|") if tag}
    real = {
        "user_id": users.num_rows,
        "item_id": items.num_rows,
        "author": pc.count_distinct(items.column("author")).as_py(),
        "city": pc.count_distinct(users.column("city")).as_py(),
        "tags": len(tags),
    }
    for name, count in real.items():
        assert 0.8 * count <= found[name] <= 1.6 * count + 1, name
    assert found["net_type"] >= 3
    assert all(size in {int(1.25**power) for power in range(60)} for size in found.values())


def test_without_data_nothing_is_counted(solved: Project) -> None:
    solution = solutions.resolved(solved, solutions.current(solved)[1])
    for name in ("rec_sln_demo_user_table_v1", "rec_sln_demo_behavior_table_v1"):
        solved.warehouse.drop_partitions(
            table := TableName("project_mc", name), list(solved.warehouse.partitions(table))
        )
    found = vocabulary_sizes(solved, solution.model_copy(update={"ranking": Ranking()}))
    assert found.keys() == {"item_id", "author", "category"}
