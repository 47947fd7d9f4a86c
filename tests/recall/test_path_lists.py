"""From the nets' numbers to lists, by hand."""

from __future__ import annotations

from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column
from pairec_cli.recall.path_form import PDNRecallConfig
from pairec_cli.recall.path_lists import similar_node, trigger_node
from tests.recall.conftest import MakeWorld

DS = "20260131"
CONFIG = PDNRecallConfig(top_n=2)
SOLUTION = Solution(name="s", recalls=(CONFIG,))
NAMES = TableNames(SOLUTION)


def test_similarities_keep_their_ratio_across_triggers(make_world: MakeWorld) -> None:
    world = make_world(SOLUTION)
    pairs = {"a:x": "4.0", "a:y": "4.0", "a:z": "1.0", "b:x": "2.0", "b:z": "1e-30"}
    world.put(
        NAMES.recall("pdn", "sim_out"),
        DS,
        [{"__pair_id__": pair, "sim_out": value} for pair, value in pairs.items()],
        [Column("__pair_id__", "STRING"), Column("sim_out", "STRING")],
    )
    world.run(similar_node(CONFIG, SOLUTION), DS)
    found = {row["item_id"]: row["similar_item_ids"] for row in world.rows(NAMES.recall("pdn", "i2i"), DS)}
    assert found == {"a": "x:1.0,y:1.0", "b": "x:0.5"}, "equals by id, cut at two, nothing that is none"


def test_triggers_are_named_by_their_places(make_world: MakeWorld) -> None:
    world = make_world(SOLUTION)
    world.put(
        NAMES.recall("pdn", "trigger_out"),
        DS,
        [{"__user_id__": "u", "trigger_out": "1.0;4.0"}],
        [Column("__user_id__", "STRING"), Column("trigger_out", "STRING")],
    )
    columns = [Column(name, "STRING") for name in ("part", "user_id", "trigger_id")]
    met = [("user", "u", "b", 2), ("user", "u", "a", 1), ("train", "u", "c", 1)]
    world.put(
        NAMES.recall("pdn", "met"),
        DS,
        [dict(zip(("part", "user_id", "trigger_id", "place"), row, strict=True)) for row in met],
        [*columns, Column("place", "BIGINT")],
    )
    world.run(trigger_node(CONFIG, SOLUTION), DS)
    [row] = world.rows(NAMES.recall("pdn", "trigger"), DS)
    assert (row["user_id"], row["item_ids"]) == ("u", "b:1.0,a:0.25")
