"""What every recall method keeps. A method's test inherits `RecallContract` and names its type."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from pairec_cli.domain.ds import DsRange, resolve_parameters
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import NodeKind
from pairec_cli.domain.solution import Solution, parse_solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.engine.recalls.registry import RECALLS as ENGINE_RECALLS
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.recall.registry import RECALLS, recall_types
from pairec_cli.warehouse.lineage import lineage
from tests.features.world import at, event
from tests.recall.bad_input import BadInput
from tests.recall.conftest import MakeWorld

DS = "20260131"


class RecallContract(BadInput):
    """`entry` holds fields of the recall's entry besides its type."""

    type_name: ClassVar[str]
    entry: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def method(self) -> Any:
        return RECALLS.load(self.type_name)()

    @pytest.fixture
    def solution(self) -> Solution:
        recall = {"type": self.type_name, "name": "mine"} | self.entry
        document = {"name": "s", "features": {"periods": [1]}, "recalls": [recall]}
        return parse_solution(document, recall_types())

    @pytest.fixture
    def config(self, solution: Solution) -> Any:
        return solution.recalls[0]

    def test_is_registered_under_its_name(self, method: Any) -> None:
        assert method.type_name == self.type_name
        assert method.title
        assert recall_types()[self.type_name] is method.Config

    def test_every_field_has_a_default_and_a_description(self, method: Any) -> None:
        fields = method.Config.model_fields
        assert method.Config().type == self.type_name
        assert [name for name, field in fields.items() if name != "type" and not field.description] == []

    def test_config_survives_a_round_trip(self, config: Any) -> None:
        document = json.loads(json.dumps({"recalls": [config.model_dump(mode="json")]}))
        assert parse_solution(document, recall_types()).recalls == (config,)

    def test_unknown_fields_are_named_with_their_path(self) -> None:
        document = {"recalls": [{"type": self.type_name, "name": "mine", "nonsense": 1}]}
        with pytest.raises(InvalidConfig, match=r"recalls\[0\]\.nonsense: unknown field"):
            parse_solution(document, recall_types())

    def test_says_how_many_days_it_reads(self, solution: Solution, config: Any) -> None:
        assert solution.training_days == config.training_days >= 1

    def test_nodes_declare_what_their_scripts_do(self, method: Any, solution: Solution, config: Any) -> None:
        project = TableNames(solution).project
        written = {table for node in feature_nodes(solution) for table in node.outputs}
        for node in method.nodes(config, solution):
            assert node.kind is NodeKind.ODPS_SQL
            parameters = resolve_parameters(dict(node.parameters), DS)
            found = lineage(node.script, parameters=parameters, project=project)
            assert {str(read.table) for read in found.reads} == set(node.inputs)
            assert {str(write.table) for write in found.writes} == set(node.outputs)
            assert node.outputs[0] == f"{project}.{node.name}"
            assert set(node.inputs) <= written, "a node comes after those it reads"
            written.update(node.outputs)

    def test_no_node_reads_more_days_than_it_says(self, method: Any, solution: Solution, config: Any) -> None:
        behavior = f"{TableNames(solution).project}.{TableNames(solution).preprocess(TableRole.BEHAVIOR)}"
        days = []
        for node in method.nodes(config, solution):
            parameters = resolve_parameters(dict(node.parameters), DS)
            for read in lineage(node.script, parameters=parameters, project="project_mc").reads:
                assert read.last == DS
                if str(read.table) == behavior:
                    assert read.first is not None
                    days.append(len(DsRange(read.first, DS)))
        assert max(days) == config.training_days

    def test_names_are_unique(self, method: Any, solution: Solution, config: Any) -> None:
        nodes = [node.name for node in [*feature_nodes(solution), *method.nodes(config, solution)]]
        views = [publication.view for publication in method.publications(config, solution)]
        assert len(set(nodes)) == len(nodes)
        assert len(set(views)) == len(views)

    def test_publications_are_columns_of_its_own_tables(
        self, method: Any, solution: Solution, config: Any, make_world: MakeWorld
    ) -> None:
        world = run_all(make_world, solution)
        written = {table for node in method.nodes(config, solution) for table in node.outputs}
        for publication in method.publications(config, solution):
            assert f"{TableNames(solution).project}.{publication.table}" in written
            rows = world.rows(publication.table, DS)
            assert rows, publication.table
            assert {publication.key, *publication.columns} <= set(rows[0])
            keys = [row[publication.key] for row in rows]
            assert len(set(keys)) == len(keys), "one row per key"

    def test_the_engine_entry_reads_a_published_view(
        self, method: Any, solution: Solution, config: Any
    ) -> None:
        conf = method.engine_conf(config, solution)
        views = {publication.view for publication in method.publications(config, solution)}
        assert conf["Name"] == config.name
        assert conf["RecallType"] in ENGINE_RECALLS
        assert conf["RecallCount"] >= 1
        assert conf["DaoConf"]["AdapterType"] == "featurestore"
        assert conf["DaoConf"]["FeatureStoreName"] == solution.environment.featurestore_project
        assert conf["DaoConf"]["FeatureStoreViewName"] in views
        assert method.nodes(config, solution)[-1].name == conf["DaoConf"]["FeatureStoreViewName"]
        json.dumps(conf)

    def test_two_of_a_kind_do_not_share_tables(self, method: Any, solution: Solution, config: Any) -> None:
        other = config.model_copy(update={"name": "other"})
        tables = [
            {table for node in method.nodes(one, solution) for table in node.outputs}
            for one in (config, other)
        ]
        assert tables[0] & tables[1] == set()


def run_all(make_world: MakeWorld, solution: Solution) -> Any:
    """A world of one day in which users share clicks, after every node of the solution."""
    world = make_world(solution)
    world.put_users(DS, [{"user_id": number} for number in range(1, 6)])
    world.put_items(DS, [{"item_id": number, "pub_time": at("20260120")} for number in range(1, 8)])
    log = [
        event(str(user), str(1 + (user + step) % 7), what, event_time=at(DS))
        for user in range(1, 6)
        for step in range(4)
        for what in ("expr", "click")
    ]
    world.put_behavior(DS, log)
    for recall in solution.recalls:
        nodes = RECALLS.load(recall.type)().nodes(recall, solution)
        world.run([*feature_nodes(solution), *nodes], DS)
    return world
