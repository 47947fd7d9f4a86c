"""Which model of a vector recall serves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pairec_cli.domain.deployment import WorkflowName
from pairec_cli.domain.errors import DataError
from pairec_cli.domain.solution import Solution
from pairec_cli.online.in_service import CURRENT, InService
from pairec_cli.recall.dssm import DSSMRecallConfig
from pairec_cli.workflow import vector_service
from pairec_cli.workflow.vector_service import (
    ServedVectors,
    put_towers_into_service,
    serve_again,
    trained_towers,
)
from pairec_cli.workflow.workspace import Workspace
from tests.online.tower_folders import serve_tower

TARGET = WorkflowName("w", "f")
WORKSPACE = cast(Workspace, SimpleNamespace(instance=SimpleNamespace(timezone="UTC")))


@pytest.fixture
def recalls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ServedVectors]:
    found = [
        ServedVectors(
            Solution(), DSSMRecallConfig(name=name, is_online_mode=online), tmp_path / f"home_{name}"
        )
        for name, online in (("dssm", True), ("lists", False))
    ]
    monkeypatch.setattr(vector_service, "vector_recalls", lambda *_: found)
    return found


def test_a_recall_in_online_mode_waits_for_its_model(recalls: list[ServedVectors]) -> None:
    assert put_towers_into_service(WORKSPACE, TARGET) == ["home_dssm"]


def test_the_newest_model_serves(tmp_path: Path, recalls: list[ServedVectors]) -> None:
    for ds in ("20260102", "20260101"):
        serve_tower(tmp_path, ds=ds)
    assert trained_towers(recalls[0].folder) == ["20260101", "20260102"]
    assert put_towers_into_service(WORKSPACE, TARGET) == []
    current = tmp_path / "home_dssm" / CURRENT
    assert InService.read(current.parent).model == "20260102"
    before = current.stat().st_mtime_ns
    assert put_towers_into_service(WORKSPACE, TARGET) == []
    assert current.stat().st_mtime_ns == before, "nothing to change"


def test_a_model_that_cannot_be_opened_leaves_the_one_before(
    tmp_path: Path, recalls: list[ServedVectors]
) -> None:
    for ds in ("20260102", "20260101"):
        serve_tower(tmp_path, ds=ds)
    (tmp_path / "home_dssm/20260102/export/user/model.onnx").write_bytes(b"x")
    with pytest.raises(DataError, match="home_dssm of 20260102 cannot serve"):
        put_towers_into_service(WORKSPACE, TARGET)
    assert InService.read(tmp_path / "home_dssm").model == "20260101"


def test_a_day_trained_anew_is_read_again(tmp_path: Path, recalls: list[ServedVectors]) -> None:
    serve_tower(tmp_path)
    current: Any = tmp_path / "home_dssm" / CURRENT
    before = current.stat().st_mtime_ns
    serve_again(recalls[0], "20260102")
    assert current.stat().st_mtime_ns == before, "another day serves"
    serve_again(recalls[0], "20260101")
    assert current.stat().st_mtime_ns > before
    serve_again(recalls[1], "20260101")
    assert not (tmp_path / "home_lists").exists()
