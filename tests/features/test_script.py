"""The parts that scripts are written from."""

from __future__ import annotations

import pytest

from pairec_cli.domain.ds import resolve_parameters
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column, TableName
from pairec_cli.features.script import (
    Field,
    Target,
    day_parameters,
    last_days,
    literal,
    number,
    pai_command,
    quoted,
    reference,
    sql_node,
)


@pytest.mark.parametrize(
    ("text", "written"), [("click", "'click'"), ("it's", r"'it\'s'"), (r"\|", r"'\\|'"), ("a\nb", "'a b'")]
)
def test_literals_are_escaped(text: str, written: str) -> None:
    assert literal(text) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(10.0, "10"), (0.1, "0.1"), (0, "0"), (1 - 0.1, "0.9"), (1e-6, "0.000001"), (1 - 0.7, "0.3")],
)
def test_numbers_are_written_out(value: float, written: str) -> None:
    assert number(value) == written


def test_pai_commands_have_a_parameter_a_line_and_ours_are_said_to_be_ours() -> None:
    assert pai_command("x", {"a": "1", "b": '","'}) == 'PAI -name x\n    -Da=1\n    -Db=",";'
    assert pai_command("x", {"a": "1"}, project="algo_public", ours={"o": "2"}) == (
        "-- o is a parameter of pairec only: leave it out to run this on PAI.\n"
        "PAI -name x -project algo_public\n    -Da=1\n    -Do=2;"
    )


def test_words_of_the_language_are_quoted() -> None:
    assert [quoted(name) for name in ("desc", "Order", "city")] == ["`desc`", "`Order`", "city"]
    assert Field("order", "STRING", "u.`order`").select == "u.`order`"
    assert "`desc` STRING" in Target("t", [Column("desc", "STRING")], "c").create()


def test_a_field_is_renamed_only_where_it_must_be() -> None:
    assert Field("age", "DOUBLE", "u.age").select == "u.age"
    assert Field("user_age", "DOUBLE", "u.age").select == "u.age AS user_age"


def test_a_window_of_n_days_ends_with_bizdate() -> None:
    condition = last_days(3)
    assert condition == "ds > '${bizdate_3}' AND ds <= '${bizdate}'"
    parameters = day_parameters(condition)
    assert parameters == {"bizdate": "$[yyyymmdd-1]", "bizdate_3": "$[yyyymmdd-4]"}
    assert resolve_parameters(parameters, "20260131") == {"bizdate": "20260131", "bizdate_3": "20260128"}


def test_a_lifecycle_is_written_when_there_is_one() -> None:
    columns = [Column("a", "STRING", "it's a")]
    assert Target("t", columns, "c", 90).create() == (
        "CREATE TABLE IF NOT EXISTS t (\n    a STRING COMMENT 'it\\'s a'\n)\nCOMMENT 'c'\n"
        "PARTITIONED BY (ds STRING) STORED AS ALIORC LIFECYCLE 90;"
    )
    assert "LIFECYCLE" not in Target("t", columns, "c").create()


def test_tables_of_other_projects_keep_their_project() -> None:
    solution = Solution()
    assert reference(solution, TableName("project_mc", "t")) == "t"
    assert reference(solution, TableName("elsewhere", "t")) == "elsewhere.t"


def test_a_node_says_what_it_is() -> None:
    node = sql_node(
        Solution(),
        "t",
        "SELECT '${bizdate_2}';",
        about="First line.\nSecond.",
        inputs=["a", TableName("p", "b"), "a"],
    )
    assert node.script == ("-- Solution home, node t\n-- First line.\n-- Second.\n\nSELECT '${bizdate_2}';\n")
    assert node.inputs == ("project_mc.a", "p.b")
    assert node.outputs == ("project_mc.t",)
    assert node.parameters == {"bizdate_2": "$[yyyymmdd-3]"}
    assert node.description == "First line."
