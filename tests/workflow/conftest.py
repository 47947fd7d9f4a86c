"""A workspace with one instance, in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.project import Project
from pairec_cli.workflow.instances import create_instance


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    made = Project.create(tmp_path / ".pairec")
    create_instance(made, "demo", region="local")
    return made
