"""The models with two towers, by their names in TorchEasyRec's model_config."""

from __future__ import annotations

from pairec_cli.components.dropoutnet import DropoutNet
from pairec_cli.components.dssm import DSSM
from pairec_cli.components.match_model import MatchModel
from pairec_cli.components.mind import MIND
from pairec_cli.components.ranking_model import model_config
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

MATCH_MODELS: dict[str, type[MatchModel]] = {"dssm": DSSM, "mind": MIND, "dropoutnet": DropoutNet}


def match_model(config: PipelineConfig) -> MatchModel:
    """The model that the config describes, freshly initialised from torch's random state.

    Raises NotFound for a model without two towers, and what the model raises.
    """
    kind = model_config(config).which("model") or ""
    if kind not in MATCH_MODELS:
        raise NotFound("model with two towers", kind, MATCH_MODELS)
    return MATCH_MODELS[kind](config)
