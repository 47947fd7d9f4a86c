"""The README's own commands, in its order, through the real executable."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pairec_cli.cli.main import run
from tests.documents import README, blocks, in_a_small_world

FIRST, STEPS, NEXT = blocks(README)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PAIREC_")}


def pairec(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pairec_cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


def succeed(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    done = pairec(folder, arguments)
    assert done.returncode == 0, f"pairec {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done


def test_three_commands_in_an_empty_folder(tmp_path: Path) -> None:
    """As they stand in the README, with the demo's own size."""
    assert FIRST == [["init"], ["data", "generate", "--days", "60"], ["recommend", "--user", "123"]]
    succeed(tmp_path, FIRST[0])
    assert "60 of 60 days" in succeed(tmp_path, FIRST[1]).stderr
    first = succeed(tmp_path, FIRST[2])
    told = first.stderr.splitlines()
    assert told[0].startswith("no solution is deployed in this workspace; running the quick deployment")
    steps = [line.split()[1] for line in told if line.startswith("step ")]
    assert steps == ["3", "4", "5", "5.6", "6", "6.4", "7"]
    assert sum(line.startswith("ok ") for line in told) > 10
    assert len(first.stdout.splitlines()) == 2 + 10
    explained = succeed(tmp_path, [*FIRST[2], "--explain"]).stdout
    funnel = {
        line.split()[1]: line.split()[3] for line in explained.splitlines() if line.startswith("recall ")
    }
    assert funnel["etrec_u2i"] != "0"  # user 123 has a list of their own
    assert "probs_is_click" in explained  # and the model ranks it

    again = succeed(tmp_path, FIRST[2])
    assert (again.stdout, again.stderr) == (first.stdout, "")
    for command in NEXT:
        assert succeed(tmp_path, command).stdout or (tmp_path / "lists.parquet").exists()
    status = succeed(tmp_path, ["status"])
    assert status.stdout.count("yes") == 7


def test_the_seven_steps_one_by_one(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process, which is quicker than twenty of them."""
    for command in [*map(in_a_small_world, STEPS), ["status"]]:
        capsys.readouterr()
        assert run(command) == 0, capsys.readouterr().err
        shown = capsys.readouterr()
        if command[0] == "recommend":
            assert shown.out.startswith("stage ")  # the funnel
    assert shown.out.count("yes") == 7


def test_a_killed_first_recommend_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    for command in (["init"], ["data", "generate", "--days", "8"]):
        succeed(whole, in_a_small_world(command))
    shutil.copytree(whole, cut)
    recommend = ["recommend", "--user", "123"]
    expected = succeed(whole, recommend)
    for seen in ("step 5.6", "_i2i_"):
        kill_at(cut, recommend, seen)
    done = succeed(cut, recommend)
    assert "going on with the quick deployment" in done.stderr
    assert done.stdout == expected.stdout
    again = succeed(cut, recommend)
    assert (again.stdout, again.stderr) == (expected.stdout, "")
    assert not any((cut / ".pairec" / "warehouse" / ".staging").iterdir())


def kill_at(folder: Path, arguments: list[str], seen: str) -> None:
    """Start the command and kill it as soon as it tells `seen`."""
    command = [sys.executable, "-m", "pairec_cli", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if seen in line:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
