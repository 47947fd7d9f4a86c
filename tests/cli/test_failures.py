"""Every error in one shape: words on standard error, an exit code, and JSON where JSON was asked for."""

from __future__ import annotations

import json

import pytest
import typer

from pairec_cli.cli.failures import BUG, FAILED, INTERRUPTED, USAGE, report, wants_json
from pairec_cli.cli.options import UsageError
from pairec_cli.cli.render import Format, begin, emit
from pairec_cli.domain.errors import NotFound, PairecError


@pytest.fixture(autouse=True)
def fresh() -> None:
    begin()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            PairecError("no data", hint="pairec data generate"),
            FAILED,
            "error: no data\nhint: pairec data generate\n",
        ),
        (PairecError("no data"), FAILED, "error: no data\n"),
        (UsageError("both at once"), USAGE, "error: both at once\n"),
        (typer.BadParameter("x", param_hint="--ds"), USAGE, "error: Invalid value for --ds: x\n"),
        (typer.Abort(), INTERRUPTED, "error: cancelled; nothing was changed\n"),
    ],
)
def test_report(error: BaseException, code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(error, ["x"], debug=False) == code
    captured = capsys.readouterr()
    assert captured.err == told
    assert captured.out == ""


def test_a_bug_is_called_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyError("x"), [], debug=False) == BUG
    assert capsys.readouterr().err.startswith("error: this is a bug: KeyError: 'x'\nhint: ")


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise NotFound("scene", "hom", ["home"])
    except NotFound as error:
        report(error, [], debug=True)
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert told.endswith("error: scene 'hom' does not exist; did you mean 'home'?\n")


def test_json_on_failure_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    report(NotFound("scene", "x", hint="pairec scenario list"), ["scenario", "-f", "json"], debug=False)
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "error": {"message": "scene 'x' does not exist", "hint": "pairec scenario list", "type": "NotFound"}
    }
    assert "error:" in captured.err


def test_a_document_that_is_written_stays_the_only_one(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    emit([{"a": 1}], columns=("a",), format=Format.JSON)
    assert report(PairecError("half of it failed"), ["--format", "json"], debug=False) == FAILED
    captured = capsys.readouterr()
    assert json.loads(captured.out) == [{"a": 1}]
    assert captured.err == "error: half of it failed\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["list", "--format", "json"], True),
        (["list", "--format=json"], True),
        (["-f", "json", "list"], True),
        (["list", "--format"], False),
        (["list", "--format", "csv", "json"], False),
        (["json"], False),
    ],
)
def test_wants_json(arguments: list[str], expected: bool) -> None:
    assert wants_json(arguments) is expected
