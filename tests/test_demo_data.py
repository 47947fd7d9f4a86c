"""The tutorial's own values, shipped as an example, are a solution that compiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import DEMO_COLUMNS, TableName, TableRole, TableSchema
from pairec_cli.recall.etrec_u2i import EtrecU2IConfig
from pairec_cli.workflow import solution_document
from pairec_cli.workflow.compiling import compile_solution

EXAMPLE = Path(__file__).parents[1] / "demo_data" / "solution.yaml"


@pytest.fixture(scope="module")
def solution() -> Solution:
    return solution_document.read(EXAMPLE.read_text(), EXAMPLE.name)


def test_the_forms_hold_the_tutorials_values(solution: Solution) -> None:
    behavior, user, item = (getattr(solution.data_tables, role) for role in ("behavior", "user", "item"))
    assert solution.scenario == "HomePage"
    assert solution.environment.workflow == "Flow"
    assert not solution.environment.slim_mode
    assert (behavior.event_values, behavior.event_value) == (("expr", "click", "praise"), "playtime")
    assert (behavior.scene, behavior.scene_values) == ("page", ("home", "detail"))
    assert behavior.user_categorical == ("net_type",)
    assert user.categorical == ("gender", "city")
    assert user.numeric == ("age", "item_cnt", "follow_cnt", "follower_cnt")
    assert (user.tags, user.register_time) == (("tags",), "register_time")
    assert (item.author, item.pub_time, item.categorical) == ("author", "pub_time", ("category",))
    assert item.numeric == ("click_count", "praise_count")
    assert solution.features.periods == (3, 7, 15)
    assert solution.features.key_behaviors == ("expr", "click", "praise")


def test_the_recalls_are_those_of_the_quick_deployment(solution: Solution) -> None:
    assert [recall.type for recall in solution.recalls] == ["etrec_u2i", "global_hot"]
    etrec = solution.recalls[0]
    assert isinstance(etrec, EtrecU2IConfig)
    assert (etrec.training_days, etrec.behavior_window_days) == (30, 15)
    assert 10 <= etrec.trigger_count <= 50
    assert "expr" not in etrec.trigger_events
    assert solution.required_days == 45


def test_it_fits_the_demo_tables_and_compiles(solution: Solution) -> None:
    def schema(role: TableRole, form: solution_document.SourceTable) -> TableSchema:
        return TableSchema(TableName("project_mc", form.table), DEMO_COLUMNS[role])

    assert solution_document.check_fields(solution, schema) == []
    package = compile_solution(solution, EXAMPLE.read_text(), region="cn-beijing", timezone="Asia/Shanghai")
    assert len(package.workflow.nodes) == 23
    assert "PaiRec/models/home_rank/pipeline.config" in package.files


def test_the_ranking_is_the_tutorials(solution: Solution) -> None:
    assert solution.ranking is not None
    assert solution.ranking.model == "dbmtl"
    assert [(target.name, target.type) for target in solution.ranking.targets] == [
        ("is_click", "classification"),
        ("ln_playtime", "regression"),
    ]
    assert solution.ranking.training_days == 30
