"""A control plane in a temporary folder, with one instance in it, and other processes at work on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.instance import ResourceBindings

BINDINGS = ResourceBindings("pai", "dw", "mc", "bucket", "fs")

OTHER = """
import sys
from pathlib import Path
from pairec_cli.control.database import Control
from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.ds import DsRange
from pairec_cli.domain.errors import Busy
from pairec_cli.domain.runs import BackfillTask, RunState
control = Control.open(Path(sys.argv[1]))
flow = WorkflowName("dw", "rec")
{work}
print("done", flush=True)
input()
"""


class Other:
    """Another process: it has done its work, and lives until `kill`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.pid = process, process.pid

    def wait_for_work(self) -> list[str]:
        """The lines that its work printed."""
        assert self.process.stdout is not None
        lines: list[str] = []
        while (line := self.process.stdout.readline()) != "done\n":
            assert line, f"it ended after {lines}"
            lines.append(line)
        return lines

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(autouse=True)
def no_database_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "platform.db"


@pytest.fixture
def empty(path: Path) -> Iterator[Control]:
    with Control.create(path) as control:
        yield control


@pytest.fixture
def control(empty: Control) -> Control:
    empty.instances.create("main", region="cn-hangzhou", bindings=BINDINGS)
    return empty


@pytest.fixture
def begin(path: Path) -> Iterator[Callable[[str], Other]]:
    """Begin work (Python with `control` and `flow`) in another process."""
    others: list[Other] = []

    def begin(work: str) -> Other:
        command = [sys.executable, "-c", OTHER.format(work=work), str(path)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        others.append(Other(subprocess.Popen(command, **pipes)))
        return others[-1]

    yield begin
    for other in others:
        other.kill()
