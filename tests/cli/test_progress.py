"""Long work: bars for a terminal, a line per finished task for everyone else."""

from __future__ import annotations

import io
import re

import pytest

from pairec_cli.cli.progress import Progress
from pairec_cli.cli.render import set_quiet


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def loud() -> None:
    set_quiet(False)


def test_a_pipe_gets_one_line_per_finished_task(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        task = progress.task("etrec_i2i", total=2)
        task.advance()
        task.advance()
        assert capsys.readouterr().err == ""
        task.done("ok", "12 rows")
        progress.task("u2i").done("failed")
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"\d+\.\ds", "0.0s", line) for line in lines] == [
        "ok      etrec_i2i  0.0s  12 rows",
        "failed  u2i  0.0s",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    set_quiet(True)
    with Progress() as progress:
        progress.task("etrec_i2i").done()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_terminal_gets_a_bar_and_keeps_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as progress:
        progress.task("etrec_i2i [x]", total=3).advance(2, detail="20260131")
        progress.task("u2i", total=1).done("ok", "12 rows")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "etrec_i2i [x]" in text and "20260131" in text and "2/3" in text and "━" in text
    assert re.search(r"ok      u2i  \d+\.\ds  12 rows", text)
