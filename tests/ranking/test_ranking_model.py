"""What models of one target have in common."""

from __future__ import annotations

from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.ranking_model import single_task
from tests.ranking.inputs import INPUTS


def test_the_first_target_is_learnt() -> None:
    found = single_task(Ranking(), INPUTS)
    assert found["num_class"] == 1
    assert [loss.which("loss") for loss in found["losses"]] == ["binary_cross_entropy"]
