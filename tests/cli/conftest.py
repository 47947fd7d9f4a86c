"""Commands run in this process, each test in an empty folder of its own."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.cli.main import run


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


LAST_DAY = "20250131"
"""The last day of the deployed workspace's data."""
Pairec = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no setting from outside."""
    for name in ("PAIREC_HOME", "PAIREC_DB_URL", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pairec(folder: Path, capsys: pytest.CaptureFixture[str]) -> Pairec:
    """Runs `pairec …`; the result is the exit code and what was printed."""

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small workspace after the quick deployment; never worked in itself."""
    home = tmp_path_factory.mktemp("deployed") / ".pairec"
    world = ["--days", "6", "--end", LAST_DAY, "--users", "40", "--items", "60", "--events", "300"]
    for command in (["init"], ["data", "generate", *world], ["quickstart"]):
        with contextlib.redirect_stderr(io.StringIO()) as told:
            assert run([*command, "--home", str(home)]) == 0, told.getvalue()
    return home


@pytest.fixture
def deployed(template: Path, folder: Path) -> Path:
    """A copy of the template in the current folder: days up to LAST_DAY, everything backfilled."""
    shutil.copytree(template, folder / ".pairec")
    return folder / ".pairec"


@pytest.fixture
def workspace(pairec: Pairec, folder: Path) -> Path:
    """A workspace with its first instance; its folder."""
    assert pairec("init").code == 0
    return folder / ".pairec"
