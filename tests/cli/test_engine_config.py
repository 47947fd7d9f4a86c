"""`pairec engine config`: show, check, set and unset from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pairec
from tests.engine.stores import config, custom, hot


@pytest.fixture
def file(folder: Path) -> Path:
    document = config(custom("u2i"), hot("hot"), RedisConfs={"r": {"Password": "p4ss"}})
    document["FilterConfs"] = [{"Name": "top", "FilterType": "AdjustCountFilter", "RetainNum": 5}]
    path = folder / "engine.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_show(pairec: Pairec, file: Path) -> None:
    whole = pairec("engine", "config", "show", "--file", str(file))
    assert (whole.code, "p4ss" in whole.out) == (0, False)
    part = pairec("engine", "config", "show", "FilterConfs[top].RetainNum", "--file", str(file))
    assert part.out == "5\n"
    secret = pairec("engine", "config", "show", "RedisConfs.r.Password", "--file", str(file))
    assert secret.out == '"***"\n'
    gone = pairec("engine", "config", "show", "FilterConfs[tip]", "--file", str(file))
    assert (gone.code, "did you mean 'top'" in gone.err) == (1, True)


def test_check(pairec: Pairec, file: Path) -> None:
    assert pairec("engine", "config", "check", str(file)).code == 0
    document = json.loads(file.read_text())
    document["FilterConfs"][0]["Retain"] = 1
    file.write_text(json.dumps(document))
    assert pairec("engine", "config", "check", str(file)).code == 0
    strict = pairec("engine", "config", "check", str(file), "--strict", "--format", "json")
    assert (strict.code, strict.json["ok"]) == (1, False)
    assert [one["path"] for one in strict.json["warnings"]] == ["FilterConfs[0].Retain"]
    document["FilterConfs"][0]["RetainNum"] = "5"
    document["RecallConfs"][0]["RecallType"] = "UserCustomRecal"
    file.write_text(json.dumps(document))
    result = pairec("engine", "config", "check", str(file))
    assert result.code == 1
    for path in ("FilterConfs[0].RetainNum", "RecallConfs[0].RecallType", "FilterConfs[0].Retain"):
        assert path in result.out
    assert "2 problem(s)" in result.err


def test_set_and_unset(pairec: Pairec, file: Path) -> None:
    before = json.loads(file.read_text())
    assert pairec("engine", "config", "set", "FilterConfs[top].RetainNum", "7", "--file", str(file)).code == 0
    changed = json.loads(file.read_text())
    assert changed["FilterConfs"][0]["RetainNum"] == 7
    changed["FilterConfs"][0]["RetainNum"] = 5
    assert changed == before
    assert pairec("engine", "config", "set", "RunMode", "product", "--file", str(file)).code == 0
    assert json.loads(file.read_text())["RunMode"] == "product"
    assert pairec("engine", "config", "unset", "RunMode", "--file", str(file)).code == 0
    assert json.loads(file.read_text())["FilterConfs"][0]["RetainNum"] == 7
    assert "RunMode" not in json.loads(file.read_text())


def test_what_would_not_load_is_not_written(pairec: Pairec, file: Path) -> None:
    before = file.read_bytes()
    for path, value in (("FilterConfs[top].RetainNum", "many"), ("FilterConfs[top].FilterType", "Nope")):
        result = pairec("engine", "config", "set", path, value, "--file", str(file))
        assert (result.code, path.rpartition(".")[2] in result.err) == (1, True)
    assert pairec("engine", "config", "unset", "FilterConfs[top].FilterType", "--file", str(file)).code == 1
    assert pairec("engine", "config", "unset", "Nowhere", "--file", str(file)).code == 1
    dry = pairec("engine", "config", "set", "RunMode", "x", "--dry-run", "--file", str(file))
    assert (dry.code, "would be changed" in dry.err) == (0, True)
    assert file.read_bytes() == before


def test_a_broken_file_may_be_mended_step_by_step(pairec: Pairec, file: Path) -> None:
    document = json.loads(file.read_text())
    document["RunMode"], document["FilterConfs"][0]["RetainNum"] = 1, "5"
    file.write_text(json.dumps(document))
    first = pairec("engine", "config", "set", "RunMode", "daily", "--file", str(file))
    assert (first.code, "FilterConfs[0].RetainNum" in first.err) == (0, True)
    assert pairec("engine", "config", "set", "Region", "x", "--file", str(file)).code == 1
    assert pairec("engine", "config", "set", "FilterConfs[0].RetainNum", "5", "--file", str(file)).code == 0
    assert pairec("engine", "config", "check", "--file", str(file)).code == 0


def test_without_a_file_it_is_the_workspaces(pairec: Pairec, folder: Path) -> None:
    for arguments in (("show",), ("check",), ("set", "a", "1"), ("unset", "a")):
        result = pairec("engine", "config", *arguments)
        assert (result.code, result.err.splitlines()[0]) == (
            1,
            f"error: no workspace in {folder} or above it",
        )
