"""The model's metrics, the orders beside it, and the samples it learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pairec_cli.domain.ds import shift
from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.tables import TableName
from pairec_cli.evaluation.ranking import grouped_auc
from pairec_cli.project import Project
from pairec_cli.workflow import ranking_quality
from pairec_cli.workflow.data import world_config
from pairec_cli.workflow.ranking_quality import Quality, qualities, sample_counts, toward_oracle
from pairec_cli.workflow.trained_models import trained_ranking
from tests.workflow.ranked import ranked
from tests.workflow.tiny import DAY


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return ranked(tmp_path)


def test_the_model_stands_beside_the_other_orders(project: Project) -> None:
    found = {(one.target, one.order): one for one in qualities(project, trained_ranking(project))}
    assert found.keys() == {
        ("is_click", "model"),
        ("is_click", "oracle"),
        ("is_click", "popularity"),
        ("is_click", "random"),
        ("ln_playtime", "model"),
    }
    report = trained_ranking(project).report(DAY)
    best = report["epochs"][report["best_epoch"] - 1]["metrics"]
    of_click = {one["metric"]: one["value"] for one in best if one["target"] == "is_click"}
    assert found["is_click", "model"].grouped_auc == of_click["grouped_auc"]
    assert found["ln_playtime", "model"].auc is None


def test_orders_are_what_they_say(project: Project) -> None:
    """Popularity and recall scores, counted here in the slow way."""
    table = TableName("project_mc", "tiny_etrec_u2i_v1")
    held = project.warehouse.read(TableName("project_mc", "tiny_rank_fg_encoded_eval_v1"), [DAY]).to_pylist()
    before = shift(DAY, -1)
    user, item = held[0]["__user_id__"], held[0]["__item_id__"]
    rows = project.warehouse.read(table, [DAY]).drop_columns(["ds"]).slice(0, 1)
    place = rows.column_names.index("item_ids")
    key = rows.column_names.index("user_id")
    rows = rows.set_column(place, "item_ids", [[f"{item}:2.5,nobody:1"]]).set_column(key, "user_id", [[user]])
    project.warehouse.write(table, before, rows)
    train = project.warehouse.read(TableName("project_mc", "tiny_rank_fg_encoded_v1"), [DAY]).to_pylist()
    clicks: dict[str, float] = {}
    for row in train:
        clicks[row["__item_id__"]] = clicks.get(row["__item_id__"], 0.0) + row["is_click"]
    labels = np.array([row["is_click"] for row in held])
    groups = np.unique([row["__user_id__"] for row in held], return_inverse=True)[1]
    popular = np.array([clicks.get(row["__item_id__"], 0.0) for row in held])
    recalled = np.array([2.5 * ((row["__user_id__"], row["__item_id__"]) == (user, item)) for row in held])
    found = {one.order: one.grouped_auc for one in qualities(project, trained_ranking(project)) if one.auc}
    assert found["popularity"] == pytest.approx(grouped_auc(labels, popular, groups))
    assert found["recalls"] == pytest.approx(grouped_auc(labels, recalled, groups))


def test_how_far_the_model_came() -> None:
    model = Quality("d", "t", "model", grouped_auc=0.65)
    [(one, share)] = toward_oracle([model, Quality("d", "t", "oracle", grouped_auc=0.7)])
    assert one is model
    assert share == pytest.approx(0.75)
    assert list(toward_oracle([model, Quality("d", "other", "oracle", grouped_auc=0.7)])) == []
    assert list(toward_oracle([model, Quality("d", "t", "oracle", grouped_auc=0.5)])) == []


@pytest.mark.parametrize("users", [None, 3], ids=["no world", "a smaller world"])
def test_data_from_elsewhere_has_no_oracle(
    project: Project, monkeypatch: pytest.MonkeyPatch, users: int | None
) -> None:
    world = world_config(project)
    assert world is not None
    other = None if users is None else world.model_copy(update={"users": users})
    monkeypatch.setattr(ranking_quality, "world_config", lambda _: other)
    found = qualities(project, trained_ranking(project))
    assert "oracle" not in {one.order for one in found}


def test_metrics_of_a_day_without_a_model(project: Project) -> None:
    with pytest.raises(NotFound, match="20200101"):
        qualities(project, trained_ranking(project), "20200101")
    (project.models / "tiny_rank" / DAY / "metrics.json").write_text('{"best_epoch": 9, "epochs": []}')
    with pytest.raises(DataError, match="does not tell metrics"):
        qualities(project, trained_ranking(project))


def test_rows_and_positives_per_day(project: Project) -> None:
    counts = sample_counts(project, trained_ranking(project))
    assert [(one.ds, one.use) for one in counts] == [
        (shift(DAY, -2), "train"),
        (shift(DAY, -1), "train"),
        (DAY, "held out"),
    ]
    rows = project.warehouse.read(TableName("project_mc", "pairec_fs_tiny_rank_v1_training_set"), [DAY])
    last = counts[-1]
    assert last.rows == rows.num_rows
    assert last.positives["is_click"] == sum(rows.column("is_click").to_pylist())
    assert last.positives["ln_playtime"] == sum(value > 0 for value in rows.column("ln_playtime").to_pylist())
