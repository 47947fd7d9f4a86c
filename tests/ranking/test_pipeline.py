"""The pipeline config of a solution: whole, buildable, and refused where form and model do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from pairec_cli.components.learning_rates import learning_rate
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.errors import InvalidConfig
from pairec_cli.domain.pipeline_config import parse, write
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.ranking.engine_entry import served_outputs
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.pipeline import model_name, pipeline_config, ranking_problems
from pairec_cli.ranking.registry import RANKING_MODELS

ONE: dict[str, Any] = {"targets": Ranking().targets[:1], "rank_score": "${probs_is_click}"}


def solution(**form: Any) -> Solution:
    return Solution(ranking=Ranking(**form))


def form_of(model: str) -> dict[str, Any]:
    return {"model": model} if RANKING_MODELS.load(model).several else {"model": model, **ONE}


@pytest.mark.parametrize("model", list(RANKING_MODELS))
def test_every_model_is_written_read_and_built(model: str) -> None:
    sln = solution(**form_of(model), combos=(("city", "category"),), numeric="binned")
    config = pipeline_config(sln, model_features(sln, {"user_id": 100, "item_id": 100}))
    assert parse(write(config)) == config
    assert config.model is not None
    assert config.model.which("model") == model
    outputs = [task.output for task in ranking_model(config).tasks]
    assert sln.ranking is not None
    assert outputs == list(served_outputs(sln.ranking).values())
    assert ranking_problems(sln) == []


def test_paths_labels_and_weights() -> None:
    sln = solution(sample_weight="max(if(event='praise',2,1))")
    config = pipeline_config(sln, model_features(sln))
    assert config.train_input_path == "odps://project_mc/tables/home_rank_fg_encoded_v1"
    assert config.eval_input_path == "odps://project_mc/tables/home_rank_fg_encoded_eval_v1"
    assert config.model_dir == "oss://pairec-bucket/models/home_rank"
    assert config.data_config is not None
    assert config.data_config.label_fields == ("is_click", "ln_playtime")
    assert config.data_config.sample_weight_fields == ("sample_weight",)
    assert config.data_config.fg_encoded_multival_sep == ","
    assert model_name(sln) == "home_rank"


def test_embeddings_learn_by_an_optimizer_that_a_cpu_has() -> None:
    sln = solution()
    train = pipeline_config(sln, model_features(sln)).train_config
    assert train is not None
    assert train.sparse_optimizer.which("optimizer") == "adagrad_optimizer"
    assert train.dense_optimizer.which("optimizer") == "adam_optimizer"


def test_rates_fall_from_epoch_to_epoch() -> None:
    sln = solution()
    train = pipeline_config(sln, model_features(sln)).train_config
    assert train is not None
    for optimizer in (train.sparse_optimizer, train.dense_optimizer):
        rates = [learning_rate(optimizer, 1.0, 40 * epoch, epoch) for epoch in range(4)]
        assert rates == pytest.approx([1, 0.7, 0.49, 0.343])
        assert learning_rate(optimizer, 1.0, 79, 1) == rates[1], "the same for all steps of an epoch"


def test_grouped_auc_follows_the_user_id() -> None:
    sln = solution(exclude=("user_id",))
    assert "grouped_auc" not in write(pipeline_config(sln, model_features(sln)))


@pytest.mark.parametrize(
    ("form", "path", "told"),
    [
        (
            {"model": "multi_tower"},
            "ranking.targets",
            "one target, the form has 2; several: dbmtl, mmoe",
        ),
        ({"model": "dbmlt"}, "ranking.model", "did you mean 'dbmtl'?"),
        (
            {"model": "multi_tower_din", **ONE, "sequence_events": ()},
            "ranking.sequence_events",
            "there is none",
        ),
        ({"select": ("click_50_seq",)}, "ranking.select", "no feature is left besides sequences"),
        ({"combos": (("city", "categry"),)}, "ranking.combos", "did you mean 'category'?"),
    ],
)
def test_forms_that_do_not_fit(form: dict[str, Any], path: str, told: str) -> None:
    sln = solution(**form)
    (problem,) = ranking_problems(sln)
    assert problem.path == path
    assert told in problem.message
    with pytest.raises(InvalidConfig):
        pipeline_config(sln, model_features(sln))


def test_a_solution_that_does_not_rank_has_no_problems() -> None:
    assert ranking_problems(Solution()) == []
    assert ranking_problems(solution(model="unknown", enabled=False)) == []
