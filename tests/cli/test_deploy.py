"""`pairec deploy`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pairec

HOT = "home_global_hot_v1"


def script_of(deployed: Path, node: str) -> Path:
    return next((deployed / "dataworks").rglob(f"{node}.sql"))


@pytest.fixture
def changed(pairec: Pairec, deployed: Path) -> Path:
    """The deployed workspace with a newer package: global hot keeps fewer items."""
    assert pairec("solution", "configure", "--set", "recalls[global_hot].top_n=7").code == 0
    assert pairec("script", "generate").code == 0
    return deployed


def test_nothing_to_change(pairec: Pairec, deployed: Path) -> None:
    assert pairec("deploy", "preview", "-f", "json").json == []
    again = pairec("deploy", "run")
    assert again.code == 0
    assert "changed 0 files" in again.err


def test_preview_shows_what_run_then_does(pairec: Pairec, changed: Path) -> None:
    rows = {Path(row["path"]).name: row for row in pairec("deploy", "preview", "-f", "json").json}
    assert rows[f"{HOT}.sql"]["change"] == "changed"
    shown = pairec("deploy", "preview")
    assert shown.out.count("\n+++ ") == len(rows)
    assert pairec("deploy", "preview", "--stat").out.count("+++") == 0
    before = script_of(changed, HOT).read_text()
    dry = pairec("deploy", "run", "--dry-run")
    assert f"would change {len(rows)} files" in dry.err
    assert script_of(changed, HOT).read_text() == before
    done = pairec("deploy", "run")
    assert done.err.endswith("Next: pairec backfill plan\n")
    assert script_of(changed, HOT).read_text() != before
    assert pairec("deploy", "preview", "-f", "json").json == []
    assert [r["status"] for r in pairec("deploy", "records", "-f", "json").json] == ["success", "success"]


def test_hand_edits_survive_unless_overwritten(pairec: Pairec, changed: Path) -> None:
    script = script_of(changed, HOT)
    edited = script.read_text() + "-- mine\n"
    script.write_text(edited)
    shown = pairec("deploy", "preview")
    assert "1 file(s) were edited by hand" in shown.err
    assert "-- mine" in shown.out
    kept = pairec("deploy", "run")
    assert "was edited by hand and stays" in kept.err
    assert script.read_text() == edited
    assert pairec("deploy", "run", "--overwrite-edits").code == 0
    assert "-- mine" not in script.read_text()


def test_selected_nodes_only(pairec: Pairec, changed: Path) -> None:
    done = pairec("deploy", "run", "--select", HOT)
    assert done.code == 0
    left = {row["node"] for row in pairec("deploy", "preview", "-f", "json").json}
    assert HOT not in left
    assert left
    unknown = pairec("deploy", "run", "--select", "home_global_hot")
    assert unknown.code == 1
    assert "did you mean" in unknown.err


def test_records_and_log(pairec: Pairec, deployed: Path) -> None:
    records = pairec("deploy", "records", "-f", "json").json
    assert [(one["id"], one["solution"], one["status"]) for one in records] == [(1, "home", "success")]
    log = pairec("deploy", "log", "1")
    assert log.out.startswith("package oss://pairec-bucket/algoconfig/plan/")
    missing = pairec("deploy", "log", "9")
    assert missing.code == 1
    assert "deployment record '9' does not exist; known: 1" in missing.err


def test_import_by_address_verifies_and_deploys(pairec: Pairec, deployed: Path, folder: Path) -> None:
    address = pairec("deploy", "records", "-f", "json").json[0]["package"]
    dry = pairec("deploy", "import", address, "--dry-run")
    assert dry.err.splitlines()[-1] == "would import and deploy it"
    checked = pairec("deploy", "import", address, "--verify-only")
    assert checked.err.endswith("Next: pairec deploy run --record 2\n")
    script = next((deployed / "dataworks").rglob("*global_hot_v1.sql"))
    script.unlink()
    done = pairec("deploy", "import", address, "--name", "copy")
    assert done.code == 0
    assert done.err.startswith(f"import 'copy': {address} is sound, record 3\n")
    assert "record 3: changed 1 files" in done.err
    assert done.err.endswith("Next: pairec backfill plan\n")
    assert script.exists()
    statuses = {row["id"]: row["status"] for row in pairec("deploy", "records", "-f", "json").json}
    assert (statuses[2], statuses[3]) == ("generated", "success")
    wrong = pairec("deploy", "import", "oss://pairec-bucket/no/package.zip")
    assert wrong.code == 1
    assert "hint: pairec deploy records" in wrong.err


def test_import_of_a_file_keeps_its_whole_path(pairec: Pairec, deployed: Path, folder: Path) -> None:
    package = next((deployed / "oss").rglob("package.zip"))
    (folder / "copy.zip").write_bytes(package.read_bytes())
    assert pairec("deploy", "import", "copy.zip", "--verify-only").code == 0
    assert pairec("deploy", "records", "-f", "json").json[0]["package"] == str(folder / "copy.zip")


def test_preview_tells_of_a_version_that_is_not_generated(pairec: Pairec, deployed: Path) -> None:
    assert "not generated yet" not in pairec("deploy", "preview").err
    pairec("solution", "configure", "--set", "size=20")
    told = pairec("deploy", "preview")
    assert "record 1 is of version 1; version 2 is not generated yet" in told.err


def test_without_a_package(pairec: Pairec, workspace: Path) -> None:
    for command in ("preview", "run"):
        assert pairec("deploy", command).code == 1
    assert pairec("deploy", "records", "-f", "json").json == []
    assert pairec("deploy", "log").code == 1
