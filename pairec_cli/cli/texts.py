"""Texts: documents read from files, documents and diffs on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from pairec_cli.cli.render import paint
from pairec_cli.domain.errors import InvalidInput

_STYLES = {"+": "32", "-": "31", "@": "36"}


def read_text(file: Path) -> str:
    """A file's text with its line ends as they are; `-` is standard input. Raises InvalidInput."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def write_text(text: str) -> None:
    """A document as it is, closed by a line end."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def write_diff(lines: Iterable[str]) -> None:
    """Lines of a unified diff, coloured on a terminal."""
    for line in lines:
        heading = line.startswith(("+++", "---"))
        style = "1" if heading else _STYLES.get(line[:1])
        sys.stdout.write(f"{paint(line, style, sys.stdout) if style else line}\n")
