"""What every recall with two towers keeps: `RecallContract`, with a training node among the nodes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from pairec_cli.domain.ds import DsRange, resolve_parameters
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.online.in_service import InService
from pairec_cli.online.user_towers import UserTower
from pairec_cli.warehouse.lineage import lineage
from pairec_cli.workflow.dlc_script import read_commands, table_path
from tests.features.world import World, at, event
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS, RecallContract
from tests.recall.vector_world import run_recall

SMALL: dict[str, Any] = {
    "epochs": 2,
    "hidden_units": [8],
    "output_dim": 8,
    "id_embed_dim": 8,
    "batch_size": 4,
    "sequence_length": 3,
    "training_days": 3,
}


class VectorContract(RecallContract):
    entry: ClassVar[dict[str, Any]] = SMALL

    def test_nodes_declare_what_their_scripts_do(self, method: Any, solution: Solution, config: Any) -> None:
        project = TableNames(solution).project
        written = {table for node in feature_nodes(solution) for table in node.outputs}
        for node in method.nodes(config, solution):
            reads, writes = tables(node, project)
            assert reads == set(node.inputs)
            assert writes == set(node.outputs)
            assert node.outputs[0] == f"{project}.{node.name}"
            assert set(node.inputs) <= written, "a node comes after those it reads"
            written.update(node.outputs)

    def test_no_node_reads_more_days_than_it_says(self, method: Any, solution: Solution, config: Any) -> None:
        behavior = f"{TableNames(solution).project}.{TableNames(solution).preprocess(TableRole.BEHAVIOR)}"
        days = []
        for node in method.nodes(config, solution):
            if node.kind is NodeKind.PAI_DLC:
                continue
            parameters = resolve_parameters(dict(node.parameters), DS)
            for read in lineage(node.script, parameters=parameters, project="project_mc").reads:
                assert read.last == DS
                if str(read.table) == behavior:
                    assert read.first is not None
                    days.append(len(DsRange(read.first, DS)))
        assert max(days) == config.training_days

    def test_publications_are_columns_of_its_own_tables(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        world = world_of_one_day(make_world, solution)
        run_recall(world, method.nodes(config, solution), method.package_files(config, solution, {}), DS)
        for publication in method.publications(config, solution):
            rows = world.rows(publication.table, DS)
            assert rows, publication.table
            assert {publication.key, *publication.columns} <= set(rows[0])
            keys = [row[publication.key] for row in rows]
            assert len(set(keys)) == len(keys), "one row per key"

    def test_lists_hold_what_the_user_has_not_taken(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        world = world_of_one_day(make_world, solution)
        nodes = method.nodes(config, solution)
        run_recall(world, nodes, method.package_files(config, solution, {}), DS)
        lists = {row["user_id"]: row["item_ids"] for row in world.rows(nodes[-1].name, DS)}
        assert set(lists) == {str(user) for user in range(1, 6)}
        for user, text in lists.items():
            found = [entry.split("::") for entry in text.split(",")]
            assert {item for item, _ in found} == set(map(str, range(1, 8))) - taken(int(user))
            scores = [float(score) for _, score in found]
            assert scores[0] == 1.0
            assert scores == sorted(scores, reverse=True)
            assert min(scores) >= 0

    def test_a_seed_makes_the_same_lists(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        found = []
        for _ in range(2):
            world = world_of_one_day(make_world, solution)
            nodes = method.nodes(config, solution)
            run_recall(world, nodes, method.package_files(config, solution, {}), DS)
            found.append(world.rows(nodes[-1].name, DS))
        assert found[0] == found[1]

    def test_online_mode_has_histories_instead_of_lists(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        online = config.model_copy(update={"is_online_mode": True})
        names = {node.name for node in method.nodes(online, solution)}
        offline = {node.name for node in method.nodes(config, solution)}
        assert offline - names == {"s_mine_users_v1", "s_mine_v1"}
        assert names - offline == {"s_mine_history_v1"}
        for node in method.nodes(online, solution):
            reads, writes = tables(node, TableNames(solution).project)
            assert (reads, writes) == (set(node.inputs), set(node.outputs))
        (publication,) = method.publications(online, solution)
        assert publication.view == "s_mine_history_v1"
        assert publication.columns[0] == "history_3_seq__item_id"
        conf = method.engine_conf(online, solution)
        assert (conf["RecallType"], conf["RecallAlgo"]) == ("OnlineVectorRecall", "s_mine")
        assert conf["DaoConf"]["FeatureStoreViewName"] == publication.view
        assert conf["SeenField"] in publication.columns

    def test_online_vectors_are_the_precomputed_ones(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        online = config.model_copy(update={"is_online_mode": True})
        world = world_of_one_day(make_world, solution.model_copy(update={"recalls": (online,)}))
        nodes = [*method.nodes(config, solution), method.nodes(online, solution)[-1]]
        logged = run_recall(world, nodes, method.package_files(config, solution, {}), DS)
        assert any("ONNX and PyTorch agree" in line for line in logged)
        expected = {
            row["__user_id__"]: [
                [float(x) for x in one.split(",")] for one in row["user_tower_emb"].split("|")
            ]
            for row in world.rows("s_mine_user_vectors_v1", DS)
        }
        lists = {row["user_id"]: row["item_ids"] for row in world.rows("s_mine_v1", DS)}
        histories = {row["user_id"]: row for row in world.rows("s_mine_history_v1", DS)}
        folder = world.warehouse.layout.root.parent / "models" / "s_mine"
        tower = UserTower(folder, InService(DS, DS, "UTC", "user_id", "item_id"))
        for user, row in histories.items():
            known = {**row, "gender": "mf"[int(user) % 2]}
            vectors = tower.vectors(user, known, {}, (), 0)
            np.testing.assert_allclose(vectors, np.array(expected[user], "f4"), atol=1e-5)
            found = tower.nearest(vectors, config.recall_count, set(row["seen_item_ids"].split(",")))
            assert [item for item, _ in found] == [e.split("::")[0] for e in lists[user].split(",")]
            check_recent(tower, user, known, vectors)

    def test_a_large_catalog_gets_a_graph_and_its_recall_is_told(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        online = config.model_copy(update={"is_online_mode": True, "index_from": 2, "epochs": 1})
        world = world_of_one_day(make_world, solution.model_copy(update={"recalls": (online,)}))
        files = method.package_files(online, solution, {})
        logged = run_recall(world, method.nodes(online, solution), files, DS)
        assert "index of 7 items with a graph: recall@100 1.0000 of the exact search" in logged
        metrics = {row["metric"]: row["value"] for row in world.rows("s_mine_train_v1", DS)}
        assert metrics["index_recall_at_100"] == 1.0

    def test_the_package_holds_a_config_that_can_be_read(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        files = method.package_files(config, solution, {"item_id": 10_000})
        assert sorted(files) == ["models/s_mine/features.json", "models/s_mine/pipeline.config"]
        found = parse(files["models/s_mine/pipeline.config"])
        assert found.data_config is not None
        assert found.data_config.negative_sampler is not None
        assert found.data_config.negative_sampler.num_sample == config.negative_sampler.num_sample
        assert found.data_config.negative_sampler.item_id_field == "item_id"

    def test_the_width_of_ids_is_the_forms(self, method: Any, solution: Solution, config: Any) -> None:
        by_policy = config.model_copy(update={"id_embed_dim": 0})
        assert width_of_items(method, config, solution) == 8
        assert width_of_items(method, by_policy, solution) == 16, "ln(10001) + 8, a multiple of 8"


def width_of_items(method: Any, config: Any, solution: Solution) -> int:
    files = method.package_files(config, solution, {"item_id": 10_000})
    found = parse(files["models/s_mine/pipeline.config"])
    own = [one.id_feature for one in found.feature_configs if one.id_feature is not None]
    return next(int(one.embedding_dim or 0) for one in own if one.feature_name == "item_id")


def check_recent(tower: UserTower, user: str, known: dict[str, Any], vectors: Any) -> None:
    """What a user took since the history was written counts as the history's own entries do."""
    fields = [name for name in known if name.startswith("history_")]
    latest, *rest = known["history_3_seq__item_id"].split(";")
    older = {name: ";".join(known[name].split(";")[1:]) for name in fields}
    again = tower.vectors(user, {**known, **older}, {}, (latest,), 0)
    np.testing.assert_allclose(again, vectors, atol=1e-6)
    np.testing.assert_allclose(tower.vectors(user, known, {}, (latest,), 0), vectors, atol=1e-6)
    moved = tower.vectors(user, known, {}, (rest[0],), 0)
    swapped = {name: _swapped(known[name]) for name in fields}
    np.testing.assert_allclose(moved, tower.vectors(user, {**known, **swapped}, {}, (), 0), atol=1e-6)


