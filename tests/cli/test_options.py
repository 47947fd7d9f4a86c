"""Options that several commands share."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import typer

from pairec_cli.cli.options import Ds, Settings, UsageError, confirm, open_project, settings
from pairec_cli.domain.errors import WorkspaceError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def context(settings: Settings | None) -> typer.Context:
    return typer.Context(typer.main.get_command(_application()), obj=settings)


def _application() -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command()
    def main(ds: Ds = None) -> str | None:
        return ds

    return app


def run(*arguments: str) -> object:
    command = typer.main.get_command(_application())
    with command.make_context("app", list(arguments)) as made:
        return command.invoke(made)


def test_ds_takes_both_spellings_and_may_be_left_out() -> None:
    assert run("--ds", "2026-01-31") == run("--ds", "20260131") == "20260131"
    assert run() is None


def test_ds_that_is_no_day_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'20260231' is not a day; write days as YYYYMMDD"):
        run("--ds", "20260231")


def test_settings_are_those_of_the_run() -> None:
    given = Settings(home=Path("x"))
    assert settings(context(given)) is given
    with pytest.raises(RuntimeError):
        settings(context(None))


def test_open_project_without_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAIREC_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceError) as caught:
        open_project(context(Settings()))
    assert caught.value.hint == "pairec init"


def test_confirm_never_asks_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="add --yes"):
        confirm("Delete it?", yes=False)
    confirm("Delete it?", yes=True)


def test_confirm_asks_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    confirm("Delete it?", yes=False)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    with pytest.raises(typer.Abort):
        confirm("Delete it?", yes=False)
