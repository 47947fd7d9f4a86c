"""Splitting scripts: any text in quotes and comments survives, and lines keep their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import SqlError
from pairec_cli.warehouse.script import Statement, StatementKind, split, strip_comments, substitute


def test_kinds_and_lines() -> None:
    script = (
        "-- a comment; with a semicolon\n"
        "set odps.x = 1;\n"
        "\n"
        "PAI -name etrec\n"
        "    -Dformat='a;b';  /* two;\n"
        ' lines */ SELECT \';\' AS `a;b`, "c\\";" -- end;\n'
        ";\n"
        ";;\n"
        "select 1"
    )
    found = split(script)
    assert [(s.kind, s.line) for s in found] == [
        (StatementKind.SET, 2),
        (StatementKind.PAI, 4),
        (StatementKind.SQL, 6),
        (StatementKind.SQL, 9),
    ]
    assert found[1].text == "PAI -name etrec\n    -Dformat='a;b'"
    assert found[2].text.startswith("SELECT ';' AS `a;b`")
    assert found[0].hint() == ("odps.x", "1")


def test_nothing_but_comments_is_no_statement() -> None:
    assert split("-- only\n/* this */;\n;") == []


def test_hints_are_code_and_stay() -> None:
    text = "select /*+ mapjoin(a) */ 1 /* gone */"
    assert strip_comments(text) == "select /*+ mapjoin(a) */ 1  "


@pytest.mark.parametrize(
    ("script", "line", "said"),
    [
        ("select 1;\nselect 'a", 2, "the quote ' is never closed"),
        ('select "a\\"', 1, 'the quote " is never closed'),
        ("select `a", 1, "the quote ` is never closed"),
        ("select 1\n/* a", 2, r"the comment /\* is never closed"),
        ("select 1 /*/", 1, r"the comment /\* is never closed"),
    ],
)
def test_what_is_never_closed(script: str, line: int, said: str) -> None:
    with pytest.raises(SqlError, match=said) as caught:
        split(script)
    assert caught.value.line == line


def test_a_set_statement_needs_a_value() -> None:
    (statement,) = split("\nset x")
    with pytest.raises(SqlError, match="line 2"):
        statement.hint()


def test_substitution_reaches_into_quotes_but_not_comments() -> None:
    statement = Statement("select '${a}', \"${ b }\" -- ${c}\nfrom t_${a}", 5, StatementKind.SQL)
    filled = substitute(statement, {"a": "1", "b": "x"})
    assert filled.text.split() == ["select", "'1',", '"x"', "from", "t_1"]
    assert filled.text.count("\n") == 1
    with pytest.raises(SqlError, match=r"line 6: unknown parameter \$\{a\}"):
        substitute(Statement("select 1\n, ${a}", 5, StatementKind.SQL), {})


QUOTED = st.text(st.sampled_from("ab;'-/*\n "), max_size=6)
PIECES = st.one_of(
    st.sampled_from(["select 1", "set a=b", "x - y / z", "\n", " "]),
    QUOTED.map(lambda text: "'" + text.replace("'", "\\'") + "'"),
    QUOTED.map(lambda text: '"' + text + '"'),
    st.text(st.sampled_from("a;'\"` "), max_size=6).map(lambda text: f"--{text}\n"),
    st.text(st.sampled_from("a;'\"`\n "), max_size=6).map(lambda text: f"/* {text} */"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=5), max_size=5))
def test_statements_are_what_stands_between_semicolons(parts: list[list[str]]) -> None:
    """Joining arbitrary statements with `;` and splitting gives them back, each on its own line."""
    texts = ["".join(part) for part in parts]
    script = ";".join(texts)
    expected = [text for text in texts if strip_comments(text).strip()]
    found = split(script)
    assert [strip_comments(s.text).strip() for s in found] == [strip_comments(t).strip() for t in expected]
    lines = script.split("\n")
    for statement in found:
        first = statement.text.split("\n", 1)[0]
        assert first in lines[statement.line - 1]
