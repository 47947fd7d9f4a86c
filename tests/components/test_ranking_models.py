"""From a config to its model."""

from __future__ import annotations

import pytest
import torch

from pairec_cli.components.ranking_model import own_config
from pairec_cli.components.ranking_models import RANKING_MODELS, ranking_model
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.pipeline_config.pipeline import ModelConfig
from tests.components.ranking_rows import BCE, config

MATCHING = {"dssm", "mind", "dropoutnet", "metric_learning"}


def test_every_model_of_the_config_that_ranks_is_there() -> None:
    assert set(RANKING_MODELS) == set(ModelConfig.oneofs["model"]) - MATCHING


def test_a_model_is_made_anew_from_the_random_state() -> None:
    made = config(f"{BCE} dcn_v2 {{ cross {{}} final {{ hidden_units: 2 }} }}")
    models = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        models.append(ranking_model(made).state_dict())
    first, again, other = models
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_a_model_that_does_not_rank_is_refused() -> None:
    text = """dssm { output_dim: 2 user_tower { input: "all" mlp { hidden_units: 2 } }
        item_tower { input: "all" mlp { hidden_units: 2 } } }"""
    with pytest.raises(NotFound, match="ranking model 'dssm' does not exist; known: dbmtl, dcn_v2"):
        ranking_model(config(f"{BCE} {text}"))


def test_a_model_built_from_anothers_config_says_so() -> None:
    with pytest.raises(InvalidInput, match="another model"):
        own_config(None)
