"""The rank stage: RankScore and ScoreRewrite without models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.engine.config import EngineConfig
from pairec_cli.engine.engine import Engine
from pairec_cli.engine.rank import RankConf, ScoreExpression
from tests.engine.stores import config, custom, store
from tests.filters.contract import context, item


def ask(folder: Path, **keys: Any) -> RecommendResponse:
    db = store(folder, u2i={"1": "a::0.9,b::0.4,c::0.7"})
    engine = Engine.from_config(config(custom("u2i"), **keys), db)
    return engine.recommend(RecommendRequest("1", "home", 3))


def warnings(**conf: Any) -> list[tuple[str, str]]:
    found = EngineConfig.read(config(custom("u2i"), RankConf={"home": conf}))
    return [(warning.path, warning.message) for warning in found.warnings]


class TestInTheEngine:
    def test_it_scores_between_filters_and_sorts(self, tmp_path: Path) -> None:
        response = ask(tmp_path, RankConf={"home": {"RankScore": "1 - ${current_score}"}})
        scores = [(one.item_id, pytest.approx(one.score)) for one in response.items]
        assert scores == [("b", 0.6), ("c", 0.3), ("a", 0.1)]
        assert [row.stage for row in response.trace] == ["recall", "filter", "rank", "sort", "cut"]

    @pytest.mark.parametrize(
        "conf",
        [
            {"other": {"RankScore": "1"}},
            {"home": {}},
            {"home": {"RankScore": "1", "RankAlgoList": ["ctr"]}},
        ],
    )
    def test_scenes_without_an_expression_keep_their_scores(
        self, conf: dict[str, Any], tmp_path: Path
    ) -> None:
        response = ask(tmp_path, RankConf=conf)
        assert [(one.item_id, one.score) for one in response.items] == [("a", 0.9), ("c", 0.7), ("b", 0.4)]
        assert "rank" not in [row.stage for row in response.trace]

    def test_what_cannot_be_computed_is_noted(self, tmp_path: Path) -> None:
        response = ask(tmp_path, RankConf={"home": {"RankScore": "1/(${current_score}-0.4)"}})
        assert {one.item_id: one.score for one in response.items}["b"] == 0.4
        (row,) = [row for row in response.trace if row.stage == "rank"]
        assert row.note == "RankScore gives no number for 1 of 3 items"


class TestScores:
    def scored(self, text: str, **rewrite: str) -> Any:
        one = item("a", 0.5, "hot", price=4)
        one.algo_scores.update(ctr=0.2, cvr=0.1)
        ScoreExpression("RankScore", RankConf((), text, rewrite)).apply([one], context())
        return one

    @pytest.mark.parametrize(
        ("text", "score"),
        [
            ("${ctr} * ${price}", 0.8),
            ("${recall_score} + ${hot}", 1.0),
            ("${missing} # 7", 7.0),
            ("", 0.5),
            ("(1", 0.5),
            ("log(2)", 0.5),
            ("1/0", 0.5),
            ("10^999", 0.5),
        ],
    )
    def test_names(self, text: str, score: float) -> None:
        assert self.scored(text).score == pytest.approx(score)

    def test_rewrites_see_the_scores_before_them(self) -> None:
        one = self.scored("${ctr} + ${cvr}", ctr="${cvr} * 100", cvr="${ctr} * 100")
        assert one.algo_scores == {"ctr": pytest.approx(10), "cvr": pytest.approx(20)}
        assert one.score == pytest.approx(30)

    def test_a_rewrite_without_a_number_is_zero(self) -> None:
        one = self.scored("1", a="log(2)", b="", c="1/0", d="10^999", e="5")
        assert one.algo_scores == {"ctr": 0.2, "cvr": 0.1, "a": 0, "b": 0, "c": 0, "d": 0, "e": 5}

    def test_what_recalled_an_item_becomes_properties_once(self) -> None:
        one = self.scored("2")
        assert one.properties == {"price": 4, "hot": 0.5, "recall_name": "hot", "recall_score": 0.5}
        ScoreExpression("RankScore", RankConf((), "3")).apply([one], context())
        assert one.properties["recall_score"] == 0.5


class TestDoubts:
    def test_a_conf_that_is_served_has_none(self) -> None:
        assert warnings(RankScore="${a} + 1", ScoreRewrite={"a": "2"}) == []

    @pytest.mark.parametrize(
        ("conf", "path", "word"),
        [
            ({"RankAlgoList": ["m"], "RankScore": "${m}"}, "RankAlgoList[0]", "not ranked"),
            ({"ASTType": "antlr"}, "ASTType", "default grammar"),
            ({"RankScore": "log(2)"}, "RankScore", "scores stay"),
            ({"RankScore": "(1"}, "RankScore", "no expression"),
            ({"ScoreRewrite": {"a": "1"}}, "ScoreRewrite", "without RankScore"),
            ({"RankScore": "1", "ScoreRewrite": {"a": "b"}}, "ScoreRewrite.a", "is 0"),
            ({"RankScore": "1", "ScoreRewrite": {"a": ""}}, "ScoreRewrite.a", "is empty"),
            ({"Processor": "PMML"}, "Processor", "no effect"),
        ],
    )
    def test_what_has_no_effect_is_said(self, conf: dict[str, Any], path: str, word: str) -> None:
        ((found, message),) = warnings(**conf)
        assert found == f"RankConf.home.{path}"
        assert word in message

    def test_an_unknown_scene_is_said(self) -> None:
        found = EngineConfig.read(config(custom("u2i"), RankConf={"hoem": {"RankScore": "1"}}))
        assert [warning.path for warning in found.warnings] == ["RankConf.hoem"]
