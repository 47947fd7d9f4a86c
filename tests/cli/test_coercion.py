"""Values of options and arguments, converted without pydantic as typer would convert them with it."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from pairec_cli.cli.coercion import lighten


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def call(app: typer.Typer, *arguments: str) -> Any:
    command = get_command(app)
    lighten(command)
    with command.make_context("app", list(arguments)) as context:
        return command.invoke(context)


def application() -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command()
    def main(
        names: list[str],
        count: Annotated[int, typer.Option(min=1, max=9)] = 3,
        share: Annotated[float, typer.Option(min=0)] = 0.5,
        colour: Colour = Colour.RED,
        path: Path | None = None,
        flag: bool | None = None,
        tag: Annotated[list[int] | None, typer.Option()] = None,
        user: Annotated[str | None, typer.Option(envvar="COERCION_USER")] = None,
    ) -> dict[str, object]:
        return locals()

    return app


DEFAULTS = {
    "names": ["a"],
    "count": 3,
    "share": 0.5,
    "colour": Colour.RED,
    "path": None,
    "flag": None,
    "tag": None,
    "user": None,
}


def test_defaults() -> None:
    assert call(application(), "a") == DEFAULTS


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        (["a", "b"], {"names": ["a", "b"]}),
        (["a", "--count", "9"], {"count": 9}),
        (["a", "--share", "1e-3"], {"share": 0.001}),
        (["a", "--colour", "Blue"], {"colour": Colour.BLUE}),
        (["a", "--path", "x/y"], {"path": Path("x/y")}),
        (["a", "--no-flag"], {"flag": False}),
        (["a", "--tag", "1", "--tag", "2"], {"tag": [1, 2]}),
        (["a", "--user", ""], {"user": ""}),
    ],
)
def test_values(arguments: list[str], changed: dict[str, object]) -> None:
    assert call(application(), *arguments) == DEFAULTS | changed


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COERCION_USER", "123")
    assert call(application(), "a")["user"] == "123"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'NAMES'."),
        (["a", "--count", "x"], "Invalid value for '--count': 'x' is not a whole number."),
        (["a", "--count", "0"], "Invalid value for '--count': 0 is out of range; 1 to 9 is allowed."),
        (["a", "--share", "-1"], "Invalid value for '--share': -1.0 is out of range; at least 0 is allowed."),
        (["a", "--colour", "green"], "Invalid value for '--colour': 'green' is not one of red, blue."),
        (["a", "--tag", "1", "--tag", "y"], "Invalid value for '--tag': 'y' is not a whole number."),
    ],
)
def test_wrong_values(arguments: list[str], message: str) -> None:
    with pytest.raises(typer.TyperException) as caught:
        call(application(), *arguments)
    assert caught.value.exit_code == 2
    assert caught.value.format_message().lower() == message.lower()


def test_callbacks_see_the_converted_value() -> None:
    app = typer.Typer(add_completion=False)

    @app.command()
    def main(day: Annotated[int, typer.Option(callback=lambda value: value + 1)] = 1) -> int:
        return day

    assert call(app, "--day", "4") == 5
    assert call(app) == 2


def test_other_types_go_typers_way() -> None:
    app = typer.Typer(add_completion=False)

    @app.command()
    def main(
        pair: Annotated[tuple[int, str], typer.Option()] = (1, "x"),
        day: Annotated[str, typer.Option(parser=str.upper)] = "a",
        file: Annotated[Path | None, typer.Option(exists=True)] = None,
    ) -> tuple[object, ...]:
        return pair, day, file

    assert call(app, "--pair", "3", "y", "--day", "b") == ((3, "y"), "B", None)
    with pytest.raises(typer.BadParameter, match="does not exist"):
        call(app, "--file", "no/such/file")


def test_a_command_with_plain_options_runs_without_pydantic(tmp_path: Path) -> None:
    code = (
        "import sys; from pairec_cli.cli.main import run; "
        "code = run(['instance', 'list', '--format', 'json', '--home', sys.argv[1]]); "
        "assert code == 1, code; assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
