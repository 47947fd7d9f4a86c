"""A model of the trainer's own export, in service: the serving path gives what PyTorch gives."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch

from pairec_cli.components.batch import Batch, Ragged
from pairec_cli.components.onnx_export import export
from pairec_cli.components.ranking_models import ranking_model
from pairec_cli.domain.model_features import Form, ModelFeature
from pairec_cli.domain.solution import Ranking, Solution
from pairec_cli.online.in_service import InService
from pairec_cli.online.model_description import ModelDescription
from pairec_cli.online.ranking_models import RankingModel
from pairec_cli.online.snapshot_writing import write_snapshot
from pairec_cli.ranking.feature_list import model_features
from pairec_cli.ranking.pipeline import pipeline_config

torch.set_num_threads(1)
NOON = 1_767_571_200 + 4 * 3600  # 12 o'clock in Shanghai
ITEMS = {"item_id": ["1", "2"], "author": ["9", None], "category": ["b", "a"], "click_count": [7, 0]}
USER = {
    "gender": "f",
    "age": 30,
    "tags": "x|y",
    "user__kv_category_click_7d": "a:3,b:1",
    "click_50_seq__item_id": "2;1;2",
    "click_50_seq__category": "a;;b",
    "click_50_seq__ts": f"{NOON - 30};{NOON - 4000};{NOON - 10**6}",
}
KEPT = {*ITEMS, *USER, "user_id", "day_h", "week_day", "net_type"}


def served(
    folder: Path, features: list[ModelFeature], solution: Solution
) -> tuple[RankingModel, torch.nn.Module]:
    config = pipeline_config(solution, features)
    torch.manual_seed(1)
    made = ranking_model(config)
    values = {f.vocabulary: ["a", "b", "1", "2", "x", "f", "u1"] for f in features if f.vocabulary}
    (folder / "20260101").mkdir()
    sample = batch(features, {f.name: [0] for f in features}, {f.name: 0.0 for f in features})
    export(
        made,
        config,
        features,
        values,
        folder / "20260101",
        model_name="home_rank",
        ds="20260101",
        sample=sample,
    )
    service = InService("20260101", "20260102", "Asia/Shanghai", "user_id", "item_id")
    description = ModelDescription.read(folder / "20260101")
    write_snapshot(description, ITEMS["item_id"], ITEMS.__getitem__, service.snapshot(folder))
    return RankingModel(folder, service), made.eval()


def batch(features: list[ModelFeature], ids: dict[str, list[int]], numbers: dict[str, float]) -> Batch:
    """One row: ids per feature, as they are written by hand."""
    single = [f for f in features if f.form is not Form.TAG and not f.sequence]
    longest = max(len(ids[f.name]) for f in features if f.sequence)
    tags = [f for f in features if f.form is Form.TAG]
    return Batch.of(
        {f.name: torch.tensor(ids[f.name]) for f in single if not f.is_dense},
        {f.name: torch.tensor([float(numbers[f.name])]) for f in single if f.is_dense},
        lists={f.name: Ragged(torch.tensor(ids[f.name]), torch.tensor([0, len(ids[f.name])])) for f in tags},
        sequences={f.name: torch.tensor([ids[f.name]]) for f in features if f.sequence},
        lengths={f.sequence: torch.tensor([longest]) for f in features if f.sequence},
    )


def test_a_request_scores_as_its_row_does(tmp_path: Path) -> None:
    solution = Solution(ranking=Ranking())
    features = [f for f in model_features(solution) if f.name in KEPT]
    model, trained = served(tmp_path, features, solution)
    scores = model.score("u1", USER, {"net_type": "4G"}, NOON, ["2", "unknown"])
    ids = {
        "user_id": [8],
        "gender": [7],
        "city": [0],
        "tags": [6, 1],
        "net_type": [1],
        "day_h": [12],
        "week_day": [0],
        "item_id": [5],
        "author": [0],
        "category": [2],
        "click_50_seq__item_id": [5, 4, 5],
        "click_50_seq__category": [2, 0, 3],
        "click_50_seq__ts": [1, 6, 15],
    }
    numbers = {"age": math.log(31), "click_count": 0.0, "user__kv_category_click_7d": math.log(4)}
    unknown = {**ids, "item_id": [1], "category": [0]}
    with torch.no_grad():
        for place, row in enumerate((ids, unknown)):
            alone = {**numbers, "user__kv_category_click_7d": 0.0} if place else numbers
            expected = trained.predict(batch(features, row, alone))
            assert set(scores) == set(expected) == {"probs_is_click", "y_ln_playtime"}
            for name, value in expected.items():
                np.testing.assert_allclose(scores[name][place], value.item(), atol=1e-6)
    assert scores["probs_is_click"][0] != scores["probs_is_click"][1]
