"""The ranking models, by their names in TorchEasyRec's model_config."""

from __future__ import annotations

from pairec_cli.components.dbmtl import DBMTL
from pairec_cli.components.dcn_v2 import CrossNetwork
from pairec_cli.components.deepfm import DeepFM
from pairec_cli.components.mmoe import MMoE
from pairec_cli.components.multi_tower import MultiTower
from pairec_cli.components.multi_tower_din import MultiTowerDIN
from pairec_cli.components.pdn import PDN
from pairec_cli.components.ple import PLE
from pairec_cli.components.ranking_model import RankingModel, model_config
from pairec_cli.domain.errors import NotFound
from pairec_cli.domain.pipeline_config.pipeline import PipelineConfig

RANKING_MODELS: dict[str, type[RankingModel]] = {
    "multi_tower": MultiTower,
    "multi_tower_din": MultiTowerDIN,
    "deepfm": DeepFM,
    "dcn_v2": CrossNetwork,
    "mmoe": MMoE,
    "ple": PLE,
    "dbmtl": DBMTL,
    "pdn": PDN,
}


def ranking_model(config: PipelineConfig) -> RankingModel:
    """The model that the config describes, freshly initialised from torch's random state.

    Raises NotFound for a model that is not one for ranking, and what the model raises.
    """
    kind = model_config(config).which("model") or ""
    if kind not in RANKING_MODELS:
        raise NotFound("ranking model", kind, RANKING_MODELS)
    return RANKING_MODELS[kind](config)
