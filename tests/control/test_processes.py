"""Alive means: this very process, still at work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairec_cli.control import processes
from pairec_cli.control.processes import birth, is_alive, moment, this_process
from pairec_cli.domain.runs import Process

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_this_process_is_alive() -> None:
    assert this_process().pid == os.getpid()
    assert is_alive(this_process())


def test_another_process_until_it_ends(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process(sleeper.pid, birth(sleeper.pid))
    assert is_alive(process)
    sleeper.kill()
    sleeper.wait()
    assert not is_alive(process)


def test_without_a_birth_the_pid_decides(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_alive(Process(sleeper.pid))
    monkeypatch.setattr(processes, "_stat", lambda pid: [])  # a system without /proc
    assert birth(sleeper.pid) == ""
    assert is_alive(Process(sleeper.pid, "boot:1"))
    sleeper.kill()
    sleeper.wait()
    assert not is_alive(Process(sleeper.pid))


@linux
def test_a_reused_pid_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = birth(sleeper.pid) + "0"
    assert not is_alive(Process(sleeper.pid, earlier))


@linux
def test_a_zombie_is_dead(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process(sleeper.pid, birth(sleeper.pid))
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # ended, but not yet collected
    os.kill(sleeper.pid, 0)
    assert not is_alive(process)


@linux
def test_a_program_may_have_any_name(tmp_path: Path) -> None:
    program = tmp_path / "x) Z 1 (y"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"])
    try:
        assert is_alive(Process(process.pid, birth(process.pid)))
        assert birth(process.pid) >= birth(os.getpid())
    finally:
        process.kill()
        process.wait()


def test_moment() -> None:
    assert moment(0) == "1970-01-01 00:00:00 UTC"
