"""A small workspace on which the quick deployment has run, made once and copied for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from pairec_cli.domain.instance import ServiceType
from pairec_cli.project import Project
from pairec_cli.workflow import data
from pairec_cli.workflow.instances import create_instance, initialise
from pairec_cli.workflow.quickstart import quickstart

END = "20260131"
DAYS = 6
SETTINGS: dict[str, object] = {"users": 120, "items": 150, "events_per_day": 1_200, "seed": 2}


def fresh(
    folder: Path, *, days: int = DAYS, end: str = END, service_type: ServiceType = ServiceType.PREMIUM
) -> Project:
    """A workspace in `folder` with an instance and `days` days of data; nothing is deployed."""
    project = Project.create(folder / ".pairec")
    create_instance(project, "demo", region="local", service_type=service_type)
    initialise(project, "demo")
    plan = data.plan_generation(project, days=days, end=end, settings=SETTINGS)
    data.generate(project, plan, lambda *_: None)
    return project


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pairec-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        project = fresh(folder)
        quickstart(project, lambda _: None, lambda _: None)
        project.sql.close()
        project.control.close()
    return folder


def deployed(folder: Path) -> Project:
    """A copy of the deployed workspace in `folder`."""
    shutil.copytree(_template() / ".pairec", folder / ".pairec")
    return Project.find(folder)
