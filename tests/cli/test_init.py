"""`pairec init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pairec


def test_init_makes_a_workspace_with_a_premium_instance(pairec: Pairec, folder: Path) -> None:
    result = pairec("init", "--name", "shop", "--timezone", "Asia/Shanghai")
    assert result.code == 0
    assert result.out == ""
    assert result.err.splitlines()[-1] == "Next: pairec data generate --days 60"
    shown = pairec("instance", "show", "--format", "json").json
    assert (shown["name"], shown["service_type"], shown["timezone"]) == ("shop", "premium", "Asia/Shanghai")
    assert shown["initialised"] is True
    assert pairec("instance", "check").code == 0


def test_init_again_changes_nothing(pairec: Pairec, workspace: Path) -> None:
    before = pairec("instance", "list", "--format", "json").out
    again = pairec("init", "--name", "other")
    assert again.code == 0
    assert "is a workspace already; instances: demo" in again.err
    assert pairec("instance", "list", "--format", "json").out == before


def test_the_workspace_is_found_from_a_folder_below(
    pairec: Pairec, workspace: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert pairec("instance", "list").code == 0


def test_init_elsewhere(pairec: Pairec, folder: Path) -> None:
    assert pairec("init", "shop").code == 0
    assert (folder / "shop" / ".pairec" / "platform.db").exists()
    assert pairec("init", "--home", "place").code == 0
    assert (folder / "place" / "platform.db").exists()
    assert pairec("instance", "list").code == 1
    assert pairec("instance", "list", "--home", "place").code == 0
    assert pairec("instance", "list", "--home", "shop").code == 0


def test_without_a_workspace_every_command_says_init(pairec: Pairec) -> None:
    result = pairec("scenario", "list")
    assert result.code == 1
    assert result.err.startswith("error: no workspace in ")
    assert result.err.endswith("hint: pairec init\n")


def test_an_unknown_time_zone_makes_no_instance(pairec: Pairec) -> None:
    assert pairec("init", "--timezone", "Mars").code == 1
    assert pairec("init").code == 0
    assert pairec("instance", "show", "--format", "json").json["timezone"] == "UTC"


def test_a_dry_run_makes_nothing(pairec: Pairec, folder: Path) -> None:
    told = pairec("init", "--dry-run")
    assert told.code == 0
    assert "would make workspace" in told.err
    assert list(folder.iterdir()) == []
