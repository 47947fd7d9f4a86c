from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.workflow.file_diff import Change, file_diff, to_apply

A, B, C = "a\n", "b\n", "c\n"

TABLE = [
    # base, disk, new → change
    (A, A, A, Change.UNCHANGED),
    (None, A, A, Change.UNCHANGED),
    (A, B, B, Change.UNCHANGED),
    (None, None, A, Change.ADDED),
    (A, None, A, Change.ADDED),
    (A, None, B, Change.ADDED),
    (A, A, B, Change.CHANGED),
    (A, A, None, Change.REMOVED),
    (A, B, A, Change.EDITED),
    (None, A, None, Change.EDITED),
    (A, B, C, Change.CONFLICT),
    (A, B, None, Change.CONFLICT),
    (None, A, B, Change.CONFLICT),
]


@pytest.mark.parametrize(("base", "disk", "new", "change"), TABLE)
def test_three_texts_decide_the_change(
    base: str | None, disk: str | None, new: str | None, change: Change
) -> None:
    [found] = file_diff(*({"f": text} if text else {} for text in (base, disk, new)))
    assert found.change is change


def test_what_exists_nowhere_is_no_file() -> None:
    assert file_diff({"f": A}, {}, {}) == []


def test_the_diff_goes_from_the_deployed_text_to_the_packages() -> None:
    [found] = file_diff(
        {"x/n/n.sql": "one\ntwo\n"}, {"x/n/n.sql": "one\ntwo\n"}, {"x/n/n.sql": "one\n2\n3\n"}
    )
    assert found.unified() == [
        "--- deployed/x/n/n.sql",
        "+++ package/x/n/n.sql",
        "@@ -1,2 +1,3 @@",
        " one",
        "-two",
        "+2",
        "+3",
    ]
    assert found.counts == (2, 1)
    assert found.node == "n"


def test_a_dropped_node_with_an_edit_is_kept_whole() -> None:
    base = {"x/n/n.sql": A, "x/n/n.json": A, "x/m/m.sql": A}
    diffs = file_diff(base, {**base, "x/n/n.sql": B}, {})
    assert [diff.path for diff in to_apply(diffs, overwrite_edits=False)] == ["x/m/m.sql"]
    assert {diff.path for diff in to_apply(diffs, overwrite_edits=True)} == set(base)


paths = st.sampled_from(["f", "d/g", "d/h", "e/i"])
trees = st.dictionaries(paths, st.sampled_from([A, B, C]))


@settings(max_examples=60, deadline=None)
@given(trees, trees, trees)
def test_deploying_leaves_edits_and_foreign_files(
    base: dict[str, str], disk: dict[str, str], new: dict[str, str]
) -> None:
    after = applied(base, disk, new, overwrite_edits=False)
    for path, text in disk.items():
        if text != base.get(path) and text != new.get(path):
            assert after[path] == text
    assert new.keys() <= after.keys()


@settings(max_examples=60, deadline=None)
@given(trees, trees, trees)
def test_overwriting_gives_the_package_and_foreign_files(
    base: dict[str, str], disk: dict[str, str], new: dict[str, str]
) -> None:
    foreign = {path: text for path, text in disk.items() if path not in base and path not in new}
    after = applied(base, disk, new, overwrite_edits=True)
    extra = {path: text for path, text in after.items() if path not in new and path not in foreign}
    assert {path: after[path] for path in (*new, *foreign)} == {**new, **foreign}
    assert {path.rpartition("/")[0] for path in extra} <= {path.rpartition("/")[0] for path in foreign}


def applied(
    base: dict[str, str], disk: dict[str, str], new: dict[str, str], *, overwrite_edits: bool
) -> dict[str, str]:
    after = dict(disk)
    for diff in to_apply(file_diff(base, disk, new), overwrite_edits=overwrite_edits):
        if diff.new is None:
            del after[diff.path]
        else:
            after[diff.path] = diff.new
    return after
