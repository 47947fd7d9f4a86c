"""The histories of online mode, and the engine's entry. That they give the precomputed vectors is tested with
every method, in `vector_contract`."""

from __future__ import annotations

from pairec_cli.domain.solution import Solution
from pairec_cli.recall.dssm import DSSM, DSSMRecallConfig
from pairec_cli.recall.vector_features import vector_features
from pairec_cli.recall.vector_online import history_node, history_publication, online_conf
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS
from tests.recall.vector_contract import SMALL, world_of_one_day

CONFIG = DSSMRecallConfig(is_online_mode=True, **SMALL)
SOLUTION = Solution(name="s", recalls=(CONFIG,))


def rows(make_world: MakeWorld, config: DSSMRecallConfig) -> dict[str, dict[str, str]]:
    world = world_of_one_day(make_world, SOLUTION)
    features = vector_features(config, SOLUTION)
    for node in (*DSSM().nodes(config, SOLUTION)[:2], history_node(config, SOLUTION, features)):
        world.run(node, DS)
    return {row["user_id"]: row for row in world.rows("s_dssm_history_v1", DS)}


def test_one_row_a_user_with_the_latest_items(make_world: MakeWorld) -> None:
    found = rows(make_world, CONFIG)
    assert set(found) == {"1", "2", "3", "4", "5"}
    assert found["1"]["history_3_seq__item_id"] == "5;4;3"
    assert found["1"]["history_3_seq__category"] == "c1;c0;c1"
    assert set(found["1"]["seen_item_ids"].split(",")) == {"2", "3", "4", "5"}


def test_items_seen_are_left_out_of_the_table_where_they_may_come_again(make_world: MakeWorld) -> None:
    config = CONFIG.model_copy(update={"drop_seen": False})
    assert "seen_item_ids" not in rows(make_world, config)["1"]
    assert "SeenField" not in online_conf(config, SOLUTION)
    assert (
        "seen_item_ids"
        not in history_publication(config, SOLUTION, vector_features(config, SOLUTION)).columns
    )


def test_the_engines_entry() -> None:
    conf = online_conf(CONFIG, SOLUTION)
    assert (conf["RecallAlgo"], conf["VectorAlgoType"]) == ("s_dssm", "torchrec_vector")
    assert (conf["SeenField"], conf["Temperature"]) == ("seen_item_ids", CONFIG.temperature)
