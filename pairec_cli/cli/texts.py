"""Documents and diffs on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from pairec_cli.cli.render import paint

_STYLES = {"+": "32", "-": "31", "@": "36"}


def write_text(text: str) -> None:
    """A document as it is, closed by a line end."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def write_diff(lines: Iterable[str]) -> None:
    """Lines of a unified diff, coloured on a terminal."""
    for line in lines:
        heading = line.startswith(("+++", "---"))
        style = "1" if heading else _STYLES.get(line[:1])
        sys.stdout.write(f"{paint(line, style, sys.stdout) if style else line}\n")
