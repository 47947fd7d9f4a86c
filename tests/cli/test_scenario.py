"""`pairec scenario`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pairec


def test_create_list_show_delete(pairec: Pairec, workspace: Path) -> None:
    created = pairec("scenario", "create", "HomePage", "--description", "the feed")
    assert created.code == 0
    assert created.err.splitlines()[-1].startswith("Next: pairec solution create")
    shown = pairec("scenario", "show", "HomePage", "-f", "json").json
    assert shown["traffic_codes"] == ["PAI-REC", "selfhold", "thirdparty"]
    assert (shown["description"], shown["instance"], shown["solutions"]) == ("the feed", "demo", [])
    listed = pairec("scenario", "list", "-f", "csv").out.splitlines()
    assert listed[1].startswith('HomePage,the feed,"PAI-REC, selfhold, thirdparty",')
    assert pairec("scenario", "delete", "HomePage", "--yes").code == 0
    assert pairec("scenario", "list", "-f", "json").json == []


def test_create_and_delete_twice(pairec: Pairec, workspace: Path) -> None:
    for _ in range(2):
        assert pairec("scenario", "create", "HomePage", "--traffic-code", "PAI-REC").code == 0
    assert pairec("scenario", "create", "HomePage", "--traffic-code", "mine").code == 1
    for _ in range(2):
        assert pairec("scenario", "delete", "HomePage", "--yes").code == 0


def test_dry_run_and_asking(pairec: Pairec, workspace: Path) -> None:
    pairec("scenario", "create", "HomePage")
    assert "would delete scenario 'HomePage'" in pairec("scenario", "delete", "HomePage", "--dry-run").err
    assert pairec("scenario", "show", "HomePage").code == 0


def test_scenarios_belong_to_an_instance(pairec: Pairec, workspace: Path) -> None:
    pairec("instance", "create", "shop")
    pairec("scenario", "create", "Cart", "--instance", "shop")
    assert pairec("scenario", "list", "-f", "json").json == []
    assert [s["name"] for s in pairec("scenario", "list", "--instance", "shop", "-f", "json").json] == [
        "Cart"
    ]


def test_bad_input(pairec: Pairec, workspace: Path) -> None:
    pairec("scenario", "create", "HomePage")
    unknown = pairec("scenario", "show", "Homepage", "-f", "json")
    assert unknown.code == 1
    assert unknown.json["error"]["message"] == "scenario 'Homepage' does not exist; did you mean 'HomePage'?"
    assert pairec("scenario", "create", "home page").code == 1
    assert pairec("scenario", "create", "x", "--instance", "none").code == 1
    assert pairec("scenario", "create").code == 2
