"""Solutions: every change of the text is a version; the same text twice is not."""

from __future__ import annotations

from itertools import count, groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.fingerprints import of_text

_numbers = count()


@pytest.fixture
def scened(control: Control) -> Control:
    control.scenarios.create("main", "HomePage")
    return control


def test_text_is_kept_as_written(scened: Control) -> None:
    document = "# ours\nname: s  # 名\n\n"
    saved = scened.solutions.save("main", "s", "HomePage", document, comment="first")
    assert (saved.number, saved.document, saved.comment) == (1, document, "first")
    assert saved.fingerprint == of_text(document)
    assert scened.solutions.version("main", "s", 1) == saved
    assert scened.solutions.get("main", "s").latest == saved


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["a: 1", "a: 2", "a: 3"]), min_size=1, max_size=8))
def test_versions_are_the_changes(scened: Control, documents: list[str]) -> None:
    name = f"s{next(_numbers)}"
    for document in documents:
        scened.solutions.save("main", name, "HomePage", document)
    history = scened.solutions.history("main", name)
    assert [version.document for version in history] == [document for document, _ in groupby(documents)]
    assert [version.number for version in history] == list(range(1, len(history) + 1))
    assert scened.solutions.get("main", name).latest == history[-1]


def test_saving_the_same_returns_the_same(scened: Control) -> None:
    first = scened.solutions.save("main", "s", "HomePage", "a: 1", comment="first")
    assert scened.solutions.save("main", "s", "HomePage", "a: 1", comment="again") == first


def test_refusals(scened: Control) -> None:
    scened.scenarios.create("main", "Other")
    scened.solutions.save("main", "s", "HomePage", "a: 1")
    with pytest.raises(AlreadyExists, match="exists in scenario 'HomePage'"):
        scened.solutions.save("main", "s", "Other", "a: 2")
    with pytest.raises(NotFound, match="scenario 'Homepage' does not exist; did you mean 'HomePage'"):
        scened.solutions.save("main", "t", "Homepage", "a: 1")
    with pytest.raises(InvalidInput):
        scened.solutions.save("main", "no name", "HomePage", "a: 1")
    with pytest.raises(NotFound, match="version of solution 's' '2' does not exist; known: 1"):
        scened.solutions.version("main", "s", 2)
    with pytest.raises(NotFound):
        scened.solutions.history("main", "t")
    assert [record.name for record in scened.solutions.all("main")] == ["s"]


def test_current_per_scenario(scened: Control) -> None:
    scened.scenarios.create("main", "Other")
    assert scened.solutions.current("main", "HomePage") is None
    scened.solutions.save("main", "a", "HomePage", "x: 1")
    only = scened.solutions.current("main", "HomePage")
    assert only is not None and only.name == "a"
    scened.solutions.save("main", "b", "HomePage", "x: 1")
    scened.solutions.save("main", "c", "Other", "x: 1")
    assert scened.solutions.current("main", "HomePage") is None
    scened.solutions.use("main", "b")
    chosen = scened.solutions.current("main", "HomePage")
    assert chosen is not None and chosen.name == "b"
    other = scened.solutions.current("main", "Other")
    assert other is not None and other.name == "c"
    assert [record.name for record in scened.solutions.all("main", "HomePage")] == ["a", "b"]


def test_delete(scened: Control) -> None:
    scened.solutions.save("main", "s", "HomePage", "a: 1")
    scened.deployments.start("main", "s", 1)
    with pytest.raises(InvalidInput, match="has 1 deployment record"):
        scened.solutions.delete("main", "s")
    scened.solutions.delete("main", "s", cascade=True)
    assert scened.solutions.all("main") == []
    assert scened.deployments.all("main") == []
    with pytest.raises(NotFound):
        scened.solutions.delete("main", "s")
