"""`pairec instance`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Pairec


def test_create_init_check_use_delete(pairec: Pairec, workspace: Path) -> None:
    created = pairec("instance", "create", "shop", "--region", "cn-beijing")
    assert created.code == 0
    assert created.err.endswith("Next: pairec instance init shop\n")
    unbound = pairec("instance", "check", "shop", "--format", "json")
    assert unbound.code == 1
    assert [row["exists"] for row in unbound.json] == [True, False, False, False, True]
    assert "no full access to DataWorks workspace, MaxCompute project, OSS bucket" in unbound.err

    bound = pairec("instance", "init", "shop", "--oss-bucket", "shop-files", "--no-featurestore-recall")
    assert bound.code == 0
    assert bound.err.endswith("Next: pairec instance check shop\n")
    checked = pairec("instance", "check", "shop", "--format", "json")
    assert checked.code == 0
    assert all(row["exists"] and row["readable"] and row["writable"] for row in checked.json)
    assert checked.json[3]["location"] == (workspace / "oss" / "shop-files").as_posix()

    assert pairec("instance", "use", "shop").code == 0
    current = {row["name"]: row["current"] for row in pairec("instance", "list", "--format", "json").json}
    assert current == {"demo": False, "shop": True}
    assert pairec("instance", "delete", "shop", "--yes").code == 0
    assert "nothing to delete" in pairec("instance", "delete", "shop", "--yes").err


def test_create_twice(pairec: Pairec, workspace: Path) -> None:
    assert pairec("instance", "create", "shop").code == 0
    again = pairec("instance", "create", "shop")
    assert (again.code, "exists already" in again.err) == (0, True)
    other = pairec("instance", "create", "shop", "--service-type", "standard")
    assert other.code == 1
    assert "hint: pairec instance show shop" in other.err


def test_listing_names_itself_in_every_format(pairec: Pairec, workspace: Path) -> None:
    assert pairec("instance", "list").out.splitlines()[0].split() == [
        *("name", "current", "region", "service_type", "timezone", "initialised")
    ]
    assert pairec("instance", "list", "-f", "csv").out.splitlines() == [
        "name,current,region,service_type,timezone,initialised",
        "demo,true,local,premium,UTC,true",
    ]
    assert pairec("instance", "list", "-f", "md").out.startswith("| name | current |")
    assert pairec("instance", "list", "-f", "json").json[0]["oss_bucket"] == "pairec-bucket"


def test_a_listing_without_a_current_instance_still_lists(pairec: Pairec, workspace: Path) -> None:
    for name in ("a", "b"):
        assert pairec("instance", "create", name).code == 0
    assert pairec("instance", "delete", "demo", "--yes").code == 0
    rows = pairec("instance", "list", "-f", "json").json
    assert [(row["name"], row["current"]) for row in rows] == [("a", False), ("b", False)]
    assert "pairec instance use NAME" in pairec("scenario", "list").err


def test_dry_runs_change_nothing(pairec: Pairec, workspace: Path) -> None:
    before = pairec("instance", "list", "-f", "json").out
    dry = pairec("instance", "init", "--oss-bucket", "elsewhere", "--dry-run")
    assert "would make: OSS bucket elsewhere" in dry.err
    assert pairec("scenario", "create", "HomePage").code == 0
    dry = pairec("instance", "delete", "demo", "--cascade", "--dry-run")
    assert dry.out.splitlines()[2:] == ["instance  demo", "scenario  HomePage"]
    assert pairec("instance", "list", "-f", "json").out == before


def test_delete_keeps_what_it_holds_unless_told(pairec: Pairec, workspace: Path) -> None:
    assert pairec("scenario", "create", "HomePage").code == 0
    refused = pairec("instance", "delete", "demo", "--yes")
    assert refused.code == 1
    assert "still holds 1 scenario(s)" in refused.err
    assert pairec("instance", "delete", "demo", "--yes", "--cascade").code == 0
    assert pairec("instance", "list", "-f", "json").json == []


def test_delete_asks(pairec: Pairec, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    unasked = pairec("instance", "delete", "demo")
    assert unasked.code == 2
    assert "add --yes" in unasked.err
    assert len(pairec("instance", "list", "-f", "json").json) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("create", "a b"), 1, "'a b' cannot name"),
        (("create", "x", "--service-type", "gold"), 2, "'gold' is not one of premium, standard"),
        (("create", "x", "--timezone", "Mars"), 1, "unknown time zone 'Mars'"),
        (("init", "--oss-bucket", "No"), 1, "OSS bucket: 'No' is not a name it can have"),
        (("show", "dmeo"), 1, "did you mean 'demo'?"),
        (("list", "--format", "xml"), 2, "'xml' is not one of table, json, csv, md"),
    ],
)
def test_bad_input(pairec: Pairec, workspace: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    result = pairec("instance", *arguments)
    assert (result.code, told in result.err) == (code, True), result.err
