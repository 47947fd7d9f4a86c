"""Options that several commands share, and the settings that stand before every command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pairec_cli.cli.render import Format as FormatName
from pairec_cli.domain.errors import InvalidInput

if TYPE_CHECKING:
    from pairec_cli.project import Project


@dataclass
class Settings:
    """What the global options say: where the workspace is, and how much to tell."""

    home: Path | None = None
    debug: bool = False
    quiet: bool = False


class UsageError(typer.TyperException):
    """The command line asks for what cannot be done as it stands; exits 2."""

    exit_code = 2


def day(value: str | None) -> str | None:
    """An option's text as a ds; the callback of every option that names a day."""
    if value is None:
        return None
    from pairec_cli.domain.ds import parse_ds

    try:
        return parse_ds(value)
    except InvalidInput as error:
        raise typer.BadParameter(f"{error.message}; {error.hint}") from None


Format = Annotated[FormatName, typer.Option("--format", "-f", help="How to write the result.")]
Ds = Annotated[
    str | None,
    typer.Option("--ds", metavar="YYYYMMDD", help="The data day; yesterday by default.", callback=day),
]
Scene = Annotated[str, typer.Option("--scene", "-s", help="The recommendation scenario.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
Instance = Annotated[
    str | None, typer.Option("--instance", metavar="NAME", help="The instance; the current one by default.")
]
Solution = Annotated[
    str | None, typer.Option("--solution", metavar="NAME", help="The solution; the only one by default.")
]
Cascade = Annotated[bool, typer.Option("--cascade", help="Delete what it holds, too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to every question.")]


def assignments(texts: Sequence[str], example: str) -> dict[str, str]:
    """Values of a repeated `NAME=VALUE` option."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{text!r} is not of the form {example}")
        found[name.strip()] = value
    return found


def settings(context: typer.Context) -> Settings:
    """The settings of this run."""
    found = context.find_object(Settings)
    if found is None:
        raise RuntimeError("a command ran outside `pairec`")
    return found


def open_project(context: typer.Context) -> Project:
    """The workspace this command works in; raises WorkspaceError when there is none."""
    from pairec_cli.project import Project

    return Project.find(settings(context).home)


def confirm(question: str, *, yes: bool) -> None:
    """Go on when the person agrees. Never asks where nobody can answer: exits with a usage error instead."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody is here to answer; add --yes.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - a prompt is talk
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort
