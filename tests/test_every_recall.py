"""The whole tutorial with every recall on: switched on from the command line, one backfill, one request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.cli.main import run
from pairec_cli.recall.registry import RECALLS
from tests.documents import README, blocks

USER = "7"
FALLBACK = "global_hot_fallback"
CREATED = ["solution", "create", "home", "--scenario", "HomePage"]
CREATED_WITH = {"global_hot", "etrec_u2i"}
WORLD = ["--days", "9", "--users", "100", "--items", "120", "--events", "1200"]
SHORT = {"days": 3, "training_days": 6, "behavior_window_days": 3, "epochs": 1}
"""Windows as long as the log, and short trainings; each recall has some of these fields."""


def switches() -> list[str]:
    """Every recall of the registry."""
    found = ["--no-ranking", "--set", "features.periods=3"]
    for name in RECALLS:
        found += [] if name in CREATED_WITH else ["--add-recall", name]
        fields = RECALLS.load(name).Config.model_fields
        for field in SHORT.keys() & fields.keys():
            found += ["--set", f"recalls[{name}].{field}={SHORT[field]}"]
    return found


def test_one_backfill_and_one_request_with_items_of_every_recall(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def pairec(*command: str) -> str:
        capsys.readouterr()
        code = run(command)
        captured = capsys.readouterr()
        assert code == 0, f"pairec {' '.join(command)}\n{captured.out}\n{captured.err}"
        return captured.out

    def answered(*command: str) -> Any:
        return json.loads(pairec(*command, "--user", USER, "--format", "json"))

    for command in blocks(README)[1]:
        if command[0] == "recommend":
            break
        pairec(*command[:2], *WORLD) if command[0] == "data" else pairec(*command)
        if command == CREATED:
            pairec("solution", "configure", "home", *switches())
    answer = answered("recommend", "--explain", "--size", "120")
    funnel = {stage["name"]: stage["out"] for stage in answer["trace"] if stage["stage"] == "recall"}
    recalls = set(RECALLS) - {FALLBACK}
    assert {name for name, count in funnel.items() if count} >= recalls
    shown = {hit["recall"] for item in answer["items"] for hit in item["recalls"]}
    assert shown >= recalls
    lists = answered("recall", "show", "--size", "3")
    assert {row["recall"] for row in lists} == set(RECALLS), "the fallback too"
