"""Errors carry the fact and the next step."""

from __future__ import annotations

import inspect

import pytest

from pairec_cli.domain import errors
from pairec_cli.domain.errors import InvalidConfig, NotFound, PairecError, Problem, SqlError, UnsupportedSql


def test_every_error_is_in_the_tree_that_the_module_draws() -> None:
    drawn = errors.__doc__ or ""
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, Exception):
            assert issubclass(kind, PairecError)
            assert f" {name} " in drawn


def test_not_found_names_the_nearest() -> None:
    error = NotFound("scene", "HomPage", ["HomePage", "Detail"], hint="pairec scenario list")
    assert str(error) == "scene 'HomPage' does not exist; did you mean 'HomePage'?"
    assert (error.nearest, error.hint, error.known) == (
        "HomePage",
        "pairec scenario list",
        ["Detail", "HomePage"],
    )


def test_not_found_lists_what_there_is_when_nothing_is_near() -> None:
    assert str(NotFound("table", "x", ["b", "a"])) == "table 'x' does not exist; known: a, b"
    many = str(NotFound("table", "x", [f"name_{n}" for n in range(9)]))
    assert many.endswith("name_7, …")
    assert str(NotFound("table", "x")) == "table 'x' does not exist"


def test_a_config_error_tells_every_problem_at_once() -> None:
    error = InvalidConfig("solution", [Problem("a.b", "too big", 9, 3), Problem("c", "missing")])
    assert str(error) == "solution has 2 problem(s):\n  a.b (line 3): too big\n  c: missing"
    assert [problem.path for problem in error.problems] == ["a.b", "c"]


@pytest.mark.parametrize(("line", "text"), [(7, "line 7: no such column"), (None, "no such column")])
def test_sql_errors_know_their_line(line: int | None, text: str) -> None:
    error = UnsupportedSql("no such column", line=line, hint="look")
    assert isinstance(error, SqlError)
    assert (str(error), error.line, error.hint) == (text, line, "look")
