"""Sections beside the stages' own: every key typed, those without effect told."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.decode import NO_EFFECT

RIGHT: dict[str, Any] = {
    "SceneConfs": {"home": {}},
    "CallBackConfs": {"home": {"DataSource": {"Name": "k", "Type": "kafka"}, "RawFeatures": True}},
    "LogConf": {"RetensionDays": 3, "DiskSize": 20, "LogLevel": "INFO", "Output": "console", "SLSName": ""},
    "FeatureLogConfs": {"home": {"OutputType": "datahub", "Rate": 50, "KafKaName": "k"}},
    "EmbeddingConfs": {"home": {"RankConf": {"RankScore": "${a}"}}},
    "ColdStartRankConfs": {"home": {"RecallName": "r", "OnlyEmbeddingFeature": True}},
    "PipelineConfs": {"home": [{"Name": "p", "GeneralRankConf": {"ActionConfs": []}, "SortNames": ["s"]}]},
    "GeneralRankConfs": {"home": {"ActionConfs": [{"ActionType": "sort", "ActionName": "ItemRankScore"}]}},
    "ColdStartGeneralRankConfs": {"home": {"RecallNames": ["r"]}},
    "FeatureConfs": {"home": {"AsynLoadFeature": True, "FeatureLoadConfs": []}},
    "UserFeatureConfs": {"home": {"AsynLoadFeature": False}},
    "DebugConfs": {"home": {"Rate": 0, "OutputType": "console", "MaxFileNum": 3}},
}


def test_keys_without_effect_are_told_and_the_others_are_not() -> None:
    found, findings = EngineConfig.examine(RIGHT)
    assert findings.problems == []
    idle = [warning.path for warning in found.warnings if warning.message == NO_EFFECT]
    assert set(idle) == {
        *("CallBackConfs.home.DataSource", "CallBackConfs.home.RawFeatures"),
        *("LogConf.RetensionDays", "LogConf.DiskSize", "LogConf.LogLevel", "LogConf.Output"),
        *("FeatureLogConfs.home.OutputType", "FeatureLogConfs.home.Rate", "FeatureLogConfs.home.KafKaName"),
        "EmbeddingConfs.home.RankConf",
        *("ColdStartRankConfs.home.RecallName", "ColdStartRankConfs.home.OnlyEmbeddingFeature"),
        *("PipelineConfs.home[0].Name", "PipelineConfs.home[0].SortNames"),
    }
    assert len(found.warnings) == len(idle)


@pytest.mark.parametrize(
    ("section", "wrong", "path"),
    [
        ("CallBackConfs", {"home": {"ItemSize": "3"}}, ".home.ItemSize"),
        ("LogConf", {"DiskSize": 1.5}, ".DiskSize"),
        ("FeatureLogConfs", {"home": {"SplitUserItemLogs": 1}}, ".home.SplitUserItemLogs"),
        ("EmbeddingConfs", [], ""),
        ("ColdStartRankConfs", {"home": "r"}, ".home"),
        ("PipelineConfs", {"home": [{"RecallNames": "r"}]}, ".home[0].RecallNames"),
        (
            "GeneralRankConfs",
            {"home": {"ActionConfs": [{"ActionName": 3}]}},
            ".home.ActionConfs[0].ActionName",
        ),
        ("ColdStartGeneralRankConfs", {"home": {"RecallNames": [3]}}, ".home.RecallNames[0]"),
        ("FeatureConfs", {"home": {"FeatureLoadConfs": {}}}, ".home.FeatureLoadConfs"),
        ("UserFeatureConfs", {"home": {"AsynLoadFeature": 1}}, ".home.AsynLoadFeature"),
        ("DebugConfs", {"home": {"DebugUsers": "u"}}, ".home.DebugUsers"),
    ],
)
def test_a_wrong_type_refuses_the_configuration_with_its_path(section: str, wrong: Any, path: str) -> None:
    _, findings = EngineConfig.examine({**RIGHT, section: wrong})
    assert [problem.path for problem in findings.problems] == [section + path]
    assert "***" not in findings.problems[0].message
