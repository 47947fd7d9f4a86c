"""Records of what every stage left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.engine import debugging
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.debugging import DebugConf, DebugLog
from pairec_cli.engine.engine import Engine
from tests.engine.stores import config, custom, hot, store
from tests.filters.contract import item

LISTS = {"u2i": {"1": "a::1,b::4"}, "hot": {"-1": "b::0.5,x::0.25"}}


def served(folder: Path, debug: dict[str, Any], uid: str = "1") -> RecommendResponse:
    conf = config(custom("u2i"), hot("hot"), DebugConfs={"home": debug})
    with store(folder, **LISTS) as db, Engine.from_config(conf, db) as engine:
        return engine.recommend(RecommendRequest(uid, "home", 2, request_id="r1"))


def records(text: str) -> list[tuple[str, str, str]]:
    found = [json.loads(line) for line in text.splitlines()]
    assert {(one["request_id"], one["scene_id"], one["uid"], one["exp_id"]) for one in found} == {
        ("r1", "home", "1", "")
    }
    assert all(one["request_time"] > 1_700_000_000 for one in found)
    return [(one["module"], one["retrieveid"], one["items"]) for one in found]


def test_a_record_for_every_stage_and_recall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    response = served(tmp_path, {"DebugUsers": ["1"], "OutputType": "console"})
    assert [one.item_id for one in response.items] == ["b", "a"]
    assert records(capsys.readouterr().err) == [
        ("recall", "u2i", "a:1,b:4"),
        ("recall", "hot", "b:0.5,x:0.25"),
        ("filter", "u2i", "a:1,b:4"),
        ("filter", "hot", "x:0.25"),
        ("sort", "u2i", "b:4,a:1"),
        ("sort", "hot", "x:0.25"),
        ("recommend", "u2i", "b:4,a:1"),
    ]


def test_others_are_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served(tmp_path, {"DebugUsers": ["1"], "OutputType": "console"}, uid="2")
    served(tmp_path, {"Rate": 100, "OutputType": "datahub"})
    assert capsys.readouterr().err == ""


def test_a_share_of_the_requests() -> None:
    log = DebugLog(DebugConf(rate=30, output_type="console"))
    told = [log.trace(RecommendRequest("u", "home")) is not None for _ in range(2_000)]
    assert 450 < sum(told) < 750
    assert DebugLog(DebugConf(rate=100)).trace(RecommendRequest("u", "home")) is not None


def test_files_begin_anew_when_full_and_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debugging, "FILE_BYTES", 10)
    stamps = iter(f"2026010100000{number}" for number in range(4))
    monkeypatch.setattr(debugging.time, "strftime", lambda form: next(stamps))
    log = DebugLog(DebugConf(rate=100, output_type="file", file_path=str(tmp_path / "d"), max_file_num=2))
    for number in range(4):
        trace = log.trace(RecommendRequest("1", "home", request_id="r1"))
        assert trace is not None
        trace.add("recall", [item(f"i{number}", 0.5)])
        assert trace.end() == ""
    files = sorted((tmp_path / "d").iterdir())
    assert [file.name for file in files] == [f"pairec.debug.2026010100000{number}.log" for number in (2, 3)]
    assert records(files[1].read_text("utf-8")) == [("recall", "r1", "i3:0.5")]


def test_a_folder_that_cannot_be_written_is_noted_and_the_answer_stays(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    response = served(
        tmp_path, {"Rate": 100, "OutputType": "file", "FilePath": str(tmp_path / "taken" / "x")}
    )
    assert len(response.items) == 2
    assert any(note.startswith("debug records are not written: ") for note in response.notes)


def test_what_writes_nothing_is_a_warning() -> None:
    confs = {
        "home": {"Rate": 10, "OutputType": "datahub", "DatahubName": "d"},
        "hone": {"OutputType": "file"},
    }
    found = EngineConfig.read(config(custom("u2i"), DebugConfs=confs))
    assert [warning.path for warning in found.warnings] == [
        "DebugConfs.home.DatahubName",
        "DebugConfs.home.OutputType",
        "DebugConfs.hone.FilePath",
        "DebugConfs.hone",
    ]
    _, findings = EngineConfig.examine({"DebugConfs": {"home": {"Rate": "10"}}})
    assert [problem.path for problem in findings.problems] == ["DebugConfs.home.Rate"]
