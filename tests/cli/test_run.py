"""`pairec run`: one day's schedule."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import LAST_DAY, Pairec

ANCHORS = [f"rec_sln_demo_{role}_table_v1" for role in ("user", "item", "behavior")]


def test_frozen_nodes_fail_their_instances_and_children_wait(pairec: Pairec, deployed: Path) -> None:
    result = pairec("run", "--ds", LAST_DAY, "-f", "json")
    assert result.code == 1
    states = {row["node"]: row["state"] for row in result.json}
    assert {states[anchor] for anchor in ANCHORS} == {"frozen"}
    assert states["home_global_hot_v1"] == "pending"
    assert "3 nodes are frozen" in result.err
    assert "hint: pairec node unfreeze rec_sln_demo_" in result.err


def test_an_unfrozen_schedule_that_is_up_to_date(pairec: Pairec, deployed: Path) -> None:
    assert pairec("node", "unfreeze", *ANCHORS).code == 0
    dry = pairec("run", "--ds", LAST_DAY, "--dry-run")
    assert dry.code == 0
    assert "home_global_hot_v1" in dry.out
    done = pairec("run", "--ds", LAST_DAY)
    assert done.code == 0, done.err
    assert "home_global_hot_v1  up to date" in done.err
    assert done.err.splitlines()[-1].startswith("Next: pairec recommend")


def test_bad_days_and_nothing_deployed(pairec: Pairec, workspace: Path) -> None:
    assert pairec("run", "--ds", "20250231").code == 2
    assert pairec("run", "--ds", "20990101").code == 1
    assert "hint: pairec deploy run" in pairec("run").err
