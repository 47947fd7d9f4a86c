"""`pairec script`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pairec


def test_an_unchanged_solution_is_the_same_package(pairec: Pairec, deployed: Path) -> None:
    again = pairec("script", "generate")
    assert again.code == 0
    assert "is unchanged, record 1" in again.err
    assert again.err.endswith("Next: pairec deploy preview\n")
    assert len(list((deployed / "oss").rglob("package.zip"))) == 1


def test_a_changed_solution_is_a_new_package(pairec: Pairec, deployed: Path) -> None:
    assert pairec("solution", "configure", "--set", "features.periods=1").code == 0
    made = pairec("script", "generate", "-f", "json")
    assert made.code == 0
    assert "is written, record 2" in made.err
    nodes = {row["node"]: row for row in made.json}
    assert nodes["home_global_hot_v1"]["outputs"] == ["project_mc.home_global_hot_v1"]
    assert len(list((deployed / "oss").rglob("package.zip"))) == 2


def test_dry_run_writes_nothing(pairec: Pairec, deployed: Path) -> None:
    pairec("solution", "configure", "--set", "features.periods=1")
    dry = pairec("script", "generate", "--dry-run")
    assert dry.code == 0
    assert "would write" in dry.err
    assert len(list((deployed / "oss").rglob("package.zip"))) == 1


def test_a_failure_leaves_a_log_and_no_package(pairec: Pairec, deployed: Path) -> None:
    assert pairec("table", "remove", "Item Table").code == 0
    failed = pairec("script", "generate")
    assert failed.code == 1
    assert "Item Table" in failed.err or "rec_sln_demo_item_table_v1" in failed.err
    assert len(list((deployed / "oss").rglob("package.zip"))) == 1
    log = pairec("deploy", "log")
    assert "error:" in log.out
    assert pairec("deploy", "records", "-f", "json").json[0]["status"] == "failed"


def test_without_a_solution(pairec: Pairec, workspace: Path) -> None:
    result = pairec("script", "generate")
    assert result.code == 1
    assert "hint: pairec solution create" in result.err
