"""Workspaces in temporary folders: an empty one, and one with the tiny demo in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pairec_cli.project import Project
from pairec_cli.workflow import solutions
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
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        home = tmp_path_factory.mktemp("tiny") / ".pairec"
        tiny.prepare(home).control.close()
    return home


@pytest.fixture
def demo(prepared: Path, tmp_path: Path) -> Project:
    """The tiny demo: data, registered tables, a scenario."""
    home = tmp_path / ".pairec"
    shutil.copytree(prepared, home)
    return Project(home)


@pytest.fixture
def solved(demo: Project) -> Project:
    """The tiny demo with its solution, not generated yet."""
    solutions.save(demo, tiny.document(demo))
    return demo
