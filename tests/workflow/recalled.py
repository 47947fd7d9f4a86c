"""The tiny demo in two scenarios, deployed, its recalls run for the last two days; copied for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.runs import RunState
from pairec_cli.project import Project
from pairec_cli.workflow import backfilling, deploying, generating, recall_running, solutions
from pairec_cli.workflow.deployed_solutions import Deployed, deployed
from tests.workflow import tiny

RECALLS = ("etrec_u2i", "global_hot", "group_hot", "global_hot_fallback")
BEFORE = shift(tiny.DAY, -1)
FIELDS = {
    "other_scenarios": "Detail",
    "recalls[global_hot].scenarios": "HomePage",
    "recalls[group_hot].scenarios": "Detail",
    "recalls[group_hot].days": "3",
    "recalls[global_hot_fallback].days": "3",
}


def run(project: Project, what: Deployed, ds: str, name: str | None = None) -> list[str]:
    """What `pairec recall run` does; the sentences that it tells."""
    recalls = recall_running.chosen_recalls(what, name)
    plan = recall_running.recall_plan(project, what, recalls, ds)
    done, told = recall_running.run_recalls(project, what, recalls, plan, lambda _: None)
    assert done is None or done.state is RunState.OK, done
    return told


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pairec-recalled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        project = tiny.prepare(folder / ".pairec")
        project.control.scenarios.create("demo", "Detail")
        text = solutions.configure(tiny.document(project), FIELDS, add=["group_hot", "global_hot_fallback"])
        solutions.save(project, text)
        deploying.deploy(project, generating.generate(project).record)
        what = deployed(project)
        for ds in (BEFORE, tiny.DAY):
            run(project, what, ds)
        done = backfilling.run_backfill(
            project, what, backfilling.make_plan(project, what), lambda _: None, allow_missing=True
        )
        assert done is not None and done.state is RunState.OK, done
        project.sql.close()
        project.control.close()
    return folder


def recalled(folder: Path) -> Project:
    """A copy of it in `folder`."""
    shutil.copytree(_template() / ".pairec", folder / ".pairec")
    return Project(folder / ".pairec")
