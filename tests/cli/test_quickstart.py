"""`pairec quickstart`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pairec


def test_again_it_does_nothing_new(pairec: Pairec, deployed: Path) -> None:
    before = pairec("node", "list", "-f", "json").out
    again = pairec("quickstart")
    assert again.code == 0
    assert "nothing to do" in again.err
    assert pairec("node", "list", "-f", "json").out == before
    assert len(pairec("solution", "history", "-f", "json").json) == 1
    assert len(pairec("backfill", "list", "--all", "-f", "json").json) == 1


def test_without_data(pairec: Pairec, workspace: Path) -> None:
    result = pairec("quickstart")
    assert result.code == 1
    assert "hold no data yet" in result.err
    assert "pairec data generate" in result.err


def test_a_dry_run_tells_the_open_steps_and_changes_nothing(pairec: Pairec, workspace: Path) -> None:
    before = sorted(path.name for path in workspace.rglob("*"))
    told = pairec("quickstart", "--dry-run")
    assert told.code == 0
    assert "would do step 2" in told.err and "would do step 7" in told.err
    assert told.err.splitlines()[-1].startswith("Next: pairec data generate")
    assert sorted(path.name for path in workspace.rglob("*")) == before
