"""Workspaces in temporary folders: an empty one, and one with the tiny demo in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pairec_cli.project import Project
from pairec_cli.workflow import deploying, generating, solutions
from pairec_cli.workflow.instances import create_instance
from tests.workflow import tiny


@pytest.fixture(autouse=True)
def no_database_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / ".pairec")
    create_instance(made, "demo", region="local")
    return made


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: the tiny demo with its solution, whose scripts have been read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        home = tmp_path_factory.mktemp("tiny") / ".pairec"
        made = tiny.prepare(home)
        solutions.save(made, tiny.document(made))
        generating.compiled(made)
        made.control.close()
    return home


@pytest.fixture
def solved(prepared: Path, tmp_path: Path) -> Project:
    """A copy of it: data, registered tables, a scenario, a solution that is not generated yet."""
    home = tmp_path / ".pairec"
    shutil.copytree(prepared, home)
    return Project(home)


@pytest.fixture
def deployed(solved: Project) -> Project:
    """The same, generated and deployed."""
    deploying.deploy(solved, generating.generate(solved).record)
    return solved
