"""The demo, tiny: ten days of 40 users and 60 items, registered, with a solution of small windows."""

from __future__ import annotations

from pathlib import Path

from pairec_cli.domain.ds import shift, yesterday
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow import data, solution_document, solutions, source_nodes
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.scenarios import create_scenario

DAY = shift(yesterday(), -1)
NAME = "tiny"
SETTINGS: dict[str, object] = {"users": 40, "items": 60, "events_per_day": 300}
WINDOWS = {
    "features.periods": "1,3",
    "recalls[global_hot].days": "3",
    "recalls[etrec_u2i].training_days": "5",
    "recalls[etrec_u2i].behavior_window_days": "3",
}


def prepare(home: Path) -> Project:
    """A workspace with data, registered tables and a scenario; nothing is deployed but the data nodes."""
    project = Project.create(home)
    create_instance(project, "demo", region="local")
    plan = data.plan_generation(project, days=10, end=DAY, settings=SETTINGS)
    data.generate(project, plan, lambda *_: None)
    for role, table in source_nodes.demo_tables().items():
        project.control.tables.register("demo", f"{role} table", TableName("project_mc", table), role)
    create_scenario(project, "demo", "HomePage")
    return project


RANKING = {
    "ranking.training_days": "3",
    "ranking.min_count": "1",
    "ranking.sequence_length": "5",
    "ranking.select": "user_id,item_id,city,tags,category,net_type,day_h,user__cnt_click_3d,"
    "user__kv_category_click_3d,item__cnt_click_3d,click_5_seq",
}
"""A model of few inputs."""


def document(project: Project) -> str:
    """Recalls alone."""
    default = solutions.default_solution(project.instance, NAME, "HomePage")
    return solutions.configure(solution_document.write(default), {**WINDOWS, "ranking": "null"})


def ranked_document(project: Project) -> str:
    return solutions.configure(document(project), RANKING)
