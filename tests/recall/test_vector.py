"""The form of vector recalls."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pairec_cli.domain.solution import Solution
from pairec_cli.recall.dssm import DSSMRecallConfig
from pairec_cli.recall.item_model import model_name
from pairec_cli.recall.vector import label, table


def test_names_carry_solution_and_recall() -> None:
    config, solution = DSSMRecallConfig(name="near"), Solution(name="s")
    assert model_name(config, solution) == "s_near"
    assert table(config, solution) == "s_near_v1"
    assert table(config, solution, "samples") == "s_near_samples_v1"


def test_the_target_is_a_label() -> None:
    assert label(DSSMRecallConfig()).name == "is_click"
    assert label(DSSMRecallConfig()).type == "classification"


def test_layers_have_a_width() -> None:
    with pytest.raises(ValidationError, match="above 0"):
        DSSMRecallConfig(hidden_units=(64, 0))
