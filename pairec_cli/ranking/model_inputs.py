"""A model's inputs as feature groups: which features stand together, and what a sequence attends to.

TorchEasyRec names the fields of a sequence `<sequence>__<field>`. In a sequence group the features of no
sequence are the query; DIN pads the query with zeros to the width of an entry, so that query and entry must
begin with the same features in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairec_cli.domain.model_features import ModelFeature, Side
from pairec_cli.domain.pipeline_config.layers import MLP, DINEncoder, PoolingEncoder, SeqEncoderConfig
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType, SeqGroupConfig

GROUPS: dict[str, tuple[Side, ...]] = {"user": ("user", "context"), "item": ("item",), "cross": ("cross",)}
"""Feature group of a model with several towers → sides whose features it holds."""
ATTENTION = (32, 16)
"""Widths of DIN's attention MLP."""


@dataclass(frozen=True)
class ModelInputs:
    """The features of one model. `user_id` names the feature that grouped AUC groups by, or is empty."""

    features: tuple[ModelFeature, ...]
    user_id: str = ""

    @property
    def plain(self) -> list[ModelFeature]:
        """Features of no sequence."""
        return [feature for feature in self.features if not feature.sequence]

    @property
    def embedded(self) -> list[ModelFeature]:
        """Those of the plain features that have an embedding."""
        return [feature for feature in self.plain if not feature.is_dense]

    @property
    def sequences(self) -> dict[str, list[ModelFeature]]:
        """Sequence → its fields."""
        found: dict[str, list[ModelFeature]] = {}
        for feature in self.features:
            if feature.sequence:
                found.setdefault(feature.sequence, []).append(feature)
        return found

    @property
    def attended(self) -> dict[str, list[ModelFeature]]:
        """Sequences that have a query."""
        return {name: fields for name, fields in self.sequences.items() if self.query(fields)}

    def query(self, fields: Iterable[ModelFeature]) -> list[ModelFeature]:
        """The candidate's own features that stand for the fields of a sequence, in the fields' order."""
        own = {f.vocabulary: f for f in self.plain if f.side == "item" and f.vocabulary}
        return [own[field.vocabulary] for field in fields if field.vocabulary in own]

    def members(self, fields: Sequence[ModelFeature]) -> tuple[str, ...]:
        """Names of a sequence group: its query, then its fields, those with a query first."""
        query = self.query(fields)
        known = {feature.vocabulary for feature in query}
        matched = [field for field in fields if field.vocabulary in known]
        return names([*query, *matched, *(field for field in fields if field not in matched)])

    def everything(self, name: str = "all") -> FeatureGroupConfig:
        """One DEEP group of all features, sequences with their encoders included."""
        return self.deep(name, self.plain, self.sequences)

    def deep(
        self, name: str, plain: Sequence[ModelFeature], sequences: dict[str, list[ModelFeature]] | None = None
    ) -> FeatureGroupConfig:
        """A DEEP group of these features and of these sequences, each as its encoder's vector."""
        if not sequences:
            return FeatureGroupConfig(
                group_name=name, feature_names=names(plain), group_type=FeatureGroupType.DEEP
            )
        return FeatureGroupConfig(
            group_name=name,
            feature_names=names(plain),
            group_type=FeatureGroupType.DEEP,
            sequence_groups=tuple(
                SeqGroupConfig(group_name=sequence, feature_names=self.members(fields))
                for sequence, fields in sequences.items()
            ),
            sequence_encoders=tuple(self.encoder(sequence) for sequence in sequences),
        )

    def encoder(self, sequence: str) -> SeqEncoderConfig:
        """DIN where the sequence has a query, else the mean of its entries."""
        if sequence in self.attended:
            din = DINEncoder(input=sequence, attn_mlp=MLP(hidden_units=ATTENTION))
            return SeqEncoderConfig(din_encoder=din)
        return SeqEncoderConfig(pooling_encoder=PoolingEncoder(input=sequence, pooling_type="mean"))

    def by_side(self, *, with_sequences: bool) -> list[FeatureGroupConfig]:
        """DEEP groups user, item and cross, those that have features. Sequences go with the user, or with the
        first group where the user has no feature of its own."""
        sides = {
            name: [feature for feature in self.plain if feature.side in sides]
            for name, sides in GROUPS.items()
        }
        kept = {name: features for name, features in sides.items() if features}
        home = next(iter(kept), "") if with_sequences else ""
        return [
            self.deep(name, features, self.sequences if name == home else None)
            for name, features in kept.items()
        ]


def names(features: Iterable[ModelFeature]) -> tuple[str, ...]:
    return tuple(feature.name for feature in features)
