from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.ds import from_date, shift
from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow import windows
from pairec_cli.workflow.windows import (
    Bound,
    NodeTables,
    ReadScripts,
    Window,
    as_written,
    declared_tables,
    node_tables,
)
from tests.workflow.nodes import sql_node

A, SOURCE = TableName("mc", "a"), TableName("other", "source")
SAME_DAY = Bound(offset=0)


def reading(condition: str, **parameters: str) -> Node:
    query = (
        f"INSERT OVERWRITE TABLE a PARTITION(ds='${{bizdate}}') SELECT x FROM other.source WHERE {condition}"
    )
    return sql_node("a", f"{query};\n", parameters=parameters)


@pytest.mark.parametrize(
    ("condition", "first", "last"),
    [
        ("ds = '${bizdate}'", SAME_DAY, SAME_DAY),
        ("ds > '${bizdate_3}' AND ds <= '${bizdate}'", Bound(offset=-2), SAME_DAY),
        ("ds BETWEEN '${bizdate_3}' AND '${bizdate}'", Bound(offset=-3), SAME_DAY),
        ("ds >= '20260101' AND ds <= '${bizdate}'", Bound(constant="20260101"), SAME_DAY),
        ("ds >= '20260101'", Bound(constant="20260101"), Bound()),
        ("x > 3", Bound(), Bound()),
    ],
)
def test_bounds_are_offsets_constants_or_open(condition: str, first: Bound, last: Bound) -> None:
    found = node_tables(reading(condition, bizdate_3="$[yyyymmdd-4]"), "mc")
    assert found == NodeTables((Window(SOURCE, first, last),), (A,))


DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31)).map(from_date)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), DAYS)
def test_an_offset_is_the_parameters_distance_from_the_day(first: int, more: int, ds: str) -> None:
    ds = max("20000101", min(ds, "21000101"))
    parameters = {"early": f"$[yyyymmdd-{first + more + 1}]", "late": f"$[yyyymmdd-{first + 1}]"}
    [window] = node_tables(reading("ds >= '${early}' AND ds <= '${late}'", **parameters), "mc").reads
    assert window.bounds(ds) == (shift(ds, -first - more), shift(ds, -first))


def test_a_python_node_reads_what_it_declares_and_a_virtual_node_nothing() -> None:
    python = Node("p", NodeKind.PYODPS3, "x", inputs=("mc.a", "b"), outputs=("mc.p",))
    window = Window(A, SAME_DAY, SAME_DAY)
    other = Window(TableName("mc", "b"), SAME_DAY, SAME_DAY)
    assert node_tables(python, "mc") == NodeTables((window, other), (TableName("mc", "p"),))
    virtual = Node("v", NodeKind.VIRTUAL, "select 1;", inputs=("mc.a",), outputs=("mc.v",))
    assert node_tables(virtual, "mc") == NodeTables((), ())
    assert as_written(virtual, NodeTables((), ())) == virtual


def test_an_sql_node_as_written_has_the_tables_of_its_script() -> None:
    node = reading("ds = '${bizdate}'")
    written = as_written(node, node_tables(node, "mc"))
    assert (written.inputs, written.outputs) == (("other.source",), ("mc.a",))
    assert (written.script, written.name) == (node.script, node.name)


def test_a_script_that_cannot_be_read_names_its_node_and_line() -> None:
    with pytest.raises(SqlError, match=r"node a: line 2: ") as caught:
        node_tables(sql_node("a", "select 1;\nselekt 2;\n"), "mc")
    assert caught.value.line == 2
    assert caught.value.hint is not None


def test_an_unknown_parameter_is_an_error_with_its_line() -> None:
    with pytest.raises(SqlError, match=r"unknown parameter \$\{bizdate_4\}"):
        node_tables(reading("ds = '${bizdate_4}'", bizdate_3="$[yyyymmdd-4]"), "mc")


def test_declared_tables_stand_for_a_script_that_cannot_be_read() -> None:
    node = sql_node("a", "selekt", inputs=("other.source",), outputs=("mc.a",))
    assert declared_tables(node, "mc") == NodeTables((Window(SOURCE, SAME_DAY, SAME_DAY),), (A,))


class Counting:
    """`lineage`, counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self._original = windows.lineage
        monkeypatch.setattr(windows, "lineage", self)

    def __call__(self, *arguments: object, **named: object) -> object:
        self.calls += 1
        return self._original(*arguments, **named)  # type: ignore[arg-type] # passed through


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> Counting:
    return Counting(monkeypatch)


def test_no_script_is_parsed_twice_not_even_by_another_process(tmp_path: Path, parses: Counting) -> None:
    node = reading("ds > '${bizdate_3}' AND ds >= '20260101'", bizdate_3="$[yyyymmdd-4]")
    read = ReadScripts(tmp_path)
    first = read(node, "mc")
    assert read(node, "mc") == first == ReadScripts(tmp_path)(node, "mc")
    assert parses.calls == 1
    assert first == node_tables(node, "mc")


def test_another_script_parameter_or_project_is_read_anew(tmp_path: Path, parses: Counting) -> None:
    read = ReadScripts(tmp_path)
    read(reading("ds = '${bizdate}'"), "mc")
    read(reading("ds = '${bizdate}' "), "mc")
    read(reading("ds = '${bizdate}'", bizdate_3="$[yyyymmdd-4]"), "mc")
    assert read(reading("ds = '${bizdate}'"), "mc2").writes == (TableName("mc2", "a"),)
    assert parses.calls == 4


def test_other_rules_read_every_script_anew(
    tmp_path: Path, parses: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ReadScripts(tmp_path)(reading("ds = '${bizdate}'"), "mc")
    monkeypatch.setattr(windows, "_rules", lambda: "other")
    ReadScripts(tmp_path)(reading("ds = '${bizdate}'"), "mc")
    assert parses.calls == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"reads": [{}], "writes": []}', '{"reads": 3}'])
def test_a_damaged_file_is_written_again(tmp_path: Path, parses: Counting, damage: str) -> None:
    node = reading("ds = '${bizdate}'")
    whole = ReadScripts(tmp_path)(node, "mc")
    [file] = (tmp_path / "cache" / "scripts").iterdir()
    text = file.read_text()
    file.write_text(damage)
    assert ReadScripts(tmp_path)(node, "mc") == whole
    assert file.read_text() == text


def test_a_script_that_cannot_be_read_is_not_remembered(tmp_path: Path, parses: Counting) -> None:
    read = ReadScripts(tmp_path)
    for _ in range(2):
        with pytest.raises(SqlError):
            read(sql_node("a", "selekt"), "mc")
    assert parses.calls == 2
