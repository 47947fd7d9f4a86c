"""MultiTowerDIN: MultiTower, and per sequence a tower of target attention. One target."""

from __future__ import annotations

from typing import ClassVar

from pairec_cli.domain.errors import Problem
from pairec_cli.domain.pipeline_config.layers import MLP
from pairec_cli.domain.pipeline_config.models import MultiTowerDIN as MultiTowerDINConfig
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType, ModelConfig
from pairec_cli.domain.pipeline_config.towers import DINTower, Tower
from pairec_cli.domain.solution import Ranking
from pairec_cli.ranking.model_inputs import ATTENTION, ModelInputs
from pairec_cli.ranking.multi_tower import FINAL, TOWER
from pairec_cli.ranking.ranking_model import single_task


class MultiTowerDIN:
    """Groups user, item and cross, and one SEQUENCE group per sequence, named as it."""

    title: ClassVar[str] = "MultiTowerDIN: MultiTower with target attention over sequences, one target"
    several: ClassVar[bool] = False

    def config(self, form: Ranking, inputs: ModelInputs) -> ModelConfig:
        groups = inputs.by_side(with_sequences=False)
        sequences = [
            FeatureGroupConfig(
                group_name=name,
                feature_names=inputs.members(fields),
                group_type=FeatureGroupType.SEQUENCE,
            )
            for name, fields in inputs.sequences.items()
        ]
        model = MultiTowerDINConfig(
            towers=tuple(Tower(input=group.group_name, mlp=MLP(hidden_units=TOWER)) for group in groups),
            din_towers=tuple(
                DINTower(input=group.group_name, attn_mlp=MLP(hidden_units=ATTENTION)) for group in sequences
            ),
            final=MLP(hidden_units=FINAL),
        )
        return ModelConfig(
            feature_groups=(*groups, *sequences), multi_tower_din=model, **single_task(form, inputs)
        )

    def problems(self, form: Ranking, inputs: ModelInputs) -> list[Problem]:
        if not inputs.sequences:
            message = "multi_tower_din attends to sequences, and there is none"
            return [Problem("ranking.sequence_events", message, form.sequence_events)]
        return [
            Problem(
                "ranking.exclude",
                f"multi_tower_din compares {name} with the item, none of whose features is left",
                form.exclude,
            )
            for name in inputs.sequences.keys() - inputs.attended.keys()
        ]