def _swapped(text: str) -> str:
    first, second, *rest = text.split(";")
    return ";".join([second, first, *rest])


def tables(node: Node, project: str) -> tuple[set[str], set[str]]:
    """What a node's script reads and writes; the vocabulary is read beside a training script."""
    parameters = resolve_parameters(dict(node.parameters), DS)
    if node.kind is NodeKind.ODPS_SQL:
        found = lineage(node.script, parameters=parameters, project=project)
        return {str(r.table) for r in found.reads}, {str(w.table) for w in found.writes}
    reads, writes = {name for name in node.inputs if name.endswith("_vocabulary_v1")}, {node.outputs[0]}
    for command in read_commands(node.script, parameters):
        for name, value in command.arguments.items():
            if name == "edit_config_json":
                reads.add(str(table_path(value.split('"')[3])[0]))
            elif name == "predict_output_path":
                writes.add(str(table_path(value)[0]))
            elif name.endswith("_input_path"):
                reads.add(str(table_path(value)[0]))
    return reads, writes


def taken(user: int) -> set[str]:
    return {str(1 + (user + step) % 7) for step in range(4)}


def world_of_one_day(make_world: MakeWorld, solution: Solution) -> World:
    """Five users who took four of seven items each, on one day; two share no attribute."""
    world = make_world(solution)
    world.put_users(DS, [{"user_id": number, "gender": "mf"[number % 2]} for number in range(1, 6)])
    world.put_items(DS, [{"item_id": number, "category": f"c{number % 2}"} for number in range(1, 8)])
    log = [
        event(str(user), item, what, event_time=at(DS, hour), request_id=f"r{user}-{hour}")
        for user in range(1, 6)
        for hour, item in enumerate(sorted(taken(user)))
        for what in ("expr", "click")
    ]
    world.put_behavior(DS, log)
    world.run(feature_nodes(solution), DS)
    return world
