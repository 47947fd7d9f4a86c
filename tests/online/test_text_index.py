"""Texts to numbers, found by bisection."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import DataError
from pairec_cli.online.text_index import TextIndex, file_name

TEXTS = st.text(max_size=60)


def written(folder: Path, texts: list[str]) -> TextIndex:
    TextIndex.write(folder, "x", texts, np.arange(len(texts), dtype=np.int32) * 10)
    return TextIndex.open(folder, "x")


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS.filter(bool), unique=True, max_size=20), st.lists(TEXTS, max_size=10))
@example(["a" * 48, "a" * 49, "a" * 60, "a" * 61, "a\0", "a", "\0"], ["a" * 50, "a\0\0", ""])
def test_it_finds_what_a_dict_would(texts: list[str], others: list[str]) -> None:
    known = {text: place * 10 for place, text in enumerate(texts)}
    asked = [*texts, *others, *texts]
    with TemporaryDirectory() as folder:
        index = written(Path(folder), texts)
        assert index.find(asked) == [known.get(text, -1) for text in asked]
        assert index.find(asked) == [known.get(text, -1) for text in asked]
        assert len(index) == len(texts)


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairec_cli.online.text_index._MEMORY", 3)
    index = written(tmp_path, ["a", "b", "c", "d"])
    assert index.find(["a", "b"]) == [0, 10]
    assert index.find(["b", "c", "d", "e"]) == [10, 20, 30, -1]
    assert index.find(["a"]) == [0]


@pytest.mark.parametrize(
    ("texts", "word"), [(["a", "b", "a"], "'a' comes more than once"), (["a", ""], "empty")]
)
def test_texts_are_there_once(texts: list[str], word: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=word):
        written(tmp_path, texts)


def test_any_name_is_a_file() -> None:
    assert file_name("tag", "a/b c") == "tag-a%2Fb%20c"
