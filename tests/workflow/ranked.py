"""The tiny demo with a trained ranking model, made once and copied for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
import torch

from pairec_cli.domain.runs import RunState
from pairec_cli.project import Project
from pairec_cli.workflow import backfilling, deploying, generating, solutions
from pairec_cli.workflow.deployed_solutions import deployed
from tests.workflow import tiny

MODEL = f"{tiny.NAME}_rank"


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="pairec-ranked-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PAIREC_DB_URL", raising=False)
        torch.set_num_threads(1)
        project = tiny.prepare(folder / ".pairec")
        solutions.save(project, tiny.ranked_document(project))
        deploying.deploy(project, generating.generate(project).record)
        what = deployed(project)
        plan = backfilling.make_plan(project, what)
        done = backfilling.run_backfill(project, what, plan, lambda _: None, allow_missing=True)
        assert done is not None and done.state is RunState.OK, done
        project.sql.close()
        project.control.close()
    return folder


def ranked(folder: Path) -> Project:
    """A copy of it in `folder`."""
    shutil.copytree(_template() / ".pairec", folder / ".pairec")
    return Project(folder / ".pairec")
