"""Commands run in this process, each test in an empty folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.cli.main import run
from pairec_cli.cli.render import set_quiet


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


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
        set_quiet(False)
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def workspace(pairec: Pairec, folder: Path) -> Path:
    """A workspace with its first instance; its folder."""
    assert pairec("init").code == 0
    return folder / ".pairec"
