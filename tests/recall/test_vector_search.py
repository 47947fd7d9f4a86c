"""The node that searches: what it hands to the component, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.domain.solution import parse_solution
from pairec_cli.domain.tables import Column
from pairec_cli.recall.registry import recall_types
from pairec_cli.recall.vector_search import engine_conf, publications, search_node
from tests.features.world import World
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS


def searched(make_world: MakeWorld, **fields: Any) -> World:
    entry = {"type": "dssm", "name": "r", "temperature": 1.0} | fields
    solution = parse_solution({"name": "s", "recalls": [entry]}, recall_types())
    world = make_world(solution)
    vectors = {"item": {"a": "1,0", "b": "0.5,0", "c": "0,1"}, "user": {"u": "1,0", "v": "0,1|1,0"}}
    for side, rows in vectors.items():
        columns = (Column(f"__{side}_id__", "STRING"), Column(f"{side}_tower_emb", "STRING"))
        data = [{columns[0].name: id, columns[1].name: vector} for id, vector in rows.items()]
        world.put(f"s_r_{side}_vectors_v1", DS, data, columns)
    taken = (Column("user_id", "STRING"), Column("item_id", "STRING"))
    world.put("s_r_positives_v1", DS, [{"user_id": "u", "item_id": "a"}], taken)
    world.run(search_node(solution.recalls[0], solution), DS)  # type: ignore[arg-type]  # a form by its type
    return world


@pytest.mark.parametrize(
    ("fields", "lists"),
    [
        ({}, {"u": "b::1,c::0.606531", "v": "a::1,c::1,b::0.606531"}),
        ({"drop_seen": False, "recall_count": 2}, {"u": "a::1,b::0.606531", "v": "a::1,c::1"}),
    ],
)
def test_lists_are_the_nearest_items(
    make_world: MakeWorld, fields: dict[str, Any], lists: dict[str, str]
) -> None:
    rows = searched(make_world, **fields).rows("s_r_v1", DS)
    assert {row["user_id"]: row["item_ids"] for row in rows} == lists


def test_the_engine_reads_the_published_lists() -> None:
    solution = parse_solution({"name": "s", "recalls": [{"type": "mind", "name": "m"}]}, recall_types())
    config: Any = solution.recalls[0]
    assert engine_conf(config, solution)["DaoConf"]["FeatureStoreViewName"] == "s_m_v1"
    assert [(one.view, one.key, one.columns) for one in publications(config, solution)] == [
        ("s_m_v1", "user_id", ("item_ids",))
    ]
