"""The commands that the project's own documents show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
TUTORIAL = REPOSITORY / "docs" / "tutorial.md"

SMALL_WORLD = ["--users", "150", "--items", "120", "--events", "1500"]
"""Appended to `pairec data generate` where a test may be quick; user 123 exists."""


def blocks(document: Path) -> list[list[list[str]]]:
    """Each shell block's pairec commands, as arguments without `pairec`; blocks without any are left out."""
    found = [_commands(body) for body in re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL)]
    return [commands for commands in found if commands]


def _commands(body: str) -> list[list[str]]:
    lines = (shlex.split(line, comments=True) for line in body.splitlines())
    return [words[1:] for words in lines if words[:1] == ["pairec"]]


def table_commands(document: Path) -> list[list[str]]:
    """The commands in the last column of the document's tables, in order."""
    cells = (line.rsplit("|", 2)[1].strip() for line in document.read_text().splitlines() if line[:1] == "|")
    return [shlex.split(cell.strip("`"))[1:] for cell in cells if cell.startswith("`pairec ")]


def in_a_small_world(command: list[str]) -> list[str]:
    return [*command, *SMALL_WORLD] if command[:2] == ["data", "generate"] else command
