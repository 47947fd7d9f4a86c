"""Permutation importance of a trained model."""

from __future__ import annotations

from pathlib import Path

import pytest

from pairec_cli.domain.errors import DataError, NotFound
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.ranking_importance import importances
from pairec_cli.workflow.trained_models import trained_ranking
from tests.workflow.ranked import ranked
from tests.workflow.tiny import DAY


def test_every_input_and_target_the_same_twice(tmp_path: Path) -> None:
    project = ranked(tmp_path)
    ranking = trained_ranking(project)
    found = list(importances(project, ranking, rows=200))
    assert {one.target for one in found} == {"is_click", "ln_playtime"}
    inputs = {one.feature for one in found}
    assert {"user_id", "tags", "click_5_seq", "user__kv_category_click_3d"} <= inputs
    assert "click_5_seq__item_id" not in inputs
    assert found == list(importances(project, ranking, rows=200))
    with pytest.raises(NotFound, match="20200101"):
        list(importances(project, ranking, "20200101"))
    table = TableName("project_mc", "tiny_rank_fg_encoded_eval_v1")
    project.warehouse.drop_partitions(table, [DAY])
    with pytest.raises(DataError, match="no partition"):
        list(importances(project, ranking))
