"""`pairec feature`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pairec


def test_features_are_listed_with_what_they_are(pairec: Pairec, deployed: Path) -> None:
    listed = pairec("feature", "list")
    assert listed.code == 0
    head, _, *rows = listed.out.splitlines()
    assert head.split() == ["name", "side", "type", "kind", "window", "comment"]
    assert listed.err == f"{len(rows)} features\n"
    names = {row.split()[0] for row in rows}
    assert "gender" in names
    assert any(name.startswith("item__ratio_click_expr_") for name in names)


def test_filters_narrow_the_list(pairec: Pairec, deployed: Path) -> None:
    every = pairec("feature", "list", "-f", "json").json
    window = next(row["window"] for row in every if row["window"])
    options = ("--side", "item", "--kind", "count", "--window", str(window))
    rows = pairec("feature", "list", *options, "-f", "json").json
    assert rows == [
        row for row in every if (row["side"], row["kind"], row["window"]) == ("item", "count", window)
    ]
    found = pairec("feature", "list", "--search", "CITY", "-f", "json").json
    assert "city" in {row["name"] for row in found}
    assert all("city" in f"{row['name']} {row['comment']}".lower() for row in found)
    nothing = pairec("feature", "list", "--search", "no such thing")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Features: nothing to show\n")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--kind", "rato", "feature kind 'rato' does not exist; did you mean 'ratio'?"),
        ("--side", "users", "side 'users' does not exist; did you mean 'user'?"),
        ("--window", "99", "window '99' does not exist; known: "),
        ("--solution", "hme", "solution 'hme' does not exist; did you mean 'home'?"),
    ],
)
def test_unknown_filters_name_what_there_is(
    pairec: Pairec, deployed: Path, option: str, value: str, told: str
) -> None:
    refused = pairec("feature", "list", option, value)
    assert refused.code == 1
    assert told in refused.err
