"""`pairec rank`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pairec_cli.domain.ds import shift
from tests.cli.conftest import Pairec
from tests.workflow.ranked import MODEL, ranked
from tests.workflow.tiny import DAY


@pytest.fixture
def trained(folder: Path) -> Path:
    """The current folder has a workspace with a trained model; this is the model's folder."""
    return ranked(folder).models / MODEL


def test_metrics_of_the_newest_model(pairec: Pairec, trained: Path) -> None:
    done = pairec("rank", "metrics", "-f", "json")
    assert done.code == 0, done.err
    orders = {(row["target"], row["order"]) for row in done.json}
    assert {("is_click", "model"), ("is_click", "oracle"), ("ln_playtime", "model")} <= orders
    of_click = {row["order"]: row["grouped_auc"] for row in done.json if row["target"] == "is_click"}
    comparable = of_click["model"] is not None and (of_click["oracle"] or 0.0) > 0.5
    assert ("of the way from 0.5 to the oracle's AUC by user" in done.err) is comparable
    before = shift(DAY, -1)
    assert f"the order by recalls needs their tables of {before}" in done.err
    assert f"pairec backfill run --start {before} --end {before} --task tiny_etrec_u2i_v1" in done.err
    samples = pairec("rank", "metrics", "--samples", "-f", "csv").out.splitlines()
    assert samples[0] == "ds,use,rows,is_click,ln_playtime"
    assert samples[-1].startswith(f"{DAY},held out,")


def test_check_and_importance(pairec: Pairec, trained: Path) -> None:
    done = pairec("rank", "check", "--rows", "50")
    assert done.code == 0
    assert "features agree on 50 rows" in done.err
    listed = pairec("rank", "check", "--rows", "5", "-f", "json").json
    assert {row["mismatches"] for row in listed} == {0}
    done = pairec("rank", "importance", "--rows", "100", "--top", "3", "-f", "json")
    assert [set(row) for row in done.json] == [{"feature", "is_click auc lost", "ln_playtime mse gained"}] * 3
    lost = [row["is_click auc lost"] for row in done.json]
    assert lost == sorted(lost, reverse=True)


def test_a_mismatch_exits_1(pairec: Pairec, trained: Path) -> None:
    change = (
        "INSERT OVERWRITE TABLE tiny_rank_fg_encoded_eval_v1 PARTITION(ds='{day}') SELECT {columns} "
        "FROM tiny_rank_fg_encoded_eval_v1 WHERE ds = '{day}'"
    )
    head = pairec("sql", "SELECT * FROM tiny_rank_fg_encoded_eval_v1 LIMIT 1", "-f", "json").json[0]
    columns = [f"{name} + 1 AS {name}" if name == "day_h" else f"`{name}`" for name in head if name != "ds"]
    done = pairec("sql", change.format(day=DAY, columns=", ".join(columns)))
    assert done.code == 0, done.err
    found = pairec("rank", "check", "--rows", "20")
    assert found.code == 1
    assert "1 of" in found.err and "differ between training and serving" in found.err
    assert "day_h" in found.out


def test_train(pairec: Pairec, trained: Path) -> None:
    assert "would run tiny_rank_train_v1" in pairec("rank", "train", "--dry-run").err
    wrong = pairec("rank", "train", "--device", "tpu")
    assert wrong.code == 1
    assert "training did not end well" in wrong.err
    shutil.rmtree(trained)
    assert pairec("rank", "metrics").err.startswith("error: trained model")
    done = pairec("rank", "train", "--ds", DAY)
    assert done.code == 0, done.err
    assert (trained / DAY / "model.onnx").exists()
    assert (trained / "current.json").exists()


def test_without_a_ranking(pairec: Pairec, deployed: Path) -> None:
    for command in ("train", "metrics", "check", "importance"):
        done = pairec("rank", command)
        assert done.code == 1
        assert "has no ranking" in done.err
