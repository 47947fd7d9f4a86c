"""Standard output is data in the format that was asked for; standard error is talk."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.cli import render
from pairec_cli.cli.render import Format, emit, next_step, notice, paint, set_quiet, show, timestamp, to_json

ROWS = [{"item_id": "7", "score": 1.5, "tags": ["a", "b"]}, {"item_id": "12", "score": 10.25, "tags": []}]
COLUMNS = ("item_id", "score", "tags")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    set_quiet(False)


def test_table_in_a_pipe_is_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, columns=COLUMNS, title="never printed in a pipe")
    assert capsys.readouterr().out.splitlines() == [
        "item_id  score  tags",
        "-------  -----  ----",
        "7          1.5  a, b",
        "12       10.25  -",
    ]


def test_table_on_a_terminal_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    emit(ROWS, columns=COLUMNS, title="Items")
    text = terminal.getvalue()
    assert "Items" in text and "─" in text and "10.25" in text
    assert "[a, b]" not in text


def test_a_narrow_terminal_gets_the_brief_columns_and_whole_names(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "rec_sln_demo_rec_sln_demo_behavior_table_v1_preprocess_v1"
    rows = [{"node": name, "workflow": "pairec_workspace/Flow", "reason": "script changed (2)"}]
    columns, brief = ("node", "workflow", "reason"), ("node", "reason")
    shown = {}
    for width in ("80", "120"):
        terminal = Terminal()
        monkeypatch.setattr("sys.stdout", terminal)
        monkeypatch.setenv("COLUMNS", width)
        emit(rows, columns=columns, brief=brief)
        shown[width] = terminal.getvalue()
        assert name in shown[width]
    assert "workflow" not in shown["80"]
    assert "pairec_workspace/Flow" in shown["120"]


def test_brackets_in_values_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    emit([{"name": "[bold]x[/]"}], columns=("name",))
    assert "[bold]x[/]" in terminal.getvalue()


def test_json_carries_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, columns=("item_id",), format=Format.JSON)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_wide_characters_take_two_cells(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"title": "电商", "n": 1}, {"title": "abcde", "n": 22}], columns=("title", "n"))
    assert capsys.readouterr().out.splitlines()[2:] == ["电商    1", "abcde  22"]


def test_markdown_marks_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, columns=("item_id", "score"), format=Format.MD)
    assert capsys.readouterr().out.splitlines() == [
        "| item_id | score |",
        "|:--------|------:|",
        "| 7       |   1.5 |",
        "| 12      | 10.25 |",
    ]


def test_markdown_escapes_bars(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"a": "x|y\nz"}], columns=("a",), format=Format.MD)
    assert "| x\\|y z |" in capsys.readouterr().out


@settings(max_examples=30)
@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.integers()}), max_size=4))
def test_csv_is_read_back_as_it_was(rows: list[dict[str, object]]) -> None:
    text = render._csv(rows, ("a", "b"))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a", "b"],
        *[[str(row["a"]), str(row["b"])] for row in rows],
    ]


@pytest.mark.parametrize(
    ("format", "out"),
    [(Format.JSON, "[]\n"), (Format.CSV, "a\n"), (Format.TABLE, ""), (Format.MD, "| a |\n")],
)
def test_no_rows(format: Format, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit([], columns=("a",), format=format, title="Scenarios")
    captured = capsys.readouterr()
    assert captured.out.startswith(out)
    assert captured.err == ("Scenarios: nothing to show\n" if format is Format.TABLE else "")


def test_values_are_written_for_people_in_tables_and_for_machines_elsewhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"yes": True, "none": None, "path": Path("a/b"), "share": 1 / 3}
    show(row)
    assert capsys.readouterr().out.splitlines() == [
        "yes    yes",
        "none   -",
        "path   a/b",
        "share  0.333333",
    ]
    emit([row], columns=list(row), format=Format.CSV)
    assert capsys.readouterr().out.splitlines()[1] == f"true,,a/b,{1 / 3}"
    show(row, format=Format.JSON)
    assert json.loads(capsys.readouterr().out) == {**row, "path": "a/b"}


def test_sets_are_sorted_in_json() -> None:
    assert json.loads(to_json({"x": {"b", "a"}})) == {"x": ["a", "b"]}


def test_talk_goes_to_standard_error_and_quiet_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    notice("made it")
    next_step("pairec status")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "made it\nNext: pairec status\n"
    set_quiet(True)
    notice("made it")
    next_step("pairec status")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_paint_respects_the_environment(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paint("x", "31", Terminal()) == "\x1b[31mx\x1b[0m"
    assert paint("x", "31", io.StringIO()) == "x"
    monkeypatch.setenv(name, value)
    assert paint("x", "31", Terminal()) == "x"


def test_timestamp() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00Z"
