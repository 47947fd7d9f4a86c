"""A workspace is found from where one stands, wherever its control plane is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pairec_cli.domain.errors import InvalidInput, NotDeployed, NotFound, WorkspaceError
from pairec_cli.project import Project
from pairec_cli.workflow.instances import create_instance
from tests.deployed import deployed


@pytest.fixture(autouse=True)
def no_settings(empty_folder: Path) -> None:
    """For every test here."""


def test_found_upward_as_git_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Project.create(tmp_path / "shop" / ".pairec")
    below = tmp_path / "shop" / "a" / "b"
    below.mkdir(parents=True)
    assert Project.find(start=below).home == made.home
    monkeypatch.chdir(below)
    assert Project.find().home == made.home


def test_the_nearest_workspace_wins(tmp_path: Path) -> None:
    Project.create(tmp_path / ".pairec")
    inner = Project.create(tmp_path / "inner" / ".pairec")
    assert Project.find(start=tmp_path / "inner").home == inner.home


def test_home_names_the_folder_or_its_parent_and_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.create(tmp_path / ".pairec")
    other = Project.create(tmp_path / "other" / ".pairec")
    for home in (tmp_path / "other", tmp_path / "other" / ".pairec"):
        assert Project.find(home).home == other.home
    monkeypatch.setenv("PAIREC_HOME", str(tmp_path / "other"))
    assert Project.find().home == other.home
    assert Project.find(tmp_path).home == tmp_path / ".pairec"


def test_where_there_is_none_it_says_init(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no workspace in") as caught:
        Project.find(start=tmp_path)
    assert caught.value.hint == "pairec init"
    with pytest.raises(WorkspaceError, match="is no workspace") as caught:
        Project.find(tmp_path / "gone")
    assert caught.value.hint == f"pairec init --home {tmp_path / 'gone'}"


def test_a_control_plane_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIREC_DB_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    made = Project.create(tmp_path / "shop" / ".pairec")
    create_instance(made, "demo", region="local")
    assert not (made.home / "platform.db").exists()
    found = Project.find(start=tmp_path / "shop")
    assert (found.home, found.instance.name) == (made.home, "demo")
    monkeypatch.delenv("PAIREC_DB_URL")
    lost = Project.find(start=tmp_path / "shop")
    with pytest.raises(WorkspaceError, match="PAIREC_DB_URL does not say where"):
        _ = lost.instance


def test_creating_twice_keeps_what_is_there(tmp_path: Path) -> None:
    first = Project.create(tmp_path / ".pairec")
    create_instance(first, "demo", region="local")
    (first.home / "workspace.json").write_text('{"version": 1, "kept": true}')
    assert Project.create(tmp_path / ".pairec").instance.name == "demo"
    assert json.loads((first.home / "workspace.json").read_text())["kept"] is True


def test_a_workspace_without_the_marker_is_found_too(tmp_path: Path) -> None:
    made = Project.create(tmp_path / ".pairec")
    (made.home / "workspace.json").unlink()
    assert Project.find(start=tmp_path).home == made.home


def test_before_the_deployment_nothing_is_served(tmp_path: Path) -> None:
    project = Project.create(tmp_path / ".pairec")
    with pytest.raises(NotDeployed, match="no solution is deployed") as caught:
        project.serving_scene()
    assert caught.value.hint == "pairec quickstart"


def test_the_scene_to_serve(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    assert project.serving_scene() == project.serving_scene("HomePage") == "HomePage"
    with pytest.raises(NotFound, match="did you mean 'HomePage'"):
        project.serving_scene("Homepage")
    config = project.engine_config()
    config["SceneConfs"]["Detail"] = config["SceneConfs"]["HomePage"]
    project.engine_path.write_text(json.dumps(config))
    with pytest.raises(InvalidInput, match="several scenes are deployed: HomePage, Detail"):
        project.serving_scene()


def test_deployed_but_not_published(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    project.featuredb_path.unlink()
    with pytest.raises(NotDeployed, match="nothing is published yet") as caught:
        project.serving_scene()
    assert caught.value.hint == "pairec backfill run"


def test_known_users_are_those_of_the_user_view(tmp_path: Path) -> None:
    project = deployed(tmp_path)
    users = project.known_users("HomePage")
    assert len(users) == len(set(users)) > 100
    assert set(users) <= {str(number) for number in range(1, 121)}
    assert project.known_users("Detail") == []
