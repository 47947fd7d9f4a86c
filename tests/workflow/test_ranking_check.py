"""Training rows replayed as requests: no mismatch, and a planted one is found."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.tables import TableName
from pairec_cli.project import Project
from pairec_cli.workflow.ranking_check import check
from pairec_cli.workflow.trained_models import trained_ranking
from tests.workflow.ranked import ranked
from tests.workflow.tiny import DAY

ENCODED = TableName("project_mc", "tiny_rank_fg_encoded_eval_v1")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return ranked(tmp_path)


def test_what_is_served_is_what_was_trained_on(project: Project) -> None:
    found = check(project, trained_ranking(project), rows=10_000)
    assert {one.feature for one in found} >= {
        "user_id",
        "city",
        "tags",
        "user__kv_category_click_3d",
        "day_h",
    }
    assert sum(one.mismatches for one in found) == 0
    assert found[0].rows == project.warehouse.ledger.partitions(ENCODED)[DAY].rows
    assert check(project, trained_ranking(project), rows=7)[0].rows == 7


def test_a_difference_is_found_and_comes_first(project: Project) -> None:
    rows = project.warehouse.read(ENCODED, [DAY]).drop_columns(["ds"])
    place = rows.column_names.index("city")
    cities = rows.column("city").to_pylist()
    changed = [cities[0] + 1, *cities[1:]]
    project.warehouse.write(ENCODED, DAY, rows.set_column(place, "city", pa.array(changed, pa.int64())))
    worst = check(project, trained_ranking(project), rows=10_000)[0]
    assert (worst.feature, worst.mismatches, worst.largest) == ("city", 1, 1.0)


def test_without_rows(project: Project) -> None:
    project.warehouse.drop_partitions(ENCODED, [DAY])
    with pytest.raises(DataError, match=f"no partition ds={DAY}"):
        check(project, trained_ranking(project))
