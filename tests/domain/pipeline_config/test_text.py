"""The text format: what is read, how strings are written, and where a text stops making sense."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.pipeline_config.text import (
    Block,
    Number,
    Word,
    quoted,
    read_blocks,
    shown_float,
)


def values(text: str) -> list[object]:
    return [entry.value for entry in read_blocks(text).entries]


def test_values_of_every_kind() -> None:
    assert values("a: 1 b: -2.5e3 c: true, d: -inf; e: 'x'") == [
        Number("1"),
        Number("2.5e3", negative=True),
        Word("true"),
        Word("inf", negative=True),
        "x",
    ]


def test_comments_and_lines() -> None:
    (entry,) = read_blocks("# first\n\n a # name\n : # colon\n 'x' # value").entries
    assert (entry.name, entry.value, entry.line) == ("a", "x", 3)


@pytest.mark.parametrize("text", ["a {b: 1}", "a: {b: 1}", "a <b: 1>", "a: < b: 1, >", "a [{b: 1}]"])
def test_forms_of_a_block(text: str) -> None:
    (entry,) = read_blocks(text).entries
    assert isinstance(entry.value, Block)
    assert [(inner.name, inner.value) for inner in entry.value.entries] == [("b", Number("1"))]


def test_a_list_is_as_many_entries() -> None:
    block = read_blocks("a: [1,\n 2] a: 3 b: []")
    assert [(e.name, e.value, e.line) for e in block.entries] == [
        ("a", Number("1"), 1),
        ("a", Number("2"), 2),
        ("a", Number("3"), 2),
    ]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"\n\t\"\\\'"', "\n\t\"\\'"),
        (r'"\0351"', "\x1d1"),
        (r'"\x1d"', "\x1d"),
        (r"'\xe4\xbd\xa0'", "你"),
        (r'"\u00fc\U0001F600"', "ü😀"),
        ("'a' \"b\"\n 'c'", "abc"),
        ('"ü#"', "ü#"),
    ],
)
def test_strings(literal: str, value: str) -> None:
    assert values(f"a: {literal}") == [value]


@given(st.text(max_size=20))
@settings(max_examples=60)
def test_a_written_string_reads_as_itself(value: str) -> None:
    literal = quoted(value)
    assert values(f"a: {literal}") == [value]
    assert not any(sign < " " for sign in literal)


@given(st.floats())
@settings(max_examples=60)
def test_a_written_float_names_itself(value: float) -> None:
    read = float(shown_float(value))
    assert read == value or (math.isnan(read) and math.isnan(value))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a {\n b: 1", 2, "the block that begins on line 1 is not closed"),
        ("a {\n b: 1 >", 2, "expected a field name, found '>'"),
        ("\na 1", 2, "expected : or { after a, found '1'"),
        ("a:\n", 2, "expected a value, found 'the end'"),
        ("a: [1, 2\nb: 3", 2, "the list of a is not closed"),
        ("a: [1,]", 1, "a value is missing after the last comma of a"),
        ("a: 'x\n'", 1, "a string begins and does not end: 'x"),
        ("a: 1\nb: @x y", 2, "cannot read '@x'"),
        ("a: 1.2.3", 1, "cannot read '1.2.3'"),
        ("a: - 'x'", 1, "expected a value, found \"'x'\""),
        (r"a: '\xff'", 1, "not UTF-8"),
        (r"a: '\777'", 1, "names no character"),
        (r"a: '\q'", 1, "names no character"),
        ("[some.extension]: 1", 1, "expected a field name, found '['"),
    ],
)
def test_where_a_text_breaks(text: str, line: int, told: str) -> None:
    with pytest.raises(InvalidConfig) as found:
        read_blocks(text)
    (problem,) = found.value.problems
    assert problem.line == line
    assert told in problem.message


def test_blocks_have_a_deepest_level() -> None:
    with pytest.raises(InvalidConfig, match="more than 100 blocks within each other"):
        read_blocks("a {" * 200 + "}" * 200)
    assert read_blocks("a {" * 99 + "}" * 99).entries
