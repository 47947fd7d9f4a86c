"""Scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.project import Project
from pairec_cli.workflow.instances import create_instance
from pairec_cli.workflow.scenarios import create_scenario


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    made = Project.create(tmp_path / ".pairec")
    create_instance(made, "demo", region="local")
    return made


def test_create_uses_pai_recs_traffic_codes(project: Project) -> None:
    scenario, new = create_scenario(project, "demo", "HomePage", description="the feed")
    assert new
    assert scenario.traffic_codes == ("PAI-REC", "selfhold", "thirdparty")
    assert project.control.scenarios.get("demo", "HomePage") == scenario


def test_the_same_scenario_again_is_no_change(project: Project) -> None:
    first, _ = create_scenario(project, "demo", "HomePage", traffic_codes=["PAI-REC", "mine"])
    second, new = create_scenario(project, "demo", "HomePage", traffic_codes=["PAI-REC", "mine"])
    assert (second, new) == (first, False)
    with pytest.raises(AlreadyExists):
        create_scenario(project, "demo", "HomePage")
    with pytest.raises(AlreadyExists):
        create_scenario(project, "demo", "HomePage", description="x", traffic_codes=["PAI-REC", "mine"])


def test_bad_names_and_instances(project: Project) -> None:
    with pytest.raises(InvalidInput):
        create_scenario(project, "demo", "home page")
    with pytest.raises(InvalidInput):
        create_scenario(project, "demo", "HomePage", traffic_codes=["a", "a"])
    with pytest.raises(NotFound):
        create_scenario(project, "other", "HomePage")
