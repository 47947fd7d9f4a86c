"""Models in the rank stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pairec_cli.domain.requests import RecommendRequest, RecommendResponse
from pairec_cli.engine.engine import Engine
from tests.engine.models import algorithm, ranked, serve_model
from tests.engine.stores import config, custom, store, user_features

RECALLED = [("a", 0.9), ("c", 0.7), ("b", 0.4), ("z", 0.1)]


def engine(folder: Path, **keys: Any) -> Engine:
    db = store(folder, u2i={"1": "a::0.9,b::0.4,c::0.7,z::0.1"})
    db.publish("users", "user_id", ["boost"], [("1", 10)], ds="20260101", fingerprint="f")
    conf = config(custom("u2i"), UserFeatureConfs=user_features("users"), **keys)
    return Engine.from_config(conf, db, models=str(folder / "models"))


def ask(served: Engine, **keys: Any) -> RecommendResponse:
    return served.recommend(RecommendRequest("1", "home", 4, **{"explain": True, **keys}))


def answer(response: RecommendResponse) -> list[tuple[str, float]]:
    return [(item.item_id, item.score) for item in response.items]


def note(response: RecommendResponse) -> str:
    (row,) = [row for row in response.trace if row.stage == "rank"]
    return row.note


def shown(response: RecommendResponse) -> dict[str, Any]:
    return {item.item_id: item.explanation and dict(item.explanation.scores) for item in response.items}


class TestOneModel:
    def test_candidates_are_ranked_by_its_scores(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        served = engine(tmp_path, **ranked("${home_rank_p} * (1 + ${y}) + ${current_score}"))
        assert served.warnings == ()
        response = ask(served, features={"net": "4G"})
        # boost 10, net is id 2, cnt 3, 2, 1, and 0 where nobody knows the item
        expected = {"b": 15 * 31 + 0.4, "c": 14 * 29 + 0.7, "a": 13 * 27 + 0.9, "z": 12 * 25 + 0.1}
        assert answer(response) == [(name, pytest.approx(score)) for name, score in expected.items()]
        assert shown(response) == {
            name: {"p": p, "y": 2 * p} for name, p in zip("bcaz", (15, 14, 13, 12), strict=True)
        }
        assert [row.stage for row in response.trace] == ["user", "recall", "filter", "rank", "sort", "cut"]
        assert (note(response), response.notes) == ("", [])

    def test_without_an_expression_the_scores_are_only_there(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        sort = {
            "SortConfs": [
                {
                    "Name": "by",
                    "SortType": "AlgoScoreSort",
                    "SortByField": "home_rank_y",
                    "SwitchThreshold": 1,
                }
            ]
        }
        response = ask(engine(tmp_path, **ranked(), **sort, SortNames={"home": ["by"]}))
        assert answer(response) == [("b", 0.4), ("c", 0.7), ("a", 0.9), ("z", 0.1)]

    def test_only_the_outputs_that_are_wanted(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        served = engine(tmp_path, **ranked("${home_rank}", AlgoConfs=[algorithm(Outputs=["y"])]))
        response = ask(served)
        assert answer(response)[0] == ("b", 26)
        assert shown(response)["b"] == {"y": 26}

    def test_a_new_model_takes_over_between_requests(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        served = engine(tmp_path, **ranked("${p}"))
        assert answer(ask(served))[0] == ("b", 13)
        serve_model(tmp_path / "models", ds="20260102", outputs=["y", "p"])
        assert answer(ask(served))[0] == ("b", 26)

    def test_nobody_to_rank(self, tmp_path: Path) -> None:
        served = engine(tmp_path, **ranked("${p}"))
        assert served.recommend(RecommendRequest("2", "home", 1)).items == []


class TestSeveral:
    def test_each_has_its_name(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models", "one", outputs=["p"])
        serve_model(tmp_path / "models", "two", outputs=["x", "p"])
        response = ask(engine(tmp_path, **ranked("${one} + ${one_p} + ${two_p}", "one", "two")))
        assert answer(response)[0] == ("b", 13 + 13 + 26)
        assert shown(response)["b"] == {"one_p": 13, "two_x": 13, "two_p": 26}
        assert [row.name for row in response.trace if row.stage == "rank"] == ["one, two"]

    def test_one_that_fails_leaves_the_scores(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models", "one")
        response = ask(engine(tmp_path, **ranked("${one_p}", "one", "two")))
        assert answer(response) == RECALLED

    def test_a_lookup_beside_a_model(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        confs = [algorithm(), {"Name": "price", "Type": "LOOKUP", "LookupConf": {"FieldName": "price"}}]
        conf = ranked("${price} + ${p}", "home_rank", "price", AlgoConfs=confs)
        assert answer(ask(engine(tmp_path, **conf)))[0] == ("b", 13.5)


class TestFailures:
    def failed(self, folder: Path, word: str, **keys: Any) -> None:
        response = ask(engine(folder, **{**ranked("${p}"), **keys}))
        assert answer(response) == RECALLED
        assert note(response).startswith("home_rank gives no scores, items keep theirs: ")
        assert word in note(response)
        assert response.notes == [note(response)]
        assert shown(response)["a"] == {}

    def test_no_model(self, tmp_path: Path) -> None:
        self.failed(tmp_path, "no model is in service in")

    def test_a_damaged_model(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        (tmp_path / "models" / "home_rank" / "20260101" / "model.onnx").write_bytes(b"!")
        self.failed(tmp_path, "model.onnx is damaged")

    def test_an_output_that_it_does_not_have(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        self.failed(tmp_path, "output 'q' does not exist", AlgoConfs=[algorithm(Outputs=["q"])])

    def test_an_engine_without_models(self, tmp_path: Path) -> None:
        served = engine(tmp_path, **ranked("${p}"))
        response = ask(Engine(served.config, served.featuredb))
        assert "opened without models" in note(response)

    def test_a_damaged_successor_is_told_while_the_model_before_serves(self, tmp_path: Path) -> None:
        serve_model(tmp_path / "models")
        served = engine(tmp_path, **ranked("${p}"))
        ask(served)
        serve_model(tmp_path / "models", ds="20260102")
        (tmp_path / "models" / "home_rank" / "20260102" / "model.onnx").write_bytes(b"!")
        response = ask(served)
        assert answer(response)[0] == ("b", 13)
        assert note(response).endswith("the model of 20260101 keeps serving")
