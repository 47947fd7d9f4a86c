"""The documents tell the truth: their commands run, and no command is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.cli.main import COMMANDS, load, run
from tests.documents import README, REPOSITORY, TUTORIAL, blocks, in_a_small_world, table_commands


def test_every_command_of_the_tutorials_table_runs_in_order_in_one_workspace(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = table_commands(TUTORIAL)
    assert len(commands) > 25
    for command in commands:
        code = run(in_a_small_world(command))
        captured = capsys.readouterr()
        assert code == 0, f"pairec {' '.join(command)}\n{captured.out}\n{captured.err}"
        assert "Traceback" not in captured.err
    assert run(["status", "--format", "csv"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) == 7 and all(",true," in row for row in rows), rows


def commands_with_help() -> Iterator[list[str]]:
    yield []
    for name in COMMANDS:
        yield [name]
        command: Any = load(name)
        for child in getattr(command, "commands", {}):
            yield [name, child]


@pytest.mark.parametrize("command", list(commands_with_help()), ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.lstrip().startswith("Usage: pairec")
    about = re.sub(r"Usage:.*\n", "", shown).strip()
    assert about and not about.startswith("Options"), "the command says nothing about itself"


def test_every_command_is_shown_in_a_document() -> None:
    documents = [README, *sorted((REPOSITORY / "docs").rglob("*.md"))]
    text = "\n".join(path.read_text() for path in documents)
    missing = [name for name in COMMANDS if f"pairec {name}" not in text]
    assert missing == []


def test_every_command_that_a_document_shows_exists() -> None:
    """Commands named in running text, too."""
    wrong = []
    for path in [README, *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        for name, child in re.findall(r"`pairec ([a-z]+)(?: ([a-z]+))?", path.read_text()):
            command: Any = load(name) if name in COMMANDS else None
            children = getattr(command, "commands", None)
            if command is None or (child and children is not None and child not in children):
                wrong.append(f"{path.name}: pairec {name} {child}")
    assert wrong == []


def test_the_readme_begins_with_the_three_commands() -> None:
    assert blocks(README)[0] == [
        ["init"],
        ["data", "generate", "--days", "60"],
        ["recommend", "--user", "123"],
    ]


def test_links_between_documents_lead_somewhere() -> None:
    wrong = []
    for path in [README, *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            if not (path.parent / target).exists():
                wrong.append(f"{path.relative_to(REPOSITORY)}: {target}")
    assert wrong == []
