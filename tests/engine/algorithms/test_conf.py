"""AlgoConfs: what is served, and what has no effect."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.engine.config import EngineConfig
from tests.engine.models import algorithm, ranked
from tests.engine.stores import config, custom


@pytest.mark.parametrize(
    ("conf", "path", "word"),
    [
        ({"Name": "home_rank", "Type": "FAISS"}, "AlgoConfs[0].Type", "EAS and LOOKUP are"),
        ({"Name": "", "Type": "EAS"}, "AlgoConfs[0].Name", "no folder"),
        ({"Name": "../x", "Type": "EAS"}, "AlgoConfs[0].Name", "no folder"),
        (algorithm(Processor="TensorFlow"), "AlgoConfs[0].EasConf.Processor", "is not served"),
        (algorithm(ResponseFuncName="x"), "AlgoConfs[0].EasConf.ResponseFuncName", "a number per item"),
        ({**algorithm(), "VectorConf": {}}, "AlgoConfs[0].VectorConf", "no effect"),
    ],
)
def test_what_has_no_effect_is_said(conf: dict[str, Any], path: str, word: str) -> None:
    found = EngineConfig.read(config(custom("u2i"), **ranked("1", AlgoConfs=[conf])))
    known = "home_rank" in found.algorithms
    assert found.warnings[0].path == path
    assert word in found.warnings[0].message
    assert [one.path for one in found.warnings[1:]] == ([] if known else ["RankConf.home.RankAlgoList[0]"])


def test_a_later_algorithm_replaces_one_of_the_same_name() -> None:
    found = EngineConfig.read(config(custom("u2i"), AlgoConfs=[algorithm(), algorithm(Outputs=["y"])]))
    assert found.algorithms["home_rank"].eas_conf.outputs == ("y",)
    assert [one.path for one in found.warnings] == ["AlgoConfs[1]"]
