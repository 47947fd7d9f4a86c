"""Targets as losses, metrics and towers."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking, RankingTarget
from pairec_cli.ranking.model_inputs import ModelInputs
from pairec_cli.ranking.tasks import losses, metrics, sample_weight, task_towers
from tests.ranking.inputs import INPUTS

CLICK, STAY = Ranking().targets


def test_losses() -> None:
    assert [loss.which("loss") for loss in (*losses(CLICK), *losses(STAY))] == [
        "binary_cross_entropy",
        "l2_loss",
    ]


def test_metrics() -> None:
    found = metrics(CLICK, INPUTS)
    assert [metric.which("metric") for metric in found] == ["auc", "grouped_auc"]
    assert found[1].grouped_auc is not None
    assert found[1].grouped_auc.grouping_key == "user_id"
    assert [metric.which("metric") for metric in metrics(STAY, INPUTS)] == [
        "mean_squared_error",
        "mean_absolute_error",
    ]


def test_no_auc_by_user_where_the_model_does_not_see_the_user() -> None:
    assert [metric.which("metric") for metric in metrics(CLICK, ModelInputs(()))] == ["auc"]


def test_a_tower_per_target() -> None:
    heavy = RankingTarget(name="is_praise", expression="max(1)", weight=3.0)
    form = Ranking(targets=(CLICK, heavy), rank_score="${probs_is_click}", sample_weight="max(1)")
    towers = task_towers(form, INPUTS)
    assert [(t.tower_name, t.label_name, t.weight, t.sample_weight_name) for t in towers] == [
        ("is_click", "is_click", 1.0, "sample_weight"),
        ("is_praise", "is_praise", 3.0, "sample_weight"),
    ]
    assert sample_weight(Ranking()) is None
