"""Equal content has equal fingerprints, other content others."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.domain.fingerprints import of_file, of_text, of_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_parts_are_kept_apart(left: list[str], right: list[str]) -> None:
    assert (of_text(*left) == of_text(*right)) == (left == right)


def test_sixteen_hex_digits_that_stay() -> None:
    assert of_text() == "e3b0c44298fc1c14"  # SHA-256 of nothing
    assert len(of_text("a", "b")) == 16


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_key_order_does_not_count(value: dict[str, object]) -> None:
    assert of_value(value) == of_value(dict(reversed(value.items())))
    assert of_value(value) != of_value({**value, "one more key": 1})


def test_files_by_their_bytes(tmp_path: Path) -> None:
    for name, data in (("a", b"1\n2"), ("b", b"1\n2"), ("c", b"1\r\n2")):
        (tmp_path / name).write_bytes(data)
    first, second, other = (of_file(tmp_path / name) for name in "abc")
    assert first == second != other
