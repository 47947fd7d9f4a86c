from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pairec_cli.cli.texts import read_text, write_diff, write_text
from pairec_cli.domain.errors import InvalidInput


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_text_is_closed_by_one_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    write_text("a\n\n")
    write_text("b")
    assert capsys.readouterr().out == "a\n\nb\n"


def test_a_diff_is_plain_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    write_diff(["--- a", "+++ b", "@@ -1 +1 @@", "-x", "+y", " z"])
    assert capsys.readouterr().out == "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n"


def test_a_diff_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", Terminal())
    write_diff(["--- a", "-x", "+y", "@@ -1 +1 @@", " z"])
    assert sys.stdout.getvalue() == (  # type: ignore[attr-defined] # a StringIO
        "\x1b[1m--- a\x1b[0m\n\x1b[31m-x\x1b[0m\n\x1b[32m+y\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n z\n"
    )


def test_a_file_is_read_to_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes("é\r\n".encode())
    assert read_text(file) == "é\r\n"


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("ü\n".encode())))
    assert read_text(Path("-")) == "ü\n"


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_text(tmp_path / "none")
    with pytest.raises(InvalidInput, match="cannot be read: Is a directory"):
        read_text(tmp_path)
    (tmp_path / "f").write_bytes(b"ab\xff")
    with pytest.raises(InvalidInput, match="is not UTF-8 text: invalid start byte at byte 2"):
        read_text(tmp_path / "f")
