"""`pairec status`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Pairec


def test_a_fresh_workspace_stands_at_step_two(pairec: Pairec, workspace: Path) -> None:
    result = pairec("status", "-f", "json")
    assert [(step["step"], step["done"]) for step in result.json] == [
        (1, True),
        *((n, False) for n in range(2, 8)),
    ]
    assert result.err.endswith("Next: pairec data generate --days 60\n")


def test_after_the_quick_deployment_everything_is_done(pairec: Pairec, deployed: Path) -> None:
    result = pairec("status", "-f", "json")
    assert all(step["done"] for step in result.json)
    assert "Next: pairec recommend --user" in result.err
