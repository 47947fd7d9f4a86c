"""What every recall with a model over triggers and items keeps: `RecallContract`, with its training node."""

from __future__ import annotations

from typing import Any, ClassVar

from pairec_cli.domain.ds import DsRange, resolve_parameters
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.pipeline_config import parse
from pairec_cli.domain.recall import TrainedRecall
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.warehouse.lineage import lineage
from pairec_cli.workflow.dlc_script import read_commands, table_path
from tests.features.world import World
from tests.recall.conftest import MakeWorld
from tests.recall.contract import DS, RecallContract
from tests.recall.model_world import run_model, taken, world_of_clicks

SMALL: dict[str, Any] = {"epochs": 2, "id_embed_dim": 8, "batch_size": 16, "training_days": 3}
SMALL |= {"behavior_window_days": 3}


class ItemModelContract(RecallContract):
    entry: ClassVar[dict[str, Any]] = SMALL

    def world(self, make_world: MakeWorld, solution: Solution) -> World:
        """Five users who clicked four of seven items each."""
        return world_of_clicks(make_world, solution, {str(user): sorted(taken(user)) for user in range(1, 6)})

    def test_it_has_a_model(self, method: Any) -> None:
        assert isinstance(method, TrainedRecall)

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
                assert read.last is not None
                assert read.last <= DS
                if str(read.table) == behavior:
                    assert read.first is not None
                    days.append(len(DsRange(read.first, DS)))
        assert max(days) == config.training_days

    def test_publications_are_columns_of_its_own_tables(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        world = self.world(make_world, solution)
        run_model(world, method, config)
        for publication in method.publications(config, solution):
            rows = world.rows(publication.table, DS)
            assert rows, publication.table
            assert {publication.key, *publication.columns} <= set(rows[0])
            keys = [row[publication.key] for row in rows]
            assert len(set(keys)) == len(keys), "one row per key"

    def test_a_seed_makes_the_same_lists(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        found = []
        for _ in range(2):
            world = self.world(make_world, solution)
            run_model(world, method, config)
            found.append([world.rows(node.name, DS) for node in method.nodes(config, solution)[-3:]])
        assert found[0] == found[1]
        assert found[0][-1]

    def test_lists_hold_what_the_user_has_not_met_best_first(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        world = self.world(make_world, solution)
        run_model(world, method, config)
        seen: dict[str, set[str]] = {}
        for row in world.rows(TableNames(solution).preprocess(TableRole.BEHAVIOR), DS):
            if row["event"] == "click":
                seen.setdefault(row["user_id"], set()).add(row["item_id"])
        for row in world.rows(method.nodes(config, solution)[-1].name, DS):
            entries = [entry.split("::") for entry in row["item_ids"].split(",")]
            assert not {item for item, _ in entries} & seen[row["user_id"]]
            scores = [float(score) for _, score in entries]
            assert scores[0] == 1.0
            assert scores == sorted(scores, reverse=True)

    def test_the_package_holds_a_config_that_can_be_read(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        files = method.package_files(config, solution, {"item_id": 10_000})
        assert sorted(files) == ["models/s_mine/features.json", "models/s_mine/pipeline.config"]
        found = parse(files["models/s_mine/pipeline.config"])
        assert found.train_config is not None
        assert found.train_config.num_epochs == config.epochs

    def test_its_attributes_are_checked(self, method: Any, solution: Solution, config: Any) -> None:
        wrong = config.model_copy(update={"item_attributes": ("categry",)})
        try:
            method.nodes(wrong, solution)
        except Exception as error:
            assert "did you mean 'category'" in str(error)
        else:
            raise AssertionError("an unknown attribute was taken")


def tables(node: Node, project: str) -> tuple[set[str], set[str]]:
    """What a node's script reads and writes; the vocabulary is read beside a training script."""
    parameters = resolve_parameters(dict(node.parameters), DS)
    if node.kind is NodeKind.ODPS_SQL:
        found = lineage(node.script, parameters=parameters, project=project)
        return {str(r.table) for r in found.reads}, {str(w.table) for w in found.writes}
    reads, writes = {name for name in node.inputs if name.endswith("_vocabulary_v1")}, {node.outputs[0]}
    for command in read_commands(node.script, parameters):
        for name, value in command.arguments.items():
            if name == "predict_output_path":
                writes.add(str(table_path(value)[0]))
            elif name.endswith("_input_path"):
                reads.add(str(table_path(value)[0]))
    return reads, writes
