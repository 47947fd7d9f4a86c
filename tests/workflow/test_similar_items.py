"""Neighbours of an item, in lists and by vectors."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound
from pairec_cli.domain.solution import parse_solution
from pairec_cli.domain.tables import Column, TableName, TableSchema
from pairec_cli.project import Project
from pairec_cli.recall.registry import recall_types
from pairec_cli.workflow.deployed_solutions import Deployed, deployed
from pairec_cli.workflow.entities import item_labels, require_user
from pairec_cli.workflow.similar_items import similar_items
from tests.workflow.recalled import recalled
from tests.workflow.tiny import DAY, NAME


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return recalled(tmp_path)


def listed(project: Project) -> dict[str, list[tuple[str, float]]]:
    rows = project.warehouse.read(TableName("project_mc", "tiny_etrec_u2i_i2i_v1"), [DAY]).to_pylist()
    found = {}
    for row in rows:
        pairs = [entry.split(":") for entry in row["similar_item_ids"].split(",")]
        found[row["item_id"]] = [(item, float(score)) for item, score in pairs]
    return found


def test_a_list_as_it_stands_with_the_users_who_met_both(project: Project) -> None:
    what = deployed(project)
    item, expected = max(listed(project).items(), key=lambda pair: len(pair[1]))
    found = similar_items(project, what, item, size=5)
    assert [(one.item_id, one.score) for one in found] == expected[:5]
    assert {(one.recall, one.ds) for one in found} == {("etrec_u2i", DAY)}
    pairs = project.warehouse.read(TableName("project_mc", "tiny_etrec_u2i_i2i_input_v1"), [DAY]).to_pylist()
    users: dict[str, set[str]] = {}
    for row in pairs:
        users.setdefault(row["item_id"], set()).add(row["user_id"])
    assert [one.together for one in found] == [len(users[item] & users[one.item_id]) for one in found]
    assert min(one.together for one in found) >= 1


def test_vectors_by_their_cosine(project: Project) -> None:
    """A table with an item's id and one vector, whichever recall writes it."""
    what = deployed(project)
    document = {"name": NAME, "recalls": [{"type": "dssm", "name": "dssm"}]}
    solution = parse_solution(document, recall_types())
    table = TableName("project_mc", "tiny_dssm_item_vectors_v1")
    columns = (Column("__item_id__", "STRING"), Column("item_tower_emb", "STRING"))
    project.warehouse.create_table(TableSchema(table, columns))
    vectors = {"1": "1,0", "2": "2,2", "3": "-1,0", "4": "0.5,0"}
    data = pa.table({"__item_id__": list(vectors), "item_tower_emb": list(vectors.values())})
    project.warehouse.write(table, DAY, data)
    found = similar_items(project, Deployed(what.target, solution, ()), "1")
    assert [(one.item_id, round(one.score, 6)) for one in found] == [("4", 1.0), ("2", 0.707107), ("3", -1.0)]


def test_what_has_no_neighbours_is_told(project: Project) -> None:
    what = deployed(project)
    with pytest.raises(NotFound, match="item '9999' does not exist") as unknown:
        similar_items(project, what, "9999")
    assert str(unknown.value.hint).startswith('pairec sql "SELECT item_id FROM ')
    with pytest.raises(InvalidInput, match="recall 'global_hot' made neither similar items nor item vectors"):
        similar_items(project, what, "1", recall="global_hot")
    swing = parse_solution({"name": NAME, "recalls": [{"type": "swing_u2i", "name": "s"}]}, recall_types())
    with pytest.raises(NotDeployed, match="recall 's' was never run") as never:
        similar_items(project, Deployed(what.target, swing, ()), "1", recall="s")
    assert never.value.hint == "pairec recall run s"
    with pytest.raises(InvalidInput, match="the solution's recalls made neither"):
        similar_items(project, Deployed(what.target, swing, ()), "1")


def test_items_are_named_by_title_and_category(project: Project) -> None:
    solution = deployed(project).solution
    found = item_labels(project, solution, ["1", "2", "gone"])
    assert set(found) == {"1", "2"}
    assert {tuple(labels) for labels in found.values()} == {("title", "category")}
    require_user(project, solution, "1")
    with pytest.raises(NotFound, match="user 'nobody' does not exist"):
        require_user(project, solution, "nobody")
