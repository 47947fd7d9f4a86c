"""The way from an argument list to an exit code; what is imported on the way."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from pairec_cli import __version__
from pairec_cli.cli import main
from pairec_cli.cli.main import COMMANDS, Entry, load
from pairec_cli.cli.options import settings
from tests.cli.conftest import Pairec

HEAVY = {
    "duckdb",
    "torch",
    "numba",
    "pandas",
    "sqlalchemy",
    "alembic",
    "numpy",
    "pyarrow",
    "sqlglot",
    "pydantic",
}
PYTHON = sys.executable


def modules_after(*arguments: str) -> set[str]:
    """Every module that `pairec …` has loaded when it ends, in a process of its own."""
    code = "import sys; from pairec_cli.cli.main import run; run(sys.argv[1:]); "
    code += "print('LOADED', *sorted(sys.modules))"
    done = subprocess.run([PYTHON, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED ")[2].split())


def in_terminal(arguments: list[str], env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and output of a process whose standard streams are one terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", **(env or {})}
    process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    output = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:
            break
        if not read:
            break
        output += read
    os.close(ours)
    return process.wait(), output.decode()


@pytest.fixture
def boom(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pairec boom WAY`, a command that ends in the given way."""
    module = ModuleType("boom_command")
    app = typer.Typer()

    @app.command()
    def boom(context: typer.Context, way: str) -> None:
        if way == "interrupt":
            raise KeyboardInterrupt
        if way == "bug":
            raise ZeroDivisionError("oh")
        if way == "settings":
            typer.echo(f"{settings(context).home} {settings(context).debug}")

    module.app = app  # type: ignore[attr-defined]  # a module made in a test
    monkeypatch.setitem(sys.modules, "boom_command", module)
    monkeypatch.setitem(COMMANDS, "boom", Entry("boom_command", "Goes wrong.", "Start"))  # type: ignore[arg-type]  # a Mapping to everyone else


def test_help_lists_every_command_by_section(pairec: Pairec) -> None:
    result = pairec("--help")
    assert result.code == 0
    for name, entry in COMMANDS.items():
        assert any(line.split()[:1] == [name] for line in result.out.splitlines()), name
        assert f"{entry.section}:" in result.out
        assert entry.help.split()[0] in result.out
    assert pairec().out == result.out


def test_help_imports_nothing_heavy_and_no_command() -> None:
    loaded = modules_after("--help")
    assert loaded & HEAVY == set()
    assert loaded & {entry.module for entry in COMMANDS.values()} == set()
    assert "rich" not in loaded, "help in a pipe needs no boxes"


def test_version_imports_nothing_heavy() -> None:
    assert modules_after("--version") & HEAVY == set()


def test_a_command_imports_no_other_command(tmp_path: Path) -> None:
    loaded = modules_after("scenario", "list", "--home", str(tmp_path))
    assert loaded & {entry.module for entry in COMMANDS.values()} == {COMMANDS["scenario"].module}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_explains_itself(name: str, pairec: Pairec) -> None:
    command = load(name)
    assert command.name == name
    for child in getattr(command, "commands", {}).values():
        assert child.help, f"{name} {child.name}"
        assert pairec(name, child.name, "--help").code == 0
    result = pairec(name, "--help")
    assert result.code == 0
    assert "--install-completion" not in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_version(pairec: Pairec) -> None:
    assert pairec("--version").out == f"pairec {__version__}\n"


def test_unknown_command_names_the_nearest(pairec: Pairec) -> None:
    result = pairec("instnce")
    assert result.code == 2
    assert "Did you mean 'instance'?" in result.err
    assert result.out == ""


def test_unknown_sub_command_names_the_nearest(pairec: Pairec) -> None:
    result = pairec("instance", "crate")
    assert result.code == 2
    assert "Did you mean 'create'?" in result.err
    assert "hint: pairec instance --help" in result.err


def test_a_group_alone_shows_its_help(pairec: Pairec) -> None:
    result = pairec("instance")
    assert result.code == 0
    assert "Usage: pairec instance" in result.out


@pytest.mark.usefixtures("boom")
def test_global_options_stand_before_or_after_the_command(pairec: Pairec) -> None:
    assert pairec("--home", "x", "--debug", "boom", "settings").out == "x True\n"
    assert pairec("boom", "settings", "--debug", "--home", "x").out == "x True\n"
    assert pairec("boom", "settings").out == "None False\n"


@pytest.mark.usefixtures("boom")
def test_home_after_the_command_wins_over_the_environment(
    pairec: Pairec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIREC_HOME", "outside")
    assert pairec("boom", "settings").out == "outside False\n"
    assert pairec("--home", "x", "boom", "settings").out == "x False\n"
    assert pairec("boom", "settings", "--home", "x").out == "x False\n"


@pytest.mark.usefixtures("boom")
def test_an_interrupt_exits_130(pairec: Pairec) -> None:
    result = pairec("boom", "interrupt")
    assert result.code == 130
    assert result.err.startswith("error: interrupted\n")


@pytest.mark.usefixtures("boom")
def test_a_bug_exits_3_and_tells_how_to_see_more(pairec: Pairec) -> None:
    result = pairec("boom", "bug")
    assert result.code == 3
    assert result.err == (
        "error: this is a bug: ZeroDivisionError: oh\n"
        "hint: run the same command with --debug to see the traceback, and report it\n"
    )
    assert "Traceback" in pairec("boom", "bug", "--debug").err


def test_a_closed_pipe_is_no_noise() -> None:
    process = subprocess.Popen(
        [PYTHON, "-m", "pairec_cli", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == main.SIGPIPE
    assert errors == b""


def test_a_pipe_gets_no_colour_and_no_boxes() -> None:
    done = subprocess.run([PYTHON, "-m", "pairec_cli", "--help"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert "─" not in done.stdout


def test_a_terminal_gets_boxes_within_its_width() -> None:
    code, output = in_terminal([PYTHON, "-m", "pairec_cli", "--help"])
    assert code == 0
    assert "╭─" in output and "\x1b[" in output
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    boxes = [line for line in lines if line.startswith(("╭", "│", "╰"))]
    assert boxes
    assert {(len(line), line[-1] in "╮│╯") for line in boxes} == {(80, True)}


def test_no_color_is_honoured_on_a_terminal() -> None:
    for arguments in (["--help"], ["instnce"]):
        _, output = in_terminal([PYTHON, "-m", "pairec_cli", *arguments], {"NO_COLOR": "1"})
        assert "\x1b[" not in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pairec insta", {"instance"}),
        ("pairec instance ", {"create", "init", "list", "show", "check", "use", "delete"}),
        ("pairec instance list --form", {"--format"}),
        ("pairec instance list --format ", {"table", "json", "csv", "md"}),
    ],
)
def test_the_shell_completes_sub_commands_and_their_options(words: str, expected: set[str]) -> None:
    environment = {**os.environ, "_PAIREC_COMPLETE": "complete_bash", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split(" ")) - 1)
    done = subprocess.run(
        [PYTHON, "-m", "pairec_cli"], env=environment, capture_output=True, text=True, check=False
    )
    assert set(done.stdout.split()) == expected
