"""engine.json as a document: checked whole, shown without secrets, edited at one path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.engine.config_document import (
    at,
    check,
    masked,
    read_document,
    steps_of,
    with_value,
    without_value,
    write_document,
)
from tests.engine.stores import config, custom, hot

TOP = {"Name": "top1", "FilterType": "AdjustCountFilter", "RetainNum": 1}
DOCUMENT: dict[str, Any] = {
    **config(custom("u2i"), hot("hot")),
    "FilterConfs": [{"Name": "other", "FilterType": "UniqueFilter"}, TOP],
    "FilterNames": {"a.b": ["top1"], "default": []},
}


def test_everything_wrong_is_said_at_once() -> None:
    wrong = with_value(DOCUMENT, "FilterConfs[top1].RetainNum", "1")
    wrong = with_value(wrong, "RecallConfs[hot].DaoConf.AdapterType", "hbase")
    wrong = with_value(wrong, "SortConfs", [{"Name": "s", "SortType": "?"}])
    wrong["FilterNamez"] = {}
    report = check(wrong)
    assert sorted(problem.path for problem in report.problems) == [
        "FilterConfs[1].RetainNum",
        "RecallConfs[1].DaoConf.AdapterType",
        "SortConfs[0].SortType",
    ]
    assert "did you mean 'FilterNames'" in next(w.message for w in report.warnings if w.path == "FilterNamez")
    assert check(config(custom("u2i"))).problems == ()


def test_filters_on_the_embedded_store_need_no_store_to_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dao = {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": "v"}
    confs = [
        {"Name": "e", "FilterType": "User2ItemExposureFilter", "DaoConf": dao},
        {"Name": "u", "FilterType": "User2ItemCustomFilter", "DaoConf": dao},
        {"Name": "i", "FilterType": "ItemCustomFilter", "DaoConf": dao},
        {"Name": "s", "FilterType": "ItemStateFilter", "ItemStateDaoConf": dao},
    ]
    assert check({**config(custom("u2i")), "FilterConfs": confs}).problems == ()
    unnamed = {
        **config(custom("u2i")),
        "FilterConfs": [{**confs[0], "DaoConf": {**dao, "FeatureStoreName": "x"}}],
    }
    assert [p.path for p in check(unnamed).problems] == ["FilterConfs[0].DaoConf.FeatureStoreName"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("RunMode", ["RunMode"]),
        ("FilterConfs[0].RetainNum", ["FilterConfs", 0, "RetainNum"]),
        ("FilterConfs[top 1].A", ["FilterConfs", "top 1", "A"]),
        ('FilterNames["a.b"][2]', ["FilterNames", "a.b", 2]),
        ('X[""]', ["X", ""]),
    ],
)
def test_paths(path: str, steps: list[object]) -> None:
    assert steps_of(path) == steps


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a]b", "a[]", "a.", 'a["b"', "[0]x"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InvalidInput, match="is no path"):
        steps_of(path)


def test_looking_up() -> None:
    assert at(DOCUMENT, "") is DOCUMENT
    assert at(DOCUMENT, "filterconfs[TOP1]".replace("TOP1", "top1")) == TOP
    assert at(DOCUMENT, 'FilterNames["a.b"][0]') == "top1"
    for path in ("FilterConfs[gone]", "FilterConfs[9]", "Gone", "RunMode.x", "FilterNames.a"):
        with pytest.raises(NotFound):
            at(DOCUMENT, path)


def test_setting_keeps_the_rest() -> None:
    changed = with_value(DOCUMENT, "filterconfs[1].retainnum", 5)
    assert changed["FilterConfs"][1] == {**TOP, "RetainNum": 5}
    assert DOCUMENT["FilterConfs"][1] == TOP
    assert without_value(changed, "FilterConfs[top1].RetainNum")["FilterConfs"][1].keys() == {
        "Name",
        "FilterType",
    }
    made = with_value(DOCUMENT, "UserFeatureConfs.home.AsynLoadFeature", True)
    assert made["UserFeatureConfs"] == {"home": {"AsynLoadFeature": True}}
    assert with_value(DOCUMENT, "FilterConfs[2]", {})["FilterConfs"][2] == {}
    assert without_value(DOCUMENT, "FilterNames.default")["FilterNames"].keys() == {"a.b"}
    with pytest.raises(NotFound):
        with_value(DOCUMENT, "FilterConfs[3]", {})
    with pytest.raises(NotFound):
        without_value(DOCUMENT, "Gone")


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), max_size=8), st.integers())
def test_any_key_can_be_set_and_unset(key: str, value: int) -> None:
    path = f'X["{key}"]'
    changed = with_value({}, path, value)
    assert at(changed, path) == value
    assert without_value(changed, path) == {"X": {}}


def test_secrets_are_hidden() -> None:
    document = {
        "RedisConfs": {"r": {"Host": "h", "Password": "p4ss", "DbNum": 1}},
        "HologresConfs": {"h": {"DSN": "postgres://u:p4ss@h/d"}, "v": {"DSN": "${HOLO_DSN}"}},
        "AlgoConfs": [{"Name": "a", "EasConf": {"Auth": "p4ss", "Url": "u"}}],
        "FeatureStoreConfs": {"f": {"AccessId": "i", "AccessKey": "p4ss"}},
        "RecallConfs": [{"Name": "a", "CacheConfig": '{"password": "p4ss"}'}],
        "UserDefineConfs": {"Token": 4711, "Secret": None, "Password": ""},
    }
    shown = masked(document)
    assert "p4ss" not in json.dumps(shown)
    assert shown["UserDefineConfs"] == {"Token": "***", "Secret": None, "Password": ""}
    assert shown["RedisConfs"]["r"] == {"Host": "h", "Password": "***", "DbNum": 1}
    assert shown["HologresConfs"]["v"] == {"DSN": "${HOLO_DSN}"}
    assert shown["AlgoConfs"][0]["EasConf"]["Url"] == "u"


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "engine.json"
    write_document(path, {"é": 1})
    path.chmod(0o600)
    write_document(path, {"é": 2})
    assert read_document(path) == {"é": 2}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["engine.json"]
    for text in ("{", "[]"):
        path.write_text(text)
        with pytest.raises(InvalidInput):
            read_document(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_document(tmp_path / "gone.json")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_document(tmp_path / "no" / "where.json", {})
