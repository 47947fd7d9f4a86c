from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.project import Project
from pairec_cli.workflow import compiling, solution_document
from pairec_cli.workflow.archive import ENGINE_FILE, FLOW_FOLDER, SOLUTION_FILE, read_workflow
from pairec_cli.workflow.compiling import compile_nodes, compile_solution, publications
from pairec_cli.workflow.windows import as_written, node_tables
from tests.workflow import tiny


@pytest.fixture
def solution(project: Project) -> Solution:
    return solution_document.read(tiny.document(project))


def test_every_node_is_in_the_package_with_its_two_files(solution: Solution) -> None:
    package = compile_solution(solution, "name: tiny\n", region="local", timezone="UTC")
    assert package.name == "pairec_tiny"
    packed = {node.name: node for node in read_workflow(package.files, "x").nodes}
    assert packed == {node.name: node for node in package.workflow.nodes}
    assert len(package.files) == 2 * len(package.workflow.nodes) + 2
    assert package.files[SOLUTION_FILE] == "name: tiny\n"
    assert set(json.loads(package.files[ENGINE_FILE])["SceneConfs"]) == {"HomePage"}
    assert all(path.startswith((FLOW_FOLDER, "PaiRec/")) for path in package.files)


@pytest.fixture
def ranked(solution: Solution) -> Solution:
    return solution.model_copy(update={"ranking": Ranking()})


def test_a_ranking_brings_its_nodes_and_the_files_of_its_model(ranked: Solution, solution: Solution) -> None:
    package = compile_solution(ranked, "", region="local", timezone="UTC")
    added = {node.name for node in package.workflow.nodes} - {
        n.name for n in compile_nodes(solution, "local")
    }
    assert {"tiny_rank_label_table_v1", "tiny_rank_train_v1", "tiny_rank_fg_encoded_v1"} <= added
    assert {path for path in package.files if path.startswith("PaiRec/models/")} == {
        "PaiRec/models/tiny_rank/pipeline.config",
        "PaiRec/models/tiny_rank/features.json",
    }
    views = {publication.view for publication in publications(ranked)}
    assert "tiny_user_id_pre_t_seq_v1" in views


def test_sizes_decide_on_the_models_tables(ranked: Solution) -> None:
    def config(**sizes: int) -> str:
        package = compile_solution(ranked, "", region="local", timezone="UTC", sizes=sizes)
        return package.files["PaiRec/models/tiny_rank/pipeline.config"]

    assert config(user_id=100) == config(user_id=101)
    assert config(user_id=100) != config(user_id=100_000)


@pytest.mark.parametrize("ranking", [None, Ranking()], ids=["recalls alone", "ranking"])
def test_what_a_node_declares_is_what_its_script_says(solution: Solution, ranking: Ranking | None) -> None:
    solution = solution.model_copy(update={"ranking": ranking})
    for node in compile_nodes(solution, "local"):
        written = as_written(node, node_tables(node, "project_mc"))
        assert set(written.inputs) == set(node.inputs), node.name
        assert set(written.outputs) == set(node.outputs), node.name


def test_a_node_that_declares_something_else_is_refused(
    solution: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compile_nodes(solution, "local")

    def spoiled(*_: object) -> list[Node]:
        return [replace(whole[0], inputs=("project_mc.elsewhere",)), *whole[1:]]

    monkeypatch.setattr(compiling, "compile_nodes", spoiled)
    with pytest.raises(InvalidConfig, match=r"declares that it reads project_mc\.elsewhere"):
        compile_solution(solution, "", region="local", timezone="UTC")


def test_nodes_stand_after_what_they_read_and_the_publication_last(solution: Solution) -> None:
    nodes = compile_nodes(solution, "local")
    made: set[str] = set()
    for node in nodes:
        assert not {i for i in node.inputs if i.startswith("project_mc.tiny_")} - made, node.name
        made |= set(node.outputs)
    assert nodes[-1].name == "tiny_create_sync_onlinestore_v1"


def test_a_recall_that_is_switched_off_has_no_node_and_no_entry(solution: Solution) -> None:
    only = solution.model_copy(
        update={
            "recalls": tuple(
                r.model_copy(update={"enabled": r.name == "global_hot"}) for r in solution.recalls
            )
        }
    )
    package = compile_solution(only, "", region="local", timezone="UTC")
    assert not [node.name for node in package.workflow.nodes if "etrec" in node.name]
    assert [conf["Name"] for conf in json.loads(package.files[ENGINE_FILE])["RecallConfs"]] == ["global_hot"]


def test_user_features_and_every_recalls_tables_go_online(solution: Solution) -> None:
    published = {publication.view: publication for publication in publications(solution)}
    assert list(published) == [
        "tiny_rec_sln_demo_user_table_v1_all_feat_v1",
        "tiny_etrec_u2i_v1",
        "tiny_etrec_u2i_trigger_v1",
        "tiny_etrec_u2i_i2i_v1",
        "tiny_global_hot_v1",
    ]
    users = published["tiny_rec_sln_demo_user_table_v1_all_feat_v1"]
    assert (users.key, users.entity) == ("user_id", "user")
    assert {"gender", "age", "tags"} <= set(users.columns)
