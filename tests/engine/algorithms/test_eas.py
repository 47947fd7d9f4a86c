"""EAS: the model in service under the algorithm's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import NotFound, PairecError
from pairec_cli.domain.stages import Resources
from pairec_cli.engine.algorithms.conf import AlgorithmConf, EasConf
from pairec_cli.engine.algorithms.eas import EasModel
from tests.engine.models import serve_model
from tests.engine.stores import resources
from tests.filters.contract import context, item


def made(models: Path, *outputs: str) -> EasModel:
    conf = AlgorithmConf("home_rank", "EAS", EasConf(outputs=outputs))
    return EasModel(conf, resources().replace(models=str(models)))


def test_all_outputs_or_those_that_are_wanted(tmp_path: Path) -> None:
    serve_model(tmp_path)
    items = [item("a"), item("b")]
    assert made(tmp_path).score(items, context()) == {"p": [1.0, 3.0], "y": [2.0, 6.0]}
    assert made(tmp_path, "y").score(items, context()) == {"y": [2.0, 6.0]}
    with pytest.raises(NotFound, match="output 'q' does not exist"):
        made(tmp_path, "y", "q").score(items, context())


@pytest.mark.parametrize(
    ("of_the_model", "wanted"), [("probs", "probs_is_click"), ("probs_is_click", "probs"), ("y_play", "y")]
)
def test_a_single_output_is_known_with_and_without_its_target(
    tmp_path: Path, of_the_model: str, wanted: str
) -> None:
    serve_model(tmp_path, outputs=[of_the_model])
    assert made(tmp_path, wanted).score([item("a")], context()) == {wanted: [1.0]}
    with pytest.raises(NotFound, match="output 'clicks' does not exist"):
        made(tmp_path, "clicks").score([item("a")], context())
    serve_model(tmp_path, "both", outputs=["probs_is_click", "y_play"])
    both = EasModel(
        AlgorithmConf("both", "EAS", EasConf(outputs=("probs",))), resources().replace(models=str(tmp_path))
    )
    with pytest.raises(NotFound, match="output 'probs' does not exist"):
        both.score([item("a")], context())


def test_features_of_the_request_are_its_context(tmp_path: Path) -> None:
    serve_model(tmp_path)
    asked = context()
    asked.request.__dict__["features"] = {"net": "4G"}
    assert made(tmp_path, "p").score([item("a")], asked) == {"p": [3.0]}


def test_an_engine_without_models(tmp_path: Path) -> None:
    without: Resources = resources()
    with pytest.raises(PairecError, match="opened without models"):
        EasModel(AlgorithmConf("home_rank", "EAS"), without)
